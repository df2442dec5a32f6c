"""What signals are judged by, of many clients in four statements: ratings, and what they came with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Occurrence,
    OccurrenceStatus,
    Plan,
    PlanStatus,
    Question,
    Rating,
)
from care.ratings import RATED, Rated, comparable
from care.thresholds import Thresholds

DURING = "during exercise"
NEXT_MORNING = "next morning"
DOSE = ("exercise_id", "sets", "reps", "hold_seconds", "duration_seconds")
KNOWN = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED)
DID = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL)

ById = Mapping[int, list[Any]]


@dataclass(frozen=True)
class Followed:
    """One exercise of the running plan, with the ratings that came with it, oldest first."""

    assignment: Assignment
    with_it: tuple[Rated, ...]
    days_known: int


@dataclass(frozen=True)
class SignalFacts:
    """Of one client. `usual` are the ratings that say what pain is usual and whether it settled."""

    usual: tuple[Rated, ...]
    followed: tuple[Followed, ...]


def signal_facts(
    session: Session, clients: Sequence[Client], limits: Mapping[int, Thresholds], now: datetime
) -> dict[int, SignalFacts]:
    """By client id. Those with an open red flag, or without a running plan, follow nothing."""
    ids = [client.id for client in clients]
    since = {id: now - timedelta(days=limits[id].signal_days) for id in ids}
    held = {client.id for client in clients if client.texts_held_at is not None} | _flagged(session, ids)
    running, same = _running(session, [id for id in ids if id not in held])
    if not running:
        return {id: SignalFacts((), ()) for id in ids}
    turns = turns_of(session, list(running), min(since.values()), now)
    memory = timedelta(days=max(one.pain_memory_days for one in limits.values()))
    given = _ratings(session, ids, min(since.values()) - memory, now)
    return {
        id: SignalFacts(
            that_say_usual(given[id]),
            tuple(
                followed(
                    one,
                    same[one.id],
                    [turn for turn in turns[id] if turn.due_at > since[id]],
                    given[id],
                    since[id],
                )
                for one in running.get(id, ())
            ),
        )
        for id in ids
    }


def same_dose(assignment: Assignment, given: Sequence[Assignment]) -> list[int]:
    """This assignment and those before it with the same exercise and dose: a new plan may change neither."""
    return [one.id for one in given if all(getattr(one, name) == getattr(assignment, name) for name in DOSE)]


def that_say_usual(ratings: Sequence[Rated]) -> tuple[Rated, ...]:
    """Those of the pain now as a whole, and of the next morning."""
    return tuple(one for one in ratings if one in comparable([one]) or one.label == NEXT_MORNING)


def followed(
    assignment: Assignment,
    same_ids: Sequence[int],
    turns: Sequence[Any],
    ratings: Sequence[Rated],
    since: datetime,
) -> Followed:
    """A rating belongs to the exercises its text asked about, where they were done, if only in part."""
    own = [turn for turn in turns if turn.assignment_id in same_ids]
    asked = {turn.question_id for turn in own if turn.question_id and turn.status in DID}
    with_it = [
        one
        for one in ratings
        if one.at > since and ((one in comparable([one]) and one.question_id in asked) or one.label == DURING)
    ]
    days: set[date] = {turn.slot_on for turn in own}
    return Followed(assignment, tuple(with_it), len(days))


def turns_of(session: Session, ids: Sequence[int], since: datetime, now: datetime) -> ById:
    """By client, what they said they did or left out in these days, with the question its text asked."""
    rows = session.execute(
        select(
            Occurrence.client_id,
            Occurrence.assignment_id,
            Occurrence.slot_on,
            Occurrence.status,
            Occurrence.due_at,
            Question.id.label("question_id"),
        )
        .outerjoin(Question, Question.reminder_id == Occurrence.reminder_id)
        .where(Occurrence.client_id.in_(ids), Occurrence.status.in_(KNOWN))
        .where(Occurrence.due_at > since, Occurrence.due_at <= now)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.client_id].append(row)
    return found


def _flagged(session: Session, ids: Sequence[int]) -> set[int]:
    flags = select(AttentionItem.client_id).where(
        AttentionItem.client_id.in_(ids),
        AttentionItem.kind == AttentionKind.RED_FLAG,
        AttentionItem.status != AttentionStatus.CLOSED,
    )
    return {id for id in session.scalars(flags) if id is not None}


def _running(
    session: Session, ids: Sequence[int]
) -> tuple[dict[int, list[Assignment]], dict[int, list[int]]]:
    """By client the exercises of the running plan, in their order; and by each of them those of its dose."""
    wanted = (
        select(Assignment, Plan.status)
        .join(Plan, Plan.id == Assignment.plan_id)
        .where(Assignment.client_id.in_(ids))
        .options(joinedload(Assignment.exercise))
        .order_by(Plan.version.desc(), Assignment.position)
    )
    given: dict[int, list[Assignment]] = defaultdict(list)
    running: dict[int, list[Assignment]] = {}
    for one, status in session.execute(wanted):
        given[one.client_id].append(one)
        if status is PlanStatus.ACTIVE:
            present = running.setdefault(one.client_id, [])
            if not present or present[0].plan_id == one.plan_id:
                present.append(one)
    shown = {id: [one for one in ones if one.ended_at is None] for id, ones in running.items()}
    same = {one.id: same_dose(one, given[id]) for id, ones in shown.items() for one in ones}
    return shown, same


def _ratings(session: Session, ids: Sequence[int], since: datetime, now: datetime) -> ById:
    """Those that stand, oldest first, from where what is usual for the first of them begins."""
    wanted = select(Rating.client_id, *RATED).where(
        Rating.client_id.in_(ids), Rating.superseded_by_id.is_(None), Rating.at.between(since, now)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for client_id, *rating in session.execute(wanted.order_by(Rating.at, Rating.id)):
        found[client_id].append(Rated(*rating))
    return found
