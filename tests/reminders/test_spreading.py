"""Texts of one minute over several: stable, inside the window, and never apart from what they travel with."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from care.db import Database
from care.models import Client, Practice, ReminderKind
from reminders.claiming import TOGETHER
from reminders.contact import SHORTEST_VALIDITY, Window, closing, next_opening
from reminders.spreading import spread
from tests.making import MONDAY_8AM, MONDAY_9AM, NEW_YORK, make_assignment, make_client, make_exercise
from tests.reminders.living import MINUTE, begin

WINDOW = Window(time(9), time(20))
ZONE = ZoneInfo(NEW_YORK)
minutes_of_a_year = st.integers(0, 366 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * MINUTE)


def client_of(id: int, minutes: int) -> Client:
    practice = Practice(name="Riverside", spread_minutes=minutes, thresholds={})
    return Client(id=id, timezone=NEW_YORK, practice=practice)


@given(st.integers(1, 10**9), st.integers(0, 90), minutes_of_a_year)
def test_a_text_moves_within_its_minutes_its_window_and_its_use(
    id: int, minutes: int, due_at: datetime
) -> None:
    opening = next_opening(WINDOW, ZONE, due_at)
    client = client_of(id, minutes)

    at = spread(client, ReminderKind.EXERCISE, opening, WINDOW)

    assert opening <= at <= opening + timedelta(minutes=min(minutes, 60))
    assert at == opening or at <= closing(WINDOW, ZONE, opening) - SHORTEST_VALIDITY
    assert at == spread(client, ReminderKind.EXERCISE, opening, WINDOW)


@given(st.integers(1, 10**9), st.integers(1, 60), minutes_of_a_year, st.integers(0, 15))
def test_an_exercise_and_a_question_stay_as_near_as_they_were(
    id: int, minutes: int, due_at: datetime, apart: int
) -> None:
    client = client_of(id, minutes)
    first = next_opening(WINDOW, ZONE, due_at)
    second = next_opening(WINDOW, ZONE, first + apart * MINUTE)
    if second - first > TOGETHER:
        return

    one = spread(client, ReminderKind.EXERCISE, first, WINDOW)
    other = spread(client, ReminderKind.PAIN_QUESTION, second, WINDOW)

    assert timedelta() <= other - one <= TOGETHER


def test_visit_texts_and_answers_are_never_spread() -> None:
    client = client_of(7, 60)

    for kind in (ReminderKind.VISIT, ReminderKind.ANSWER, ReminderKind.SAFETY, ReminderKind.MESSAGE):
        assert spread(client, kind, MONDAY_9AM, WINDOW) == MONDAY_9AM


def test_nine_oclock_spreads_over_the_minutes_a_practice_asks_for(database: Database) -> None:
    life = begin(database, practice={"spread_minutes": 20})
    with database.sessions.begin() as session:
        exercise = make_exercise(session, life.practice)
        for _ in range(40):
            make_assignment(session, make_client(session, life.practice), exercise)

    life.plan(MONDAY_8AM)

    minutes = {(one.send_at - one.due_at) // MINUTE for one in life.reminders() if one.due_at == MONDAY_9AM}
    assert len(minutes) > 10
    assert max(minutes) < 20
