"""How often we asked and how often an answer came: by question, and by the client's own days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from care.models import Client, Message, Question, QuestionStatus, Rating, Reminder, ReminderKind
from care.recurrence import today_in
from care.wire import NEVER_ARRIVED

PAIN = "pain_prompt"


@dataclass(frozen=True)
class Asked:
    """Questions, and days asked for a rating, with how many brought one. What is open still is left out."""

    questions: int = 0
    answered: int = 0
    days: int = 0
    days_answered: int = 0


def asked_between(
    session: Session, client: Client, since: datetime, now: datetime, ratings: Iterable[Rating]
) -> Asked:
    """Of the questions since then that were answered or whose window has closed; one that never came to the
    phone was not asked.

    A day is asked for a rating when a question about pain went out, alone or in one text with the exercises.
    It has an answer when a rating was given to a question of that day, or on that day.
    """
    came = or_(Message.id.is_(None), Message.status.not_in(NEVER_ARRIVED))
    with_pain = select(Reminder.message_id).where(
        Reminder.client_id == client.id,
        Reminder.kind == ReminderKind.PAIN_QUESTION,
        Reminder.message_id.is_not(None),
    )
    asks_pain = or_(Question.context == PAIN, Question.message_id.in_(with_pain)).label("asks_pain")
    rows = session.execute(
        select(Question.id, Question.asked_at, Question.status, asks_pain)
        .outerjoin(Message, Message.id == Question.message_id)
        .where(
            Question.client_id == client.id,
            Question.asked_at >= since,
            Question.asked_at <= now,
            or_(Question.status == QuestionStatus.ANSWERED, and_(Question.closes_at <= now, came)),
        )
    ).all()
    zone = client.timezone
    day_of = {row.id: today_in(zone, row.asked_at) for row in rows if row.asks_pain}
    days = set(day_of.values())
    given = list(ratings)
    rated = {today_in(zone, one.at) for one in given if one.at >= since}
    rated |= {day_of[one.question_id] for one in given if one.question_id in day_of}
    return Asked(
        questions=len(rows),
        answered=sum(row.status is QuestionStatus.ANSWERED for row in rows),
        days=len(days),
        days_answered=len(days & rated),
    )
