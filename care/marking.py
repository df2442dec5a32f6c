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
FAILED_MESSAGE = (
    "EXISTS (SELECT 1 FROM message AS m WHERE m.id IN ({was}.message_id, {new}.message_id)"
    f" AND m.status IN ({_listed(NEVER_ARRIVED)}))"
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
# Which row of a text names a day whose count is not right any more.
FORGETTING = {"INSERT": ("new",), "UPDATE": ("new", "old"), "DELETE": ("old",)}
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

    def mark(row: str) -> str:
        return (
            f"INSERT INTO standing_change (practice_id, client_id) SELECT {row}.practice_id, {row}.client_id"
            f" WHERE {row}.client_id IS NOT NULL AND EXISTS (SELECT 1 FROM client WHERE id = {row}.client_id)"
            f" AND NOT EXISTS (SELECT 1 FROM standing_change WHERE practice_id = {row}.practice_id"
            f" AND client_id = {row}.client_id);"
        )

    for one in MARKED:
        added, changed = (when.format(was="old", new="new") for when in (one.added or "1 = 1", one.changed))
        differs = _differs(one.columns, "old", "new")
        when = f"({differs}) AND ({changed})" if changed else differs
        of = ", ".join(one.columns)
        yield _named(
            f"{one.table}_added", f"AFTER INSERT ON {one.table} WHEN {added} BEGIN {mark('new')} END"
        )
        yield _named(
            f"{one.table}_changed",
            f"AFTER UPDATE OF {of} ON {one.table} WHEN {when} BEGIN {mark('new')} {mark('old')} END",
        )
        yield _named(f"{one.table}_removed", f"AFTER DELETE ON {one.table} BEGIN {mark('old')} END")
    put = "INSERT INTO standing_change (practice_id, client_id)"
    take = "DELETE FROM standing_change WHERE client_id = old.id;"
    yield _named("client_added", f"AFTER INSERT ON client BEGIN {put} VALUES (new.practice_id, new.id); END")
    yield _named(
        "client_changed",
        f"AFTER UPDATE OF {', '.join(OF_CLIENT)} ON client WHEN {_differs(OF_CLIENT, 'old', 'new')}"
        f" BEGIN {put} VALUES (new.practice_id, new.id); END",
    )
    yield _named("client_removed", f"AFTER DELETE ON client BEGIN {take} END")
    yield _named(
        "practice_changed",
        f"AFTER UPDATE OF {', '.join(OF_PRACTICE)} ON practice WHEN {_differs(OF_PRACTICE, 'old', 'new')}"
        f" BEGIN {put} SELECT practice_id, id FROM client WHERE practice_id = new.id; END",
    )

    for event, rows in FORGETTING.items():
        forget = " ".join(
            f"DELETE FROM text_day WHERE practice_id = {row}.practice_id AND ends_at > {row}.at"
            f" AND starts_at <= {row}.at;"
            for row in rows
        )
        changed = f" WHEN {_differs(OF_TEXTS, 'old', 'new')}" if len(rows) > 1 else ""
        of = f" OF {', '.join(OF_TEXTS)}" if changed else ""
        yield _named(f"text_{event.lower()}", f"AFTER {event}{of} ON message{changed} BEGIN {forget} END")


def _on_postgresql() -> Iterator[tuple[str, list[str]]]:
    """Name and statements of each, for all rows of a statement at once.

    A mark of another transaction may be taken away before ours ends, so each statement adds its own.
    """
    put = "INSERT INTO standing_change (practice_id, client_id)"
    both = "was AS w JOIN now_is AS n ON n.id = w.id"

    def mark(row: str, rows: str, when: str) -> str:
        return (
            f"{put} SELECT DISTINCT {row}.practice_id, {row}.client_id FROM {rows}"
            f" WHERE {row}.client_id IS NOT NULL AND ({when})"
            f" AND EXISTS (SELECT 1 FROM client AS c WHERE c.id = {row}.client_id);"
        )

    for one in MARKED:
        added, changed = (when.format(was="w", new="n") for when in (one.added or "1 = 1", one.changed))
        differs = _differs(one.columns, "w", "n")
        when = f"({differs}) AND ({changed})" if changed else differs
        moved = f"({when}) AND w.client_id IS DISTINCT FROM n.client_id"
        yield _function(f"{one.table}_added", one.table, "INSERT", mark("n", "now_is AS n", added))
        yield _function(
            f"{one.table}_changed", one.table, "UPDATE", mark("n", both, when) + " " + mark("w", both, moved)
        )
        yield _function(f"{one.table}_removed", one.table, "DELETE", mark("w", "was AS w", "1 = 1"))
    yield _function("client_added", "client", "INSERT", f"{put} SELECT n.practice_id, n.id FROM now_is AS n;")
    yield _function(
        "client_changed",
        "client",
        "UPDATE",
        f"{put} SELECT n.practice_id, n.id FROM {both} WHERE {_differs(OF_CLIENT, 'w', 'n')};",
    )
    yield _function(
        "client_removed",
        "client",
        "DELETE",
        "DELETE FROM standing_change WHERE client_id IN (SELECT w.id FROM was AS w);",
    )
    yield _function(
        "practice_changed",
        "practice",
        "UPDATE",
        f"{put} SELECT c.practice_id, c.id FROM client AS c WHERE c.practice_id IN"
        f" (SELECT n.id FROM {both} WHERE {_differs(OF_PRACTICE, 'w', 'n')});",
    )

    for event, rows in FORGETTING.items():
        of_whom = {"old": "was", "new": "now_is"}
        texts = " UNION ".join(f"SELECT m.practice_id, m.at FROM {of_whom[row]} AS m" for row in rows)
        if len(rows) > 1:
            differs = _differs(OF_TEXTS, "w", "n")
            texts = " UNION ".join(
                f"SELECT {row}.practice_id, {row}.at FROM {both} WHERE {differs}" for row in "wn"
            )
        yield _function(
            f"text_{event.lower()}",
            "message",
            event,
            # Always in the same order: two transactions that wait for each other would wait for ever.
            "DELETE FROM text_day WHERE (practice_id, ends_at) IN (SELECT d.practice_id, d.ends_at"
            f" FROM ({texts}) AS t JOIN text_day AS d"
            " ON d.practice_id = t.practice_id AND d.ends_at > t.at AND d.starts_at <= t.at"
            " ORDER BY d.practice_id, d.ends_at FOR UPDATE OF d);",
        )


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
