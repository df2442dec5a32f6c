"""How a client gets on, as two facts for their own page. No streak, no share, no grade."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from care.adherence import counts_by_day
from care.models import Client
from care.pain import current_course
from care.ratings import comparable, list_ratings
from care.recurrence import today_in

DAYS = 7


@dataclass(frozen=True)
class PainSince:
    """The first rating of this course of care, the day it is of, and the newest."""

    first: float
    first_on: date
    newest: float


@dataclass(frozen=True)
class Progress:
    """`days_done` of the last seven, today among them, have something done. No pain before two days of it."""

    days_done: int
    pain: PainSince | None


def progress_of(session: Session, client: Client, now: datetime) -> Progress:
    today = today_in(client.timezone, now)
    days = counts_by_day(session, client.id, today - timedelta(days=DAYS - 1), today).values()
    since = current_course(session, client).since
    ratings = [one for one in comparable(list_ratings(session, client.id, since)) if one.at <= now]
    pain = None
    if ratings:
        first_on = today_in(client.timezone, ratings[0].at)
        if first_on != today_in(client.timezone, ratings[-1].at):
            pain = PainSince(float(ratings[0].score), first_on, float(ratings[-1].score))
    return Progress(sum(bool(day.done or day.partial) for day in days), pain)
