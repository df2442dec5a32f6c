"""How often we asked and how often an answer came: by question, and by the client's own days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session

from care.models import Client, Message, Question, QuestionStatus, Reminder, ReminderKind
from care.ratings import Rated
from care.recurrence import today_in
from care.undelivered import never_arrived

PAIN = "pain_prompt"
CLIENT: BindParameter[int] = bindparam("client", type_=Integer)
SINCE, NOW = (bindparam(name, type_=Question.asked_at.type) for name in ("since", "now"))


@dataclass(frozen=True)
class Asked:
    """Questions, and days asked for a rating, with how many brought one. What is open still is left out."""

    questions: int = 0
    answered: int = 0
    days: int = 0
    days_answered: int = 0


@dataclass(frozen=True)
class AskedDay:
    """One of the client's days that was asked for a rating: by which texts, and what was given."""

    day: date
    asked_at: datetime
    message_ids: tuple[int, ...]
    ratings: tuple[Rated, ...]


class _Settled(NamedTuple):
    """A question that was answered, or whose window has closed."""

    id: int
    asked_at: datetime
    message_id: int | None
    is_answered: bool
    asks_pain: bool


def is_settled(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Of a question joined with its message: answered, or closed by now. One that never came to the phone was
    not asked.
    """
    came = or_(Message.id.is_(None), not_(never_arrived()))
    return or_(Question.status == QuestionStatus.ANSWERED, and_(Question.closes_at <= now, came))


def asked_between(
    session: Session, client: Client, since: datetime, now: datetime, ratings: Iterable[Rated]
) -> Asked:
    """Of the questions since then. A day is asked for a rating when a question about pain went out, alone or
    in one text with the exercises.
    """
    settled = _settled(session, client, since, now)
    days = _days(settled, client.timezone, since, ratings)
    return Asked(
        questions=len(settled),
        answered=sum(one.is_answered for one in settled),
        days=len(days),
        days_answered=sum(bool(one.ratings) for one in days),
    )


def days_asked(
    session: Session, client: Client, since: datetime, now: datetime, ratings: Iterable[Rated]
) -> list[AskedDay]:
    """Each day that was asked for a rating, oldest first.

    It has an answer when a rating was given to a question of that day, or on that day.
    """
    return _days(_settled(session, client, since, now), client.timezone, since, ratings)


def _settled(session: Session, client: Client, since: datetime, now: datetime) -> list[_Settled]:
    rows = session.connection().execute(_wanted(), {"client": client.id, "since": since, "now": now}).all()
    return [
        _Settled(id, at, message_id, status is QuestionStatus.ANSWERED, bool(about_pain))
        for id, at, message_id, status, about_pain in rows
    ]


@cache
def _wanted() -> Select[int, datetime, int | None, QuestionStatus, bool]:
    """Oldest first. Built once: that takes longer than asking."""
    with_pain = exists().where(
        Reminder.message_id == Question.message_id,
        Reminder.client_id == CLIENT,
        Reminder.kind == ReminderKind.PAIN_QUESTION,
    )
    asks_pain = or_(Question.context == PAIN, with_pain).label("asks_pain")
    return (
        select(Question.id, Question.asked_at, Question.message_id, Question.status, asks_pain)
        .outerjoin(Message, Message.id == Question.message_id)
        .where(Question.client_id == CLIENT, Question.asked_at.between(SINCE, NOW), is_settled(NOW))
        .order_by(Question.asked_at, Question.id)
    )


def _days(
    settled: Iterable[_Settled], zone: str, since: datetime, ratings: Iterable[Rated]
) -> list[AskedDay]:
    by_day: dict[date, list[_Settled]] = {}
    day_of: dict[int, date] = {}
    for one in settled:
        if one.asks_pain:
            day_of[one.id] = today_in(zone, one.asked_at)
            by_day.setdefault(day_of[one.id], []).append(one)
    given: dict[date, list[Rated]] = {day: [] for day in by_day}
    for rating in ratings:
        days = set()
        if rating.question_id in day_of:
            days.add(day_of[rating.question_id])
        if rating.at >= since:
            days.add(today_in(zone, rating.at))
        for day in days & given.keys():
            given[day].append(rating)
    return [
        AskedDay(
            day,
            asked[0].asked_at,
            tuple(one.message_id for one in asked if one.message_id is not None),
            tuple(given[day]),
        )
        for day, asked in by_day.items()
    ]
