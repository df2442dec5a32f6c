"""Occurrences: answered, or closed as unknown, which is not missed."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from care.db import Database
from care.models import AnswerSource, Assignment, Client, OccurrenceStatus, Practice
from care.occurrences import answer, close_unanswered, due_today, of_message
from tests.care.measuring import make_message, make_occurrence
from tests.care.reminding import make_reminder
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
)

DAY = timedelta(days=1)
OPEN = OccurrenceStatus.OPEN


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


@pytest.fixture
def assignment(session: Session, client: Client, practice: Practice) -> Assignment:
    return make_assignment(session, client, make_exercise(session, practice))


@pytest.mark.parametrize(
    "status", [OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED]
)
def test_an_answer_is_kept_with_when_it_came(
    session: Session, assignment: Assignment, status: OccurrenceStatus
) -> None:
    occurrence = make_occurrence(session, assignment, OPEN)

    answer(session, [occurrence], status, MONDAY_NOON, AnswerSource.WEB)

    session.expire_all()
    assert (occurrence.status, occurrence.answered_at) == (status, MONDAY_NOON)
    assert occurrence.source is AnswerSource.WEB


def test_what_one_text_reminded_of_can_be_answered_late_but_not_twice(
    session: Session, client: Client, assignment: Assignment
) -> None:
    message = make_message(session, client, "time for your home stretches")
    reminder = make_reminder(session, client, message_id=message.id)
    statuses = list(OccurrenceStatus)
    for number, status in enumerate(statuses):
        make_occurrence(
            session,
            assignment,
            status,
            slot_on=MONDAY + number * DAY,
            due_at=MONDAY_9AM + number * DAY,
            reminder_id=reminder.id,
        )

    found = of_message(session, message.id)

    assert [one.status for one in found] == [OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN]


def test_today_is_the_clients_day_up_to_now(session: Session, assignment: Assignment, client: Client) -> None:
    for hours in (-11, -8, 0, 4):
        due_at = MONDAY_8AM + timedelta(hours=hours)
        make_occurrence(session, assignment, OPEN, slot_time=time(hours + 12), due_at=due_at)
    make_occurrence(session, assignment, OccurrenceStatus.DONE, slot_time=time(7), due_at=MONDAY_8AM)

    found = due_today(session, client, MONDAY_8AM)

    assert [one.due_at for one in found] == [datetime(2026, 3, 2, 5, tzinfo=UTC), MONDAY_8AM]


def test_what_nobody_answered_closes_as_unknown_at_its_time(any_database: Database) -> None:
    with any_database.sessions.begin() as session:
        practices = [make_practice(session) for _ in range(2)]
        rows = [
            make_occurrence(
                session,
                make_assignment(session, make_client(session, one), make_exercise(session, one)),
                OPEN,
                closes_at=MONDAY_NOON,
            )
            for one in practices
        ]

        early = close_unanswered(session, MONDAY_NOON - timedelta(seconds=1), [practices[0].id])
        closed = close_unanswered(session, MONDAY_NOON, [practices[0].id])
        again = close_unanswered(session, MONDAY_NOON, [practices[0].id])
        session.expire_all()

        assert (early, closed, again) == (0, 1, 0)
        assert [one.status for one in rows] == [OccurrenceStatus.UNKNOWN, OccurrenceStatus.OPEN]


def test_what_was_answered_or_cancelled_stays_so(session: Session, assignment: Assignment) -> None:
    kept = [status for status in OccurrenceStatus if status is not OccurrenceStatus.OPEN]
    rows = [
        make_occurrence(session, assignment, status, slot_on=MONDAY + n * DAY, closes_at=MONDAY_9AM)
        for n, status in enumerate(kept)
    ]

    assert close_unanswered(session, MONDAY_NOON, [assignment.practice_id]) == 0

    session.expire_all()
    assert [one.status for one in rows] == kept
