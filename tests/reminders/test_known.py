"""What is asked as a text comes in stays cheap however many clients a practice has."""

from collections.abc import Sequence

from sqlalchemy import Connection, event

from care.db import Database
from reminders.known import look_up
from tests.making import MONDAY_9AM

Asked = list[tuple[str, Sequence[object]]]


def statement_of_a_look_up(connection: Connection) -> tuple[str, Sequence[object]]:
    asked: Asked = []

    def keep(
        _connection: object, _cursor: object, statement: str, values: Sequence[object], *_: object
    ) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", keep)
    look_up(connection, "+15005550006", None, "a hash", MONDAY_9AM)
    return asked[-1]


def test_clients_are_found_by_their_phone_and_not_by_walking_through_a_practice(sqlite: Database):
    with sqlite.engine.connect() as connection:
        statement, values = statement_of_a_look_up(connection)

        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values)).all()

    of_client = [step[-1] for step in plan if " client " in step[-1]]
    assert len(of_client) == 1
    assert "ix_client_phone_hash (phone_hash=?)" in of_client[0]


def test_nothing_is_bound_but_what_came_with_the_text(sqlite: Database):
    """Binding a word that SQLite planned by, as "open" for a partial index, makes it plan anew each time."""
    with sqlite.engine.connect() as connection:
        _, values = statement_of_a_look_up(connection)

    instants = [value for value in values if ":" in str(value)]
    assert len(instants) == 3
    assert sorted(str(value) for value in set(values) - set(instants)) == ["+15005550006", "a hash"]
