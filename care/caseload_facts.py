"""What the caseload knows of all its clients at once: one query a question, however many clients."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager

from care.adherence import DayCounts, counts_by_client_and_day
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
    last_words: dict[int, tuple[datetime, str, int]]
    questions: dict[int, list[AskedQuestion]]
    next_visits: dict[int, datetime]
    attention: dict[int, list[AttentionKind]]
    coming: dict[int, datetime]
    conditions: dict[int, str]


def facts_of(session: Session, which: ColumnElement[bool], now: datetime, days: tuple[date, date]) -> Facts:
    """Of the active clients this condition is true of; `days` are the first and last day of the cells.

    `coming` is when the next of what is written down already begins to count, such as a question that closes.
    """
    seen = select(Client.id).where(which, Client.status == ClientStatus.ACTIVE)
    clients = _clients(session, which)
    plans = _plans(session, seen)
    episodes = _newest_episodes(session, seen)
    courses = _courses(episodes, clients, plans)
    visits, coming = _ahead(session, seen, now)
    return Facts(
        clients=clients,
        plans=plans,
        courses=courses,
        points=_points(session, seen, courses, now),
        days=counts_by_client_and_day(session, seen, *days),
        last_words=_last_words(session, seen, now),
        questions=_questions(session, seen, now),
        next_visits=visits,
        attention=_attention(session, seen),
        coming=coming,
        conditions={client_id: condition for client_id, (_day, condition) in episodes.items()},
    )


def _clients(session: Session, which: ColumnElement[bool]) -> list[Client]:
    wanted = (
        select(Client)
        .join(Practice, Practice.id == Client.practice_id)
        .outerjoin(User, User.id == Client.therapist_id)
        .options(contains_eager(Client.practice), contains_eager(Client.therapist))
        .where(which, Client.status == ClientStatus.ACTIVE)
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


def _newest_episodes(session: Session, seen: Select[int]) -> dict[int, tuple[date, str]]:
    """When the newest of each client began, and its condition."""
    rows = session.execute(
        select(Episode.client_id, Episode.started_on, Episode.condition_category)
        .where(Episode.client_id.in_(seen))
        .order_by(Episode.started_on, Episode.id)
    )
    return {client_id: (started_on, condition) for client_id, started_on, condition in rows}


def _courses(
    episodes: Mapping[int, tuple[date, str]], clients: list[Client], plans: dict[int, list[GivenPlan]]
) -> dict[int, Course]:
    """The same course as `care.pain.current_course` finds for one client."""
    courses = {}
    for client in clients:
        newest = episodes.get(client.id)
        since = start_of(newest[0], client.timezone) if newest else None
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


def _last_words(session: Session, seen: Select[int], now: datetime) -> dict[int, tuple[datetime, str, int]]:
    order = func.row_number().over(
        partition_by=Message.client_id, order_by=(Message.at.desc(), Message.id.desc())
    )
    ranked = (
        select(Message.client_id, Message.at, Message.body, Message.id, order.label("place"))
        .where(Message.client_id.in_(seen), Message.direction == Direction.IN, Message.at <= now)
        .where(Message.emptied_at.is_(None))
        .subquery()
    )
    newest = select(ranked.c.client_id, ranked.c.at, ranked.c.body, ranked.c.id).where(ranked.c.place == 1)
    return {client_id: (at, body, id) for client_id, at, body, id in session.execute(newest)}


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


def _attention(session: Session, seen: Select[int]) -> dict[int, list[AttentionKind]]:
    rows = session.execute(
        select(AttentionItem.client_id, AttentionItem.kind)
        .where(AttentionItem.client_id.in_(seen), AttentionItem.status != AttentionStatus.CLOSED)
        .order_by(AttentionItem.raised_at.desc())
    )
    return _grouped((client_id, kind) for client_id, kind in rows)


def _ahead(
    session: Session, seen: Select[int], now: datetime
) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """The next visit of each, and the next moment at which something else begins to count."""
    is_open = and_(
        Question.status != QuestionStatus.ANSWERED, Question.asked_at >= now - timedelta(weeks=WEEKS)
    )
    planned = and_(Visit.status == VisitStatus.PLANNED, Visit.starts_at >= now)
    incoming = and_(Message.direction == Direction.IN, Message.at > now)
    rows = session.execute(
        union_all(
            _first(True, Visit.client_id, Visit.starts_at, seen, planned),
            _first(False, Rating.client_id, Rating.at, seen, Rating.at > now),
            _first(False, Message.client_id, Message.at, seen, incoming),
            _first(False, Question.client_id, Question.asked_at, seen, Question.asked_at > now),
            _first(
                False, Question.client_id, Question.closes_at, seen, and_(is_open, Question.closes_at > now)
            ),
        )
    )
    visits: dict[int, datetime] = {}
    coming: dict[int, datetime] = {}
    for is_visit, client_id, at in rows:
        found = visits if is_visit else coming
        found[client_id] = min(at, found.get(client_id, at))
    return visits, coming


def _first(
    is_visit: bool,
    whose: InstrumentedAttribute[Any],
    at: InstrumentedAttribute[datetime],
    seen: Select[int],
    counts: ColumnElement[bool],
) -> Select[Any]:
    mark = literal(is_visit).label("is_visit")
    return select(mark, whose, func.min(at)).where(whose.in_(seen), counts).group_by(whose)


def _by_client(rows: Iterable[Row[int, Any]]) -> dict[int, Any]:
    return {row[0]: row[1] for row in rows}


def _grouped(rows: Iterable[tuple[int | None, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for client_id, value in rows:
        if client_id is not None:
            found.setdefault(client_id, []).append(value)
    return found
