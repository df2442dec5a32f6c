"""How a client gets on, as two facts for their own page. No streak, no share, no grade."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.adherence import counts_by_day
from care.models import Client, Episode, Rating
from care.pain import start_of
from care.ratings import NOW
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
    return Progress(sum(bool(day.done or day.partial) for day in days), _pain(session, client, now))


def _pain(session: Session, client: Client, now: datetime) -> PainSince | None:
    """In one statement, as the client waits for the page: the ratings, and when their episode began."""
    began = select(func.max(Episode.started_on)).where(Episode.client_id == client.id).scalar_subquery()
    rows = session.execute(
        select(Rating.at, Rating.score, began)
        .where(Rating.client_id == client.id, Rating.superseded_by_id.is_(None), Rating.at <= now)
        .where(Rating.recall == NOW, Rating.label.is_(None))
        .order_by(Rating.at, Rating.id)
    )
    points = [
        (today_in(client.timezone, at), float(score))
        for at, score, day in rows
        if day is None or at >= start_of(day, client.timezone)
    ]
    if not points or points[0][0] == points[-1][0]:
        return None
    (first_on, first), (_, newest) = points[0], points[-1]
    return PainSince(first, first_on, newest)
