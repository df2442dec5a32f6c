"""Rows that measures are made of, by name, with the ordinary case filled in."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from care.models import (
    Assignment,
    Client,
    Message,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Reply,
)
from care.pain import start_of
from care.ratings import record_rating
from care.tokens import new_token
from tests.making import MONDAY, MONDAY_NOON, make_answer

A_DAY = timedelta(days=1)


def on_day(number: int) -> datetime:
    """Noon in New York, that many days after MONDAY."""
    return MONDAY_NOON + number * A_DAY


def rate(session: Session, client: Client, score: float, day: int = 0, **changes: Any) -> Rating:
    values: dict[str, Any] = {"source": RatingSource.TEXT, "at": on_day(day)} | changes
    return record_rating(session, client, score, **values)


def make_occurrence(
    session: Session, assignment: Assignment, status: OccurrenceStatus, on: date = MONDAY, **changes: Any
) -> Occurrence:
    due_at = start_of(on, "America/New_York") + timedelta(hours=9)
    values: dict[str, Any] = {
        "practice_id": assignment.practice_id,
        "client_id": assignment.client_id,
        "assignment_id": assignment.id,
        "slot_on": on,
        "slot_time": time(9),
        "due_at": due_at,
        "closes_at": due_at + A_DAY,
        "status": status,
    }
    occurrence = Occurrence(**(values | changes))
    session.add(occurrence)
    session.flush()
    return occurrence


def make_days(session: Session, assignment: Assignment, *statuses: OccurrenceStatus) -> None:
    """One occurrence a day from MONDAY on."""
    for number, status in enumerate(statuses):
        make_occurrence(session, assignment, status, MONDAY + number * A_DAY)


def make_message(session: Session, client: Client, body: str, day: int = 0, **changes: Any) -> Message:
    """What they texted, so many days after MONDAY."""
    return make_answer(session, client, body, **({"at": on_day(day)} | changes))


def make_reply(session: Session, message: Message, *intents: str, rating: float | None = None) -> Reply:
    reply = Reply(
        practice_id=message.practice_id,
        client_id=message.client_id,
        message_id=message.id,
        context="pain_prompt",
        intents=list(intents),
        rating=rating,
        at=message.at,
    )
    session.add(reply)
    session.flush()
    return reply


def make_question(
    session: Session, client: Client, status: QuestionStatus, day: int = 0, **changes: Any
) -> Question:
    values: dict[str, Any] = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "context": "pain_prompt",
        "asked_at": on_day(day),
        "bare_until": on_day(day) + timedelta(hours=12),
        "closes_at": on_day(day) + A_DAY,
        "status": status,
    }
    question = Question(**(values | changes))
    session.add(question)
    session.flush()
    return question


def make_reminder(
    session: Session, client: Client, status: ReminderStatus, day: int = 0, **changes: Any
) -> Reminder:
    values: dict[str, Any] = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "kind": ReminderKind.EXERCISE,
        "dedupe_key": new_token(),
        "text_key": "exercise",
        "lane": 0,
        "priority": 5,
        "due_at": on_day(day),
        "send_at": on_day(day),
        "expires_at": on_day(day) + timedelta(hours=2),
        "status": status,
        "created_at": on_day(day),
    }
    reminder = Reminder(**(values | changes))
    session.add(reminder)
    session.flush()
    return reminder
