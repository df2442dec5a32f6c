"""Laying out 48 hours for many clients, against a bare bulk insert of the same rows.

`python -m bench.planning --clients 10000 --runs 3`
"""

import statistics
from typing import Any

from sqlalchemy import Table, insert, select

from bench._measuring import arguments, report, timed
from bench._world import NOW, empty_database, fill
from care.db import Database
from care.models import Base, Occurrence, Reminder
from reminders.planning import plan_ahead
from reminders.timelines import Timeline

ASSIGNMENTS_EACH = 3


def plan(database: Database) -> float:
    with timed() as watch, database.sessions.begin() as session:
        plan_ahead(session, Timeline(NOW))
    return watch.seconds


def rows_of(database: Database) -> list[tuple[Table, list[dict[str, Any]]]]:
    """What planning has laid out, to be inserted elsewhere."""
    with database.reading() as session:
        return [
            (table, [dict(row) for row in session.execute(select(table)).mappings()])
            for table in (Base.metadata.tables[model.__tablename__] for model in (Reminder, Occurrence))
        ]


def insert_bare(database: Database, tables: list[tuple[Table, list[dict[str, Any]]]]) -> float:
    with timed() as watch, database.sessions.begin() as session:
        for table, rows in tables:
            session.execute(insert(table), rows)
    return watch.seconds


def measure(clients: int) -> tuple[float, float, float]:
    """Seconds of planning, of planning again, and of the bare insert."""
    with empty_database() as database:
        fill(database, clients, assignments=ASSIGNMENTS_EACH)
        first, second = plan(database), plan(database)
        tables = rows_of(database)
    counts = " and ".join(f"{len(rows)} {table.name}s" for table, rows in tables)
    with empty_database() as other:
        fill(other, clients, assignments=ASSIGNMENTS_EACH)
        bare = insert_bare(other, tables)
    print(f"     {counts}: {first:.2f} s, again {second:.3f} s, bare insert {bare:.2f} s", flush=True)
    return first, second, bare


def main() -> None:
    chosen = arguments(__doc__, clients=10_000, runs=1)
    measured = [measure(chosen.clients) for _ in range(chosen.runs)]
    ratio = statistics.median(bare / first for first, _, bare in measured)
    again = statistics.median(second / first for first, second, _ in measured)
    report(f"planning 48 h for {chosen.clients} clients, against a bare insert", ratio, 0.3)
    report("planning again with nothing to do", 100 * again, 5, "% of the first", at_most=True)


if __name__ == "__main__":
    main()
