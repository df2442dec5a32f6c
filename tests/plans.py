"""How SQLite goes about what it is asked: by which index, and where it walks through a whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from care.db import Database

ASKING = ("SELECT", "UPDATE", "INSERT", "DELETE", "WITH")


@contextmanager
def noted_plans(sqlite: Database) -> Iterator[list[str]]:
    """The steps of every statement in the block, as EXPLAIN QUERY PLAN says them."""
    steps: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if statement.startswith(ASKING):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            steps.extend(row[3] for row in cursor.fetchall())

    event.listen(sqlite.engine, "before_cursor_execute", explain)
    try:
        yield steps
    finally:
        event.remove(sqlite.engine, "before_cursor_execute", explain)
