"""What a client does today at home, and what they said of it: the facts their own page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
)
from care.recurrence import today_in
from care.rounds import minutes_for

# Sent answers can be corrected so long.
CORRECTS_WITHIN = timedelta(hours=24)
ANSWERED = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED)


@dataclass(frozen=True)
class Turn:
    """One time today that an exercise is due, on the client's clock."""

    occurrence: Occurrence
    at: datetime
    is_answered: bool
    can_be_changed: bool


@dataclass(frozen=True)
class TodaysExercise:
    assignment: Assignment
    turns: list[Turn]


@dataclass(frozen=True)
class ClientDay:
    """`rating` is the answer from the page that still can be corrected; None when pain is asked anew.

    `known_id` is the newest rating from the page, whatever the page shows; 0 for none.
    """

    exercises: list[TodaysExercise]
    rating: Rating | None
    known_id: int
    has_plan: bool

    @property
    def minutes(self) -> int:
        return minutes_for([one.assignment for one in self.exercises])

    @property
    def is_all_answered(self) -> bool:
        return all(turn.is_answered for one in self.exercises for turn in one.turns)


def client_day(session: Session, client: Client, now: datetime) -> ClientDay:
    """Today on the client's own clock. While exercises are held there are none."""
    exercises = [] if client.texts_held_at is not None else _exercises(session, client, now)
    newest = newest_web_rating(session, client, now)
    is_asked_anew = newest is not None and _was_asked_since(session, client, newest, now)
    return ClientDay(
        exercises,
        rating=None if is_asked_anew else newest,
        known_id=newest.id if newest else 0,
        has_plan=bool(exercises) or _has_plan(session, client),
    )


def find_turn(session: Session, client: Client, occurrence_id: int, now: datetime) -> Turn | None:
    """One of today's, or one answered so lately that the answer can still be changed."""
    row = session.scalar(
        select(Occurrence).where(
            Occurrence.id == occurrence_id,
            Occurrence.client_id == client.id,
            Occurrence.status != OccurrenceStatus.CANCELLED,
        )
    )
    if row is None:
        return None
    turn = _turn(row, client, now)
    return turn if turn.can_be_changed or row.slot_on == today_in(client.timezone, now) else None


def newest_web_rating(session: Session, client: Client, now: datetime) -> Rating | None:
    """The latest rating from the page that stands and can still be corrected."""
    return session.scalar(
        select(Rating)
        .where(
            Rating.client_id == client.id,
            Rating.source == RatingSource.WEB,
            Rating.superseded_by_id.is_(None),
            Rating.label.is_(None),
            Rating.at > now - CORRECTS_WITHIN,
        )
        .order_by(Rating.at.desc(), Rating.id.desc())
        .limit(1)
    )


def _exercises(session: Session, client: Client, now: datetime) -> list[TodaysExercise]:
    rows = session.execute(
        select(Occurrence, Assignment)
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .where(
            Occurrence.client_id == client.id,
            Occurrence.slot_on == today_in(client.timezone, now),
            Occurrence.status != OccurrenceStatus.CANCELLED,
            Assignment.status == AssignmentStatus.ACTIVE,
        )
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.position, Assignment.id, Occurrence.due_at)
    ).all()
    found: dict[int, TodaysExercise] = {}
    for occurrence, assignment in rows:
        one = found.setdefault(assignment.id, TodaysExercise(assignment, []))
        one.turns.append(_turn(occurrence, client, now))
    return list(found.values())


def _turn(occurrence: Occurrence, client: Client, now: datetime) -> Turn:
    is_answered = occurrence.status in ANSWERED
    answered_at = occurrence.answered_at
    return Turn(
        occurrence=occurrence,
        at=occurrence.due_at.astimezone(ZoneInfo(client.timezone)),
        is_answered=is_answered,
        can_be_changed=is_answered and answered_at is not None and answered_at > now - CORRECTS_WITHIN,
    )


def _was_asked_since(session: Session, client: Client, rating: Rating, now: datetime) -> bool:
    asked = select(Question.id).where(
        Question.client_id == client.id,
        Question.status == QuestionStatus.OPEN,
        Question.answered_at.is_(None),
        Question.asked_at > rating.at,
        Question.closes_at > now,
    )
    return session.scalar(asked.limit(1)) is not None


def _has_plan(session: Session, client: Client) -> bool:
    active: Sequence[int] = session.scalars(
        select(Assignment.id)
        .where(Assignment.client_id == client.id, Assignment.status == AssignmentStatus.ACTIVE)
        .limit(1)
    ).all()
    return bool(active)
