"""Many rows handed to one statement, as a table of its own beside ours."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Table,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, JSON, TIMESTAMP
from sqlalchemy.orm import InstrumentedAttribute, Session

from care.key_ring import KeyRing
from care.models import Base
from care.sealed_fields import Sealed, ring_of

Value = int | str | datetime | None
Row = Sequence[Value]
SQL_TYPES: dict[type, Any] = {int: Integer, str: String, Sealed: String, datetime: TIMESTAMP(timezone=True)}
# As SQLite keeps an instant, and in the same width, so that two compare as text.
SQLITE_INSTANT = "%Y-%m-%d %H:%M:%S.%f"


def given(
    session: Session, rows: Sequence[Row], *types: type[int | str | datetime | Sealed]
) -> list[ColumnElement[Any]]:
    """The columns of these rows, for an `UPDATE ... FROM` or an `INSERT ... SELECT`.

    They travel as one JSON value, so the statement is the same for one row and for five hundred. What goes
    into a sealed column is sealed here.
    """
    dialect = session.get_bind().dialect
    if Sealed in types:
        rows = [_sealed(row, types, ring_of(dialect)) for row in rows]
    if dialect.name == "sqlite":
        each = func.json_each(json.dumps(rows, default=_sqlite_instant)).table_valued("value", name="given")
        kinds = [String if kind is datetime else SQL_TYPES[kind] for kind in types]
        return [
            func.json_extract(each.c.value, f"$[{place}]", type_=kind) for place, kind in enumerate(kinds)
        ]
    sent = literal(json.dumps(rows, default=datetime.isoformat), String())
    listed = func.json_array_elements(sql_cast(sent, JSON))
    row = listed.table_valued(column("value", JSON), name="given").c.value
    return [sql_cast(row[place].astext, SQL_TYPES[kind]) for place, kind in enumerate(types)]


def _sealed(row: Row, types: Sequence[type], ring: KeyRing) -> Row:
    return [
        ring.seal(value) if kind is Sealed and isinstance(value, str) else value
        for value, kind in zip(row, types, strict=True)
    ]


@lru_cache(maxsize=64)  # the rows of a batch mostly share theirs
def _sqlite_instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime(SQLITE_INSTANT)


def is_among(
    session: Session, wanted: InstrumentedAttribute[Any] | ColumnElement[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Like `in_`, as one value: the statement is the same however many there are."""
    listed = list(values)
    if session.get_bind().dialect.name == "sqlite":
        each = func.json_each(json.dumps(listed)).table_valued("value", name="among")
        return wanted.in_(select(each.c.value))
    return wanted == any_(literal(listed, ARRAY(cast(Any, wanted.type))))


def is_named(dialect: str, wanted: InstrumentedAttribute[str], name: str) -> ColumnElement[bool]:
    """`is_among` for statements that are built once: the words are given under that name, as `named` gives
    them.
    """
    if dialect == "sqlite":
        each = func.json_each(bindparam(name, type_=String)).table_valued("value", name="among")
        return wanted.in_(select(each.c.value))
    return wanted == any_(bindparam(name, type_=ARRAY(String)))


def named(dialect: str, values: Iterable[str]) -> object:
    listed = list(values)
    return json.dumps(listed) if dialect == "sqlite" else listed


def table_of(rows: type[Base]) -> Table:
    """For reading and writing in bulk: mapped classes cost several times as much."""
    return cast(Table, rows.__table__)
