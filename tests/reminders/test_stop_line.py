"""How to end the texts is said in the first one, and then at least once a month in which there are texts."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from care.db import Database
from care.models import Client, Practice, Reminder, ReminderKind
from reminders.segments import count_parts
from reminders.stop_line import with_stop_line
from tests.making import MONDAY_9AM, NEW_YORK
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, Life, begin

LINE = " Reply STOP to end."
SHORT, LONG = "Riverside: time for your home stretches.", "x" * 150


@pytest.fixture
def life(any_database: Database) -> Life:
    return begin(any_database, stop_told_at=None)


def nudged(life: Life, *moments: datetime, key: str = "nudge") -> list[str]:
    """A text of ours at each of these moments; what they say."""
    gateway = CountingGateway()
    for place, at in enumerate(moments):
        life.owe(ReminderKind.NUDGE, key, at, dedupe_key=f"{key}:{at.isoformat()}:{place}")
        life.drain(gateway, at)
    return gateway.bodies


def test_without_a_first_text_of_its_own_the_first_one_says_it(life: Life) -> None:
    first, second = nudged(life, MONDAY_9AM, MONDAY_9AM + HOUR)

    assert first.endswith(LINE)
    assert not second.endswith(LINE)


def test_after_thirty_days_it_is_said_again(life: Life) -> None:
    bodies = nudged(life, *[MONDAY_9AM + day * DAY for day in (0, 15, 29, 30, 31)])

    assert [body.endswith(LINE) for body in bodies] == [True, False, False, True, False]


def test_two_texts_of_one_batch_say_it_once(life: Life) -> None:
    gateway = CountingGateway()
    for key in ("one", "two"):
        life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM, dedupe_key=key)

    life.drain(gateway, MONDAY_9AM)

    assert sorted(body.endswith(LINE) for body in gateway.bodies) == [False, True]


def test_the_first_text_says_who_we_are_and_both_words_and_counts_for_a_month(life: Life) -> None:
    gateway = CountingGateway()
    life.owe(ReminderKind.ENROL, "enrol", MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM)

    [later] = nudged(life, MONDAY_9AM + 5 * DAY)

    [first] = gateway.bodies
    assert first.startswith(life.practice.name)
    assert {"STOP", "HELP"} <= set(first.replace(",", " ").split())
    assert first.count("STOP") == 1
    assert not later.endswith(LINE)


def test_in_spanish_it_is_said_in_spanish(any_database: Database) -> None:
    life = begin(any_database, stop_told_at=None, language="es")

    [body] = nudged(life, MONDAY_9AM)

    assert body.endswith(" Mande STOP para terminar.")


def test_an_answer_never_carries_it(life: Life) -> None:
    gateway = CountingGateway()
    life.owe(ReminderKind.ANSWER, "later", MONDAY_9AM)

    life.drain(gateway, MONDAY_9AM)

    assert not gateway.bodies[0].endswith(LINE)


def test_nobody_due_costs_no_statement(life: Life) -> None:
    def statements(at: datetime) -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        life.owe(ReminderKind.NUDGE, "nudge", at, dedupe_key=at.isoformat())
        event.listen(life.database.engine, "before_cursor_execute", note)
        life.drain(CountingGateway(), at)
        event.remove(life.database.engine, "before_cursor_execute", note)
        return sum("stop_told_at=" in statement for statement in seen)

    told, not_due = statements(MONDAY_9AM), statements(MONDAY_9AM + DAY)

    assert (told, not_due) == (1, 0)


def said(days: list[tuple[int, bool]], told_at: datetime | None) -> list[tuple[int, bool, bool]]:
    """A year of texts by day and whether the line fits: which of them say it."""
    client = Client(id=1, language="en", timezone=NEW_YORK, stop_told_at=told_at)
    practice, told = Practice(thresholds={}), dict[int, datetime]()
    row = []
    for day, fits in days:
        body = SHORT if fits else LONG
        first = Reminder(kind=ReminderKind.EXERCISE, text_key="reminder")
        at = MONDAY_9AM + day * DAY
        worded = with_stop_line(body, first, client, practice, told, at)
        assert worded in (body, body + LINE)
        row.append((day, fits, worded != body))
    return row


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 365), st.booleans()), min_size=1, unique_by=lambda one: one[0]),
    st.sampled_from([None, MONDAY_9AM - timedelta(days=3)]),
)
def test_no_month_with_texts_that_have_room_passes_without_it(
    days: list[tuple[int, bool]], told_at: datetime | None
) -> None:
    row = said(sorted(days), told_at)

    last = None if told_at is None else -3
    for day, fits, is_said in row:
        if fits:
            assert is_said or (last is not None and day - last < 30)
        last = day if is_said else last
    times = [day for day, _, is_said in row if is_said]
    assert all(later - earlier >= 30 for earlier, later in pairwise(times))


def test_a_text_without_room_waits_for_the_next_but_never_the_first() -> None:
    no_room = [(0, False), (1, True)]

    assert [is_said for *_, is_said in said(no_room, MONDAY_9AM - 40 * DAY)] == [False, True]
    assert [is_said for *_, is_said in said(no_room, None)] == [True, False]
    assert count_parts(LONG + LINE).parts == 2
