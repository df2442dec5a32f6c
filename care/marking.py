"""Marks every client whose line of the caseload a change may have changed, in the same transaction.

The database does it, by triggers on the tables the line is made of: so no way to change a row goes past it,
no bulk statement, no import, nobody's hand. What counts as a change is written once here, for both databases.
A day of texts that is kept (`care.text_days`) is forgotten at once: few texts of a day that is over change.
`mark_changes` puts the triggers there, and new ones in place of older ones: a batch change of a table on
SQLite makes the table anew and loses them.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from care.adherence import NEVER_WENT_OUT
from care.marking_statements import (
    BOTH,
    POSTGRESQL_CHANGED_TEXTS,
    POSTGRESQL_CLIENT_MARKS,
    POSTGRESQL_FORGET,
    POSTGRESQL_MARK,
    POSTGRESQL_PRACTICE_MARKS,
    POSTGRESQL_UNMARK,
    SQLITE_CLIENT_MARK,
    SQLITE_FORGET,
    SQLITE_MARK,
    SQLITE_PRACTICE_MARKS,
    SQLITE_UNMARK,
    filled,
)
from care.wire import NEVER_ARRIVED

PREFIX = "marks_standing_"


@dataclass(frozen=True)
class Marked:
    """A table of clients' rows, the columns a line is made of, and when they matter, in SQL; else always."""

    table: str
    columns: tuple[str, ...]
    added: str = ""
    changed: str = ""


def _listed(values: Collection[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


ARRIVED = f"{{row}}.status IN ({_listed(NEVER_ARRIVED)})"
WENT_OUT = f"{{row}}.status IN ({_listed(NEVER_WENT_OUT)})"
# Every text that goes out gets its message: only one that failed tells a day anew.
FAILED_MESSAGE = filled(
    "EXISTS (SELECT 1 FROM message AS m"
    " WHERE m.id IN ({was}.message_id, {new}.message_id) AND m.status IN ($failed))",
    failed=_listed(NEVER_ARRIVED),
)

MARKED = (
    Marked("plan", ("client_id", "status", "created_at")),
    Marked("assignment", ("client_id", "plan_id", "exercise_id", "ends_on", "created_at")),
    Marked("episode", ("client_id", "started_on", "condition_category")),
    Marked("visit", ("client_id", "starts_at", "status")),
    Marked("question", ("client_id", "reminder_id", "asked_at", "closes_at", "status")),
    Marked("rating", ("client_id", "question_id", "at", "score", "label", "recall", "superseded_by_id")),
    Marked("attention_item", ("client_id", "kind", "status", "raised_at")),
    Marked(
        "occurrence",
        ("client_id", "assignment_id", "slot_on", "status", "is_on_paper", "source", "reminder_id"),
        added="{new}.status <> 'cancelled'",
    ),
    Marked(
        "reminder",
        ("client_id", "status", "message_id"),
        added="1 = 0",
        changed=f"({WENT_OUT.format(row='{was}')}) <> ({WENT_OUT.format(row='{new}')})"
        f" OR ({{was}}.message_id IS DISTINCT FROM {{new}}.message_id AND {FAILED_MESSAGE})",
    ),
    Marked(
        "message",
        ("client_id", "direction", "at", "status", "emptied_at"),
        added="{new}.direction = 'in'",
        changed="{was}.direction = 'in' OR {new}.direction = 'in'"
        f" OR ({ARRIVED.format(row='{was}')}) <> ({ARRIVED.format(row='{new}')})",
    ),
)
OF_CLIENT = (
    *("first_name", "last_name", "status", "number_state", "timezone", "thresholds"),
    *("practice_id", "therapist_id"),
)
OF_TEXTS = ("practice_id", "direction", "at", "status", "segments")
OF_PRACTICE = ("timezone", "thresholds", "clock_offset_seconds")


def mark_changes(connection: Connection) -> None:
    """See to it that the triggers are there. Where they were not, everybody counts as changed."""
    wanted = dict(_on_sqlite() if connection.dialect.name == "sqlite" else _on_postgresql())
    if set(_present(connection)) == set(wanted):
        return
    stop_marking(connection)
    for statements in wanted.values():
        for statement in statements:
            connection.exec_driver_sql(statement)
    connection.execute(
        text("INSERT INTO standing_change (practice_id, client_id) SELECT practice_id, id FROM client")
    )


def stop_marking(connection: Connection) -> None:
    """Take the triggers away before tables change: SQLite makes no table anew that one of them names."""
    is_sqlite = connection.dialect.name == "sqlite"
    for name, table in _present(connection).items():
        connection.execute(text(f"DROP TRIGGER {name}" + ("" if is_sqlite else f" ON {table}")))
    if not is_sqlite:
        left = text("SELECT proname FROM pg_proc WHERE starts_with(proname, :prefix)")
        for name in connection.scalars(left, {"prefix": PREFIX}).all():
            connection.execute(text(f"DROP FUNCTION {name}()"))


def _present(connection: Connection) -> dict[str, str]:
    """The triggers there are, with their tables."""
    find = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    rows = connection.execute(text(find)).all()
    return {name: table for name, table in rows if name.startswith(PREFIX)}


def _on_sqlite() -> Iterator[tuple[str, list[str]]]:
    """Name and statements of each, row by row. There is one writer: a mark that is there is enough."""
    of_new, of_old = (filled(SQLITE_MARK, row=row) for row in ("new", "old"))
    for one in MARKED:
        added, changed = (when.format(was="old", new="new") for when in (one.added or "1 = 1", one.changed))
        differs = _differs(one.columns, "old", "new")
        when = f"({differs}) AND ({changed})" if changed else differs
        of = ", ".join(one.columns)
        yield _named(f"{one.table}_added", f"AFTER INSERT ON {one.table} WHEN {added} BEGIN {of_new} END")
        yield _named(
            f"{one.table}_changed",
            f"AFTER UPDATE OF {of} ON {one.table} WHEN {when} BEGIN {of_new} {of_old} END",
        )
        yield _named(f"{one.table}_removed", f"AFTER DELETE ON {one.table} BEGIN {of_old} END")
    yield _named("client_added", f"AFTER INSERT ON client BEGIN {SQLITE_CLIENT_MARK} END")
    yield _named(
        "client_changed",
        f"AFTER UPDATE OF {', '.join(OF_CLIENT)} ON client WHEN {_differs(OF_CLIENT, 'old', 'new')}"
        f" BEGIN {SQLITE_CLIENT_MARK} END",
    )
    yield _named("client_removed", f"AFTER DELETE ON client BEGIN {SQLITE_UNMARK} END")
    yield _named(
        "practice_changed",
        f"AFTER UPDATE OF {', '.join(OF_PRACTICE)} ON practice WHEN {_differs(OF_PRACTICE, 'old', 'new')}"
        f" BEGIN {SQLITE_PRACTICE_MARKS} END",
    )
    new, old = (filled(SQLITE_FORGET, row=row) for row in ("new", "old"))
    differs = _differs(OF_TEXTS, "old", "new")
    yield _named("text_added", f"AFTER INSERT ON message BEGIN {new} END")
    yield _named(
        "text_changed",
        f"AFTER UPDATE OF {', '.join(OF_TEXTS)} ON message WHEN {differs} BEGIN {new} {old} END",
    )
    yield _named("text_removed", f"AFTER DELETE ON message BEGIN {old} END")


def _on_postgresql() -> Iterator[tuple[str, list[str]]]:
    """Name and statements of each, for all rows of a statement at once.

    A mark of another transaction may be taken away before ours ends, so each statement adds its own.
    """

    def mark(row: str, rows: str, when: str) -> str:
        return filled(POSTGRESQL_MARK, row=row, rows=rows, when=when)

    for one in MARKED:
        added, changed = (when.format(was="w", new="n") for when in (one.added or "1 = 1", one.changed))
        differs = _differs(one.columns, "w", "n")
        when = f"({differs}) AND ({changed})" if changed else differs
        moved = f"({when}) AND w.client_id IS DISTINCT FROM n.client_id"
        yield _function(f"{one.table}_added", one.table, "INSERT", mark("n", "now_is AS n", added))
        yield _function(
            f"{one.table}_changed", one.table, "UPDATE", mark("n", BOTH, when) + " " + mark("w", BOTH, moved)
        )
        yield _function(f"{one.table}_removed", one.table, "DELETE", mark("w", "was AS w", "1 = 1"))
    client_differs, practice_differs = (_differs(of, "w", "n") for of in (OF_CLIENT, OF_PRACTICE))
    clients = filled(POSTGRESQL_CLIENT_MARKS, rows="now_is AS n", when="1 = 1")
    yield _function("client_added", "client", "INSERT", clients)
    clients = filled(POSTGRESQL_CLIENT_MARKS, rows=BOTH, when=client_differs)
    yield _function("client_changed", "client", "UPDATE", clients)
    yield _function("client_removed", "client", "DELETE", POSTGRESQL_UNMARK)
    of_practice = filled(POSTGRESQL_PRACTICE_MARKS, rows=BOTH, when=practice_differs)
    yield _function("practice_changed", "practice", "UPDATE", of_practice)
    texts = filled(POSTGRESQL_CHANGED_TEXTS, rows=BOTH, when=_differs(OF_TEXTS, "w", "n"))
    for what, event, which in (
        ("text_added", "INSERT", "now_is"),
        ("text_changed", "UPDATE", f"({texts})"),
        ("text_removed", "DELETE", "was"),
    ):
        yield _function(what, "message", event, filled(POSTGRESQL_FORGET, texts=which))


def _differs(columns: tuple[str, ...], was: str, new: str) -> str:
    return " OR ".join(f"{_value(was, one)} IS DISTINCT FROM {_value(new, one)}" for one in columns)


def _value(row: str, column: str) -> str:
    """PostgreSQL compares no JSON, but its text."""
    return f"CAST({row}.{column} AS TEXT)" if column == "thresholds" else f"{row}.{column}"


def _named(what: str, rest: str) -> tuple[str, list[str]]:
    """The name carries what the trigger does, so a changed one is another one."""
    name = _name(what, rest)
    return name, [f"CREATE TRIGGER {name} {rest}"]


def _function(what: str, table: str, event: str, body: str) -> tuple[str, list[str]]:
    known = {
        "INSERT": "REFERENCING NEW TABLE AS now_is",
        "UPDATE": "REFERENCING OLD TABLE AS was NEW TABLE AS now_is",
        "DELETE": "REFERENCING OLD TABLE AS was",
    }
    name = _name(what, body)
    return name, [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER {event} ON {table} {known[event]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


def _name(what: str, meaning: str) -> str:
    return f"{PREFIX}{what}_{hashlib.sha256(meaning.encode()).hexdigest()[:8]}"
