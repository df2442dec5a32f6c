"""Which keys the sealed fields of this database need, and how many rows are not under the first one."""

from collections.abc import Collection, Iterator
from functools import cache

from sqlalchemy import Column, ColumnElement, Table, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.key_ring import KEY_ID_LENGTH, MARKS, KeyRing, mark_of
from care.models import Base, Installation
from care.sealed_fields import Sealed, SealedJson, SealedWords
from care.upsert import insert_into

FACT = "field_keys"
MISSING = (
    "Fields of this database are sealed with the key {ids}, which HOMESTRETCH_FIELD_KEYS does not hold. "
    "Put it back into the list: without it, phones, notes and words of texts cannot be read."
)


def needed(session: Session) -> tuple[str, ...]:
    """The ids of the keys that something here may be sealed with."""
    kept = session.get(Installation, FACT)
    return tuple(kept.value.split(",")) if kept is not None and kept.value else ()


def missing_of(needed_ids: tuple[str, ...], ring: KeyRing) -> list[str]:
    """Which of these the list lacks."""
    return [id for id in needed_ids if id not in ring.ids]


def say_missing(needed_ids: tuple[str, ...], ring: KeyRing) -> str | None:
    """A sentence where the list lacks one of these keys."""
    missing = missing_of(needed_ids, ring)
    return MISSING.format(ids=" and ".join(missing)) if missing else None


def check(session: Session, ring: KeyRing) -> None:
    """As a process starts: it can open what is there, and what it will seal is on file from now on.

    Raises Refused where a key is missing.
    """
    known = needed(session)
    sentence = say_missing(known, ring)
    if sentence is not None:
        raise Refused(sentence)
    if ring.first is not None and ring.first not in known:
        keep(session, (*known, ring.first))


def keep(session: Session, ids: tuple[str, ...]) -> None:
    """Write down that these keys are needed, and no others."""
    row = insert_into(session, Installation).values(name=FACT, value=",".join(ids))
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": ",".join(ids)}))
    session.expire_all()


@cache
def sealed_tables() -> dict[Table, list[Column[object]]]:
    """Every table with the columns of it that may be sealed, those it depends on first."""
    found = {table: list(_sealed_columns(table)) for table in Base.metadata.sorted_tables}
    return {table: columns for table, columns in found.items() if columns}


def _sealed_columns(table: Table) -> Iterator[Column[object]]:
    return (one for one in table.columns if isinstance(one.type, Sealed | SealedJson | SealedWords))


def count_others(session: Session, ring: KeyRing) -> int:
    """How many rows hold something that is not as the list says now: under another key, or plain."""
    return sum(
        session.scalar(select(func.count()).select_from(table).where(is_other(table, ring))) or 0
        for table in sealed_tables()
    )


def is_other(table: Table, ring: KeyRing) -> ColumnElement[bool]:
    """Whether a row holds something that `care.resealing` would write anew."""
    return or_(*(_is_other(column, ring) for column in sealed_tables()[table]))


def is_shut(table: Table, ring: KeyRing, names: Collection[str] | None = None) -> ColumnElement[bool]:
    """Whether a row holds something whose key the list lacks, in these columns of it or in any.

    Never NULL. For the few moments in which a process runs without a key that another already seals with.
    """
    columns = [one for one in sealed_tables()[table] if names is None or one.name in names]
    return or_(*(_is_shut(column, ring) for column in columns))


def _is_shut(column: Column[object], ring: KeyRing) -> ColumnElement[bool]:
    stored, seal = func.coalesce(raw(column), ""), MARKS[0]
    if isinstance(column.type, SealedWords):
        return or_(*(_has_shut_words(stored, name, ring) for name in column.type.names))
    place = 2 if isinstance(column.type, SealedJson) else 1
    begins = func.substr(stored, place, len(seal)) == seal
    return and_(begins, func.substr(stored, place + len(seal), KEY_ID_LENGTH).not_in(ring.ids))


def _has_shut_words(stored: ColumnElement[str], name: str, ring: KeyRing) -> ColumnElement[bool]:
    begins = f'"{name}": "'
    is_open = [stored.contains(begins + mark_of(id)) for id in ring.ids]
    return and_(stored.contains(begins + MARKS[0]), *(~one for one in is_open))


def raw(column: Column[object]) -> ColumnElement[str]:
    """What really stands in the column, past its type."""
    return cast(column, Text)


def _is_other(column: Column[object], ring: KeyRing) -> ColumnElement[bool]:
    stored, mark = raw(column), MARKS[0] if ring.first is None else mark_of(ring.first)
    if isinstance(column.type, SealedWords):
        return or_(*(_has_other_words(stored, name, mark, ring) for name in column.type.names))
    quote, nothing = ('"', "null") if isinstance(column.type, SealedJson) else ("", "")
    begins = func.substr(stored, 1, len(quote + mark)) == quote + mark
    return begins if ring.first is None else and_(stored != nothing, ~begins)


def _has_other_words(stored: ColumnElement[str], name: str, mark: str, ring: KeyRing) -> ColumnElement[bool]:
    """Quotes inside of a value are escaped in there, so that nobody can write such a name."""
    begins = f'"{name}": "'
    is_sealed = stored.contains(begins + mark)
    if ring.first is None:
        return is_sealed
    return and_(stored.contains(begins), ~is_sealed, ~stored.contains(begins + '"'))
