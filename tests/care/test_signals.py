"""Signals: green, amber or red for an exercise, by pain with it, how that settles, and what was done."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.course_facts import course_facts
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Question,
    RatingSource,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.ratings import record_rating
from care.signals import Known, Level, Signal, Suggestion, judge, settled, signals_for, usual_before
from care.since_facts import since_facts
from care.thresholds import Thresholds
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    NEW_YORK,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
)

LIMITS = Thresholds()
DAY = timedelta(days=1)
DONE = Adherence(done=12, skipped=2)
START = datetime(2026, 3, 2, 23, tzinfo=UTC)


def daily(*scores: float | None):
    """A rating each evening, none where nothing was said."""
    return [(START + n * DAY, float(score)) for n, score in enumerate(scores) if score is not None]


def level_of(points, with_it=None, adherence: Adherence = DONE, days: int = 14) -> Level:
    known = Known(with_it if with_it is not None else points, adherence, days)
    return judge(known, points, NEW_YORK, LIMITS)[0]


@pytest.mark.parametrize(
    ("scores", "level"),
    [
        ((3, 3, 2, 0, 2), Level.GREEN),
        ((0, 0, 0), Level.GREEN),
        ((3, 4, 3), Level.AMBER),
        ((4, 5, 4, 4), Level.AMBER),
        ((3, 3, 6), Level.RED),
        ((3, 3, 7, 3, 3), Level.AMBER),
        ((2, 2, 4, 5), Level.RED),
        ((2, 2, 2), Level.GREEN),
    ],
)
def test_the_pain_with_an_exercise_says_how_to_go_on(scores, level):
    assert level_of(daily(*scores)) is level


def test_pain_that_has_not_settled_a_day_later_is_too_much():
    points = daily(1, 1, 3, 3)
    with_it = points[:3]

    level, reasons = judge(Known(with_it, DONE, 14), points, NEW_YORK, LIMITS)

    assert level is Level.RED
    assert reasons == ("3 with it on 4 Mar, not back to the usual 1 a day later",)


def test_nobody_knows_whether_pain_settled_without_a_rating_a_day_later():
    points = daily(1, 1, 3)

    assert settled(*points[-1], points, LIMITS) is None
    assert settled(*daily(1, 1, 3, None, 3)[2], daily(1, 1, 3, None, 3), LIMITS) is None
    assert settled(*daily(1, 1, 3, 1)[2], daily(1, 1, 3, 1), LIMITS) is True
    assert usual_before(points[0][0], points, LIMITS) is None


def test_two_rises_in_a_row_are_too_much_and_one_is_not():
    assert level_of(daily(2, 2, 2, 4, 5)) is Level.RED
    one_rise = daily(2, 2, 2, None, None, 4.5)
    assert level_of(one_rise) is Level.AMBER


def test_a_green_signal_needs_enough_days_and_enough_done():
    points = daily(1, 1, 1)

    assert level_of(points, days=6) is Level.UNKNOWN
    assert level_of(points, adherence=Adherence(done=8, skipped=3)) is Level.UNKNOWN
    assert level_of(points, adherence=Adherence(done=8, skipped=2)) is Level.GREEN
    assert level_of(points, adherence=Adherence(done=7, partial=2, skipped=1)) is Level.GREEN


def test_no_rating_with_the_exercise_says_nothing():
    assert level_of(daily(1, 1), with_it=[]) is Level.UNKNOWN


@settings(max_examples=60)
@given(
    scores=st.lists(st.integers(0, 10), min_size=1, max_size=10),
    counts=st.tuples(*[st.integers(0, 20)] * 4),
    days=st.integers(0, 14),
)
def test_another_unknown_never_makes_it_green(scores, counts, days):
    points = daily(*scores)
    done, partial, skipped, unknown = counts
    before = level_of(points, adherence=Adherence(done, partial, skipped, unknown), days=days)
    after = level_of(points, adherence=Adherence(done, partial, skipped, unknown + 1), days=days)

    assert after is before or (before, after) == (Level.GREEN, Level.UNKNOWN)


@settings(max_examples=60)
@given(scores=st.lists(st.integers(0, 10), min_size=1, max_size=10))
def test_green_is_never_given_above_its_limit_and_red_always_from_its_own(scores):
    level = level_of(daily(*scores))

    assert level is not Level.GREEN or max(scores) <= LIMITS.signal_green_to
    assert level is Level.RED or scores[-1] < LIMITS.signal_red_from


@pytest.fixture
def lived(session: Session):
    """Ten evenings of one exercise, each done and rated 2 in answer to its text."""
    practice = make_practice(session)
    client = make_client(session, practice)
    assignment = make_assignment(session, client, make_exercise(session, practice))
    for n in range(10):
        own = {"practice_id": client.practice_id, "client_id": client.id}
        due_at = MONDAY_9AM + n * DAY
        reminder = Reminder(
            **own,
            kind=ReminderKind.EXERCISE,
            dedupe_key=f"exercise:{n}",
            text_key="reminder",
            lane=0,
            priority=0,
            due_at=due_at,
            send_at=due_at,
            expires_at=due_at + DAY,
            status=ReminderStatus.SENT,
            created_at=due_at,
        )
        session.add(reminder)
        session.flush()
        question = Question(
            **own,
            reminder_id=reminder.id,
            context="exercise_prompt",
            asked_at=due_at,
            bare_until=due_at + DAY,
            closes_at=due_at + DAY,
        )
        session.add_all(
            [
                question,
                Occurrence(
                    **own,
                    assignment_id=assignment.id,
                    slot_on=MONDAY + n * DAY,
                    slot_time=MONDAY_9AM.time(),
                    due_at=due_at,
                    closes_at=due_at + DAY,
                    status=OccurrenceStatus.DONE,
                    reminder_id=reminder.id,
                ),
            ]
        )
        session.flush()
        record_rating(session, client, 2, source=RatingSource.TEXT, at=due_at, question=question)
    return client, assignment


def signals_of(session: Session, client: Client) -> list[Signal] | None:
    return signals_for(since_facts(session, course_facts(session, client), MONDAY_8AM + 10 * DAY))


def test_a_rating_stands_with_the_exercise_its_text_asked_about(session, lived):
    client, assignment = lived
    practice = session.get_one(Practice, client.practice_id)
    other = make_assignment(
        session, client, make_exercise(session, practice), plan_id=assignment.plan_id, position=2
    )

    first, second = signals_of(session, client)

    assert (first.level, first.suggestion) == (Level.GREEN, Suggestion.PROGRESS)
    assert first.reasons == ("Worst 2 with it, 10 ratings", "Done 100 % of 10 due")
    assert (second.assignment.id, second.level) == (other.id, Level.UNKNOWN)


def test_a_rating_of_the_pain_during_exercise_counts_for_each(session, lived):
    client, _assignment = lived
    at = MONDAY_8AM + 9 * DAY + timedelta(hours=2)
    record_rating(session, client, 7, source=RatingSource.VISIT, at=at, label="during exercise")

    [signal] = signals_of(session, client)

    assert (signal.level, signal.suggestion) == (Level.RED, Suggestion.HALVE)


@pytest.mark.parametrize("raised_at", [MONDAY_8AM, MONDAY_8AM + 11 * DAY], ids=["long ago", "just now"])
def test_nothing_is_suggested_while_a_red_flag_is_open(session, lived, raised_at):
    client, _assignment = lived
    item = AttentionItem(
        practice_id=client.practice_id,
        client_id=client.id,
        kind=AttentionKind.RED_FLAG,
        cause_key=f"red_flag:{client.id}",
        raised_at=raised_at,
    )
    session.add(item)
    session.flush()

    assert signals_of(session, client) is None

    item.status = AttentionStatus.CLOSED
    session.flush()

    assert signals_of(session, client) is not None
