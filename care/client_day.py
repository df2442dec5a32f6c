"""What a client does at home, today and next, and what they said of it: the facts their own page shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
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
from care.next_turn import is_waiting, next_turn
from care.recurrence import A_DAY, today_in
from care.rounds import minutes_for

# Sent answers can be corrected so long.
CORRECTS_WITHIN = timedelta(hours=24)
# What is answered in the last hour before it closes, a day late, can be changed for a day from then.
EARLIER = 3 * A_DAY
ANSWERED = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED)


@dataclass(frozen=True)
class Turn:
    """One time that an exercise is due, on the client's clock."""

    occurrence: Occurrence
    at: datetime
    is_answered: bool
    can_be_changed: bool


@dataclass(frozen=True)
class TodaysExercise:
    """An exercise with its turns of one day."""

    assignment: Assignment
    turns: list[Turn]


@dataclass(frozen=True)
class EarlierDay:
    """A day before today with what still can be answered of it, or changed."""

    on: date
    exercises: list[TodaysExercise]


@dataclass(frozen=True)
class OtherExercise:
    """One that is not due today. `next_at` is on the client's clock; None while it is paused with no end."""

    assignment: Assignment
    next_at: datetime | None


@dataclass(frozen=True)
class ClientDay:
    """`rating` is the answer from the page that still can be corrected; None when pain is asked anew.

    `known_id` is the newest rating from the page, whatever the page shows; 0 for none.
    """

    exercises: list[TodaysExercise]
    earlier: list[EarlierDay]
    others: list[OtherExercise]
    rating: Rating | None
    known_id: int

    @property
    def assignments(self) -> list[Assignment]:
        """All the client is to read of, each once."""
        return [one.assignment for one in self.exercises] + [one.assignment for one in self.others]

    @property
    def minutes(self) -> int:
        return minutes_for([one.assignment for one in self.exercises])

    @property
    def is_all_answered(self) -> bool:
        return all(turn.is_answered for one in self.exercises for turn in one.turns)


def client_day(session: Session, client: Client, now: datetime) -> ClientDay:
    """Today on the client's own clock. While exercises are held there are none."""
    today = today_in(client.timezone, now)
    given, turns = ([], []) if client.texts_held_at is not None else _given(session, client, now)
    by_day = {on: list(found) for on, found in groupby(turns, lambda turn: turn.occurrence.slot_on)}
    exercises = _with_turns(given, by_day.pop(today, []))
    due = {one.assignment.id for one in exercises}
    newest = newest_web_rating(session, client, now)
    is_asked_anew = newest is not None and _was_asked_since(session, client, newest, now)
    return ClientDay(
        exercises,
        earlier=[EarlierDay(on, _with_turns(given, found)) for on, found in by_day.items()],
        others=list(_others((one for one in given if one.id not in due), client, now)),
        rating=None if is_asked_anew else newest,
        known_id=newest.id if newest else 0,
    )


def find_turn(session: Session, client: Client, occurrence_id: int, now: datetime) -> Turn | None:
    """One of today's, one that is still open, or one answered so lately that this can still be changed."""
    row = session.scalar(
        select(Occurrence).where(
            Occurrence.id == occurrence_id,
            Occurrence.client_id == client.id,
            Occurrence.status != OccurrenceStatus.CANCELLED,
        )
    )
    if row is None:
        return None
    turn, today = _turn(row, client, now), today_in(client.timezone, now)
    is_open = row.status is OccurrenceStatus.OPEN and row.slot_on < today and row.closes_at > now
    return turn if turn.can_be_changed or is_open or row.slot_on == today else None


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


def _given(session: Session, client: Client, now: datetime) -> tuple[list[Assignment], list[Turn]]:
    """The running plan in its order, and in one statement with it the turns of today, and before them what
    is still open or was answered lately; the newest day first.
    """
    today = today_in(client.timezone, now)
    is_open = and_(Occurrence.status == OccurrenceStatus.OPEN, Occurrence.closes_at > now)
    is_fresh = and_(Occurrence.status.in_(ANSWERED), Occurrence.answered_at > now - CORRECTS_WITHIN)
    is_shown = and_(
        Occurrence.assignment_id == Assignment.id,
        Occurrence.status != OccurrenceStatus.CANCELLED,
        Occurrence.slot_on.between(today - EARLIER, today),
        or_(Occurrence.slot_on == today, is_open, is_fresh),
    )
    rows = session.execute(
        select(Assignment, Occurrence)
        .outerjoin(Occurrence, is_shown)
        .where(Assignment.client_id == client.id, Assignment.status == AssignmentStatus.ACTIVE)
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.position, Assignment.id)
    ).all()
    given = {assignment.id: assignment for assignment, _ in rows}
    turns = [_turn(occurrence, client, now) for _, occurrence in rows if occurrence is not None]
    turns.sort(key=lambda turn: turn.at)
    turns.sort(key=lambda turn: turn.occurrence.slot_on, reverse=True)
    return list(given.values()), turns


def _with_turns(given: list[Assignment], turns: list[Turn]) -> list[TodaysExercise]:
    """The exercises that have any, in the order of the plan."""
    by_exercise = [
        (one, [turn for turn in turns if turn.occurrence.assignment_id == one.id]) for one in given
    ]
    return [TodaysExercise(one, found) for one, found in by_exercise if found]


def _others(given: Iterable[Assignment], client: Client, now: datetime) -> Iterator[OtherExercise]:
    """Without those that are over."""
    for one in given:
        next_at = next_turn(one, client, now)
        if next_at is not None or is_waiting(one, client, now):
            yield OtherExercise(one, next_at)


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
