"""How each exercise goes with each active client, kept beside their line of the caseload and made with it."""

from collections.abc import Collection
from dataclasses import astuple
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, insert, select
from sqlalchemy.orm import Session

from care.adherence import DayCounts, counts_by_assignment
from care.caseload import RECENT_DAYS
from care.caseload_facts import WEEKS
from care.models import (
    Assignment,
    Client,
    ClientStatus,
    ExerciseStanding,
    Occurrence,
    OccurrenceStatus,
    Question,
    Rating,
)
from care.ratings import NOW
from care.recurrence import A_DAY

DID = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL)
COUNTED = ("times", "done", "partial", "skipped", "unknown", "on_paper", "ratings", "score_sum")

# Client and exercise.
Given = tuple[int, int]
# In the order of COUNTED.
Figures = tuple[float, ...]


def keep_exercise_standings(
    session: Session, client_ids: Collection[int], practice_id: int, now: datetime, today: date
) -> None:
    """Count these clients of one practice again; who is not active any more has none."""
    which = Client.id.in_(client_ids) & (Client.practice_id == practice_id)
    counted = exercise_standings_of(session, which, now, today)
    kept = _kept(session, ExerciseStanding.client_id.in_(client_ids))
    changed = {given[0] for given in counted.keys() | kept.keys() if counted.get(given) != kept.get(given)}
    if not changed:
        return
    session.execute(delete(ExerciseStanding).where(ExerciseStanding.client_id.in_(changed)))
    rows = [
        {"practice_id": practice_id, "client_id": client_id, "exercise_id": exercise_id}
        | dict(zip(COUNTED, figures, strict=True))
        for (client_id, exercise_id), figures in counted.items()
        if client_id in changed
    ]
    if rows:
        session.execute(insert(ExerciseStanding), rows)


def differing_exercise_standings(
    session: Session, which: ColumnElement[bool], now: datetime, today: date
) -> set[int]:
    """Of which clients what is kept is not what a count says."""
    counted = exercise_standings_of(session, which, now, today)
    kept = _kept(session, ExerciseStanding.client_id.in_(select(Client.id).where(which)))
    return {given[0] for given in counted.keys() | kept.keys() if counted.get(given) != kept.get(given)}


def exercise_standings_of(
    session: Session, which: ColumnElement[bool], now: datetime, today: date
) -> dict[Given, Figures]:
    """Of the active clients this condition is true of: what was due in 14 days, the ratings of 8 weeks."""
    active = select(Client.id).where(which, Client.status == ClientStatus.ACTIVE)
    counted = counts_by_assignment(session, active, today - (RECENT_DAYS - 1) * A_DAY, today)
    given = select(Assignment.id, Assignment.client_id, Assignment.exercise_id)
    days: dict[Given, list[DayCounts]] = {}
    for assignment_id, client_id, exercise_id in session.execute(
        given.where(Assignment.client_id.in_(active))
    ):
        if assignment_id in counted:
            days.setdefault((client_id, exercise_id), []).append(counted[assignment_id])
    rated = _rated(session, active, now)
    return {
        key: (*_counts(DayCounts.total(days.get(key, ()))), *rated.get(key, (0, 0.0)))
        for key in days.keys() | rated.keys()
    }


def _counts(counts: DayCounts) -> tuple[int, ...]:
    times = sum(astuple(counts))
    return times, counts.done, counts.partial, counts.skipped, counts.unknown, counts.on_paper


def _rated(session: Session, active: Select[int], now: datetime) -> dict[Given, tuple[int, float]]:
    """How many ratings came in answer to a text about the exercise where it was done, and their sum."""
    each = (
        select(Rating.client_id, Assignment.exercise_id, Rating.id, Rating.score)
        .join(Question, Question.id == Rating.question_id)
        .join(Occurrence, Occurrence.reminder_id == Question.reminder_id)
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .where(
            Rating.client_id.in_(active),
            Assignment.client_id == Rating.client_id,
            Rating.at >= now - timedelta(weeks=WEEKS),
            Rating.at <= now,
            Rating.superseded_by_id.is_(None),
            Rating.recall == NOW,
            Rating.label.is_(None),
            Occurrence.status.in_(DID),
        )
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(each.c.client_id, each.c.exercise_id, func.count(), func.sum(each.c.score)).group_by(
            each.c.client_id, each.c.exercise_id
        )
    )
    return {
        (client_id, exercise_id): (count, round(float(total), 2))
        for client_id, exercise_id, count, total in rows
    }


def _kept(session: Session, which: ColumnElement[bool]) -> dict[Given, Figures]:
    columns = [getattr(ExerciseStanding, name) for name in COUNTED]
    rows = session.execute(
        select(ExerciseStanding.client_id, ExerciseStanding.exercise_id, *columns).where(which)
    )
    return {(client_id, exercise_id): tuple(figures) for client_id, exercise_id, *figures in rows}
