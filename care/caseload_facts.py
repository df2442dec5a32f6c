"""What the caseload knows of all its clients at once: one query a question, however many clients."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, contains_eager

from care.adherence import DayCounts, counts_by_client_and_day
from care.clients import is_visible_to
from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientStatus,
    Direction,
    Episode,
    Message,
    Plan,
    PlanStatus,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    User,
    Visit,
    VisitStatus,
)
from care.pain import Course, Point, start_of
from care.ratings import NOW

WEEKS = 8


@dataclass(frozen=True)
class GivenPlan:
    """One version of a plan. `ends_on` is None while one of its exercises has no last day."""

    is_running: bool
    created_at: datetime
    ends_on: date | None
    first_assigned_at: datetime


@dataclass(frozen=True)
class AskedQuestion:
    asked_at: datetime
    closes_at: datetime
    is_answered: bool


@dataclass(frozen=True)
class Facts:
    """Each by client id; a client without any is not in it. Lists are newest first but for points."""

    clients: list[Client]
    plans: dict[int, list[GivenPlan]]
    courses: dict[int, Course]
    points: dict[int, list[Point]]
    days: dict[int, dict[date, DayCounts]]
    last_words: dict[int, tuple[datetime, str]]
    questions: dict[int, list[AskedQuestion]]
    next_visits: dict[int, datetime]
    attention: dict[int, list[AttentionKind]]


def facts_of(session: Session, seen_by: User, now: datetime, days: tuple[date, date]) -> Facts:
    """Of the active clients this user sees; `days` are the first and last day of the cells."""
    seen = select(Client.id).where(is_visible_to(seen_by), Client.status == ClientStatus.ACTIVE)
    clients = _clients(session, seen_by)
    plans = _plans(session, seen)
    courses = _courses(session, seen, clients, plans)
    return Facts(
        clients=clients,
        plans=plans,
        courses=courses,
        points=_points(session, seen, courses, now),
        days=counts_by_client_and_day(session, seen, *days),
        last_words=_last_words(session, seen, now),
        questions=_questions(session, seen, now),
        next_visits=_next_visits(session, seen, now),
        attention=_attention(session, seen),
    )


def _clients(session: Session, seen_by: User) -> list[Client]:
    wanted = (
        select(Client)
        .join(Practice, Practice.id == Client.practice_id)
        .outerjoin(User, User.id == Client.therapist_id)
        .options(contains_eager(Client.practice), contains_eager(Client.therapist))
        .where(is_visible_to(seen_by), Client.status == ClientStatus.ACTIVE)
    )
    return list(session.scalars(wanted.order_by(Client.last_name, Client.first_name, Client.id)))


def _plans(session: Session, seen: Select[int]) -> dict[int, list[GivenPlan]]:
    rows = session.execute(
        select(
            Plan.client_id,
            Plan.status,
            Plan.created_at,
            func.max(Assignment.ends_on),
            func.count() - func.count(Assignment.ends_on),
            func.min(Assignment.created_at),
        )
        .join(Assignment, Assignment.plan_id == Plan.id)
        .where(Plan.client_id.in_(seen))
        .group_by(Plan.id, Plan.client_id, Plan.status, Plan.created_at)
        .order_by(Plan.id.desc())
    )
    return _grouped(
        (client_id, GivenPlan(status is PlanStatus.ACTIVE, created_at, None if endless else ends_on, first))
        for client_id, status, created_at, ends_on, endless, first in rows
    )


def _courses(
    session: Session, seen: Select[int], clients: list[Client], plans: dict[int, list[GivenPlan]]
) -> dict[int, Course]:
    """The same course as `care.pain.current_course` finds for one client."""
    rows = session.execute(
        select(Episode.client_id, func.max(Episode.started_on))
        .where(Episode.client_id.in_(seen))
        .group_by(Episode.client_id)
    )
    started = _by_client(rows)
    courses = {}
    for client in clients:
        day = started.get(client.id)
        since = start_of(day, client.timezone) if day else None
        given = [plan.first_assigned_at for plan in plans.get(client.id, [])]
        courses[client.id] = Course(since, min((at for at in given if at >= (since or at)), default=None))
    return courses


def _points(
    session: Session, seen: Select[int], courses: dict[int, Course], now: datetime
) -> dict[int, list[Point]]:
    """Comparable ratings, oldest first, back to the oldest course of care or the weeks that are drawn."""
    wanted = (
        select(Rating.client_id, Rating.at, Rating.score)
        .where(Rating.client_id.in_(seen), Rating.superseded_by_id.is_(None), Rating.at <= now)
        .where(Rating.recall == NOW, Rating.label.is_(None))
        .order_by(Rating.at, Rating.id)
    )
    starts = [course.since for course in courses.values()]
    known = [start for start in starts if start is not None]
    if len(known) == len(starts):
        wanted = wanted.where(Rating.at >= min([now - timedelta(weeks=WEEKS), *known]))
    return _grouped((client_id, (at, score)) for client_id, at, score in session.execute(wanted))


def _last_words(session: Session, seen: Select[int], now: datetime) -> dict[int, tuple[datetime, str]]:
    order = func.row_number().over(
        partition_by=Message.client_id, order_by=(Message.at.desc(), Message.id.desc())
    )
    ranked = (
        select(Message.client_id, Message.at, Message.body, order.label("place"))
        .where(Message.client_id.in_(seen), Message.direction == Direction.IN, Message.at <= now)
        .where(Message.emptied_at.is_(None))
        .subquery()
    )
    newest = select(ranked.c.client_id, ranked.c.at, ranked.c.body).where(ranked.c.place == 1)
    return {client_id: (at, body) for client_id, at, body in session.execute(newest)}


def _questions(session: Session, seen: Select[int], now: datetime) -> dict[int, list[AskedQuestion]]:
    """Those that have an answer or can no longer get one. One still open is neither."""
    rows = session.execute(
        select(Question.client_id, Question.asked_at, Question.closes_at, Question.status)
        .where(Question.client_id.in_(seen))
        .where(Question.asked_at >= now - timedelta(weeks=WEEKS), Question.asked_at <= now)
        .order_by(Question.asked_at.desc(), Question.id.desc())
    )
    return _grouped(
        (client_id, AskedQuestion(asked_at, closes_at, status is QuestionStatus.ANSWERED))
        for client_id, asked_at, closes_at, status in rows
        if status is QuestionStatus.ANSWERED or closes_at <= now
    )


def _next_visits(session: Session, seen: Select[int], now: datetime) -> dict[int, datetime]:
    rows = session.execute(
        select(Visit.client_id, func.min(Visit.starts_at))
        .where(Visit.client_id.in_(seen), Visit.status == VisitStatus.PLANNED, Visit.starts_at >= now)
        .group_by(Visit.client_id)
    )
    return _by_client(rows)


def _attention(session: Session, seen: Select[int]) -> dict[int, list[AttentionKind]]:
    rows = session.execute(
        select(AttentionItem.client_id, AttentionItem.kind)
        .where(AttentionItem.client_id.in_(seen), AttentionItem.status != AttentionStatus.CLOSED)
        .order_by(AttentionItem.raised_at.desc())
    )
    return _grouped((client_id, kind) for client_id, kind in rows)


def _by_client(rows: Iterable[Row[int, Any]]) -> dict[int, Any]:
    return {row[0]: row[1] for row in rows}


def _grouped(rows: Iterable[tuple[int | None, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for client_id, value in rows:
        if client_id is not None:
            found.setdefault(client_id, []).append(value)
    return found
