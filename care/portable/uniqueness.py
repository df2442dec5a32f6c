"""Rows that may stand only once: found before they are written, so the refusal can name the line."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, UniqueConstraint, inspect, select, tuple_
from sqlalchemy.orm import Session

from care.models import AttentionItem, AttentionStatus, Base, Exercise
from care.portable.format import RecordType

BATCH = 400
CLOSED = AttentionStatus.CLOSED
# What an index keeps unique, not a constraint of the table.
BY_INDEX: dict[type[Base], tuple[tuple[str, ...], ...]] = {
    AttentionItem: (("practice_id", "cause_key"),),
    Exercise: (("practice_id", "short_code"),),
}

Numbered = tuple[int, Any]


def find_doubles(session: Session, kind: RecordType, rows: Sequence[Numbered]) -> list[tuple[Any, str]]:
    """Rows that are in the file or the database already, each with a sentence."""
    doubles: list[tuple[Any, str]] = []
    for columns in _unique_columns(kind.row):
        same = f"has the same {_said(kind, columns)}."
        lines: dict[tuple[Any, ...], int] = {}
        keyed = [(line, row, _key(row, columns)) for line, row in rows]
        present = _present(session, kind.row, columns, [key for _, _, key in keyed if key])
        for line, row, key in keyed:
            if key in present:
                doubles.append((row, f"Another {kind.name} {same}"))
            elif key and lines.setdefault(key, line) != line:
                doubles.append((row, f"The {kind.name} of line {lines[key]} {same}"))
    return doubles


def _unique_columns(row: type[Base]) -> list[tuple[str, ...]]:
    table = inspect(row).local_table
    assert isinstance(table, Table)
    unique = [
        tuple(column.name for column in one.columns)
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
    ]
    return sorted([*unique, *BY_INDEX.get(row, ())])


def _said(kind: RecordType, columns: tuple[str, ...]) -> str:
    names = {field.column: field.name for field in kind.fields}
    return " and ".join(names[column] for column in columns if column != "practice_id")


def _key(row: Any, columns: tuple[str, ...]) -> tuple[Any, ...] | None:
    """None where the rule says nothing: a value is missing, or the item is closed."""
    key = tuple(getattr(row, column) for column in columns)
    is_closed = isinstance(row, AttentionItem) and row.status is CLOSED
    return None if is_closed or None in key else key


def _present(
    session: Session, row: type[Base], columns: tuple[str, ...], keys: list[tuple[Any, ...]]
) -> set[tuple[Any, ...]]:
    table = row.__table__.c
    named = [table[column] for column in columns]
    found: set[tuple[Any, ...]] = set()
    for start in range(0, len(keys), BATCH):
        wanted = select(*named).where(tuple_(*named).in_(keys[start : start + BATCH]))
        if row is AttentionItem:
            wanted = wanted.where(AttentionItem.status != CLOSED)
        found.update(tuple(one) for one in session.execute(wanted))
    return found
