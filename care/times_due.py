"""The times a client's exercises were due, read once for all that is counted from them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from care.adherence import Adherence, counted_as
from care.models import Assignment, Exercise, Message, Occurrence, OccurrenceStatus, Question, Reminder
from care.recurrence import today_in


class TimeDue(NamedTuple):
    """One occurrence, what it is counted as (`care.adherence.DayCounts`), and the question its text asked."""

    assignment_id: int
    exercise_id: int
    exercise_name: str
    slot_on: date
    due_at: datetime
    status: OccurrenceStatus
    counted_as: str
    question_id: int | None


def times_due(
    session: Session, client_id: int, zone: str, since: datetime | None, until: datetime
) -> list[TimeDue]:
    """What was due between these instants (None: from ever), or on the client's days they fall on, in order.

    What was cancelled is left out.
    """
    wanted = (
        select(
            Occurrence.assignment_id,
            Assignment.exercise_id,
            Exercise.name,
            Occurrence.slot_on,
            Occurrence.due_at,
            Occurrence.status,
            counted_as(),
            Question.id,
        )
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .join(Exercise, Exercise.id == Assignment.exercise_id)
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .outerjoin(Question, Question.reminder_id == Occurrence.reminder_id)
        .where(Occurrence.client_id == client_id, Occurrence.status != OccurrenceStatus.CANCELLED)
        .where(or_(Occurrence.due_at <= until, Occurrence.slot_on <= today_in(zone, until)))
        .order_by(Occurrence.due_at, Occurrence.id)
    )
    if since is not None:
        wanted = wanted.where(or_(Occurrence.due_at >= since, Occurrence.slot_on >= today_in(zone, since)))
    return [TimeDue(*row) for row in session.execute(wanted)]


def due_between(times: Iterable[TimeDue], since: datetime | None, until: datetime) -> list[TimeDue]:
    """Those due between these instants, both included (None: from ever)."""
    return [one for one in times if (since or one.due_at) <= one.due_at <= until]


def adherence_among(times: Iterable[TimeDue], since: date, until: date) -> dict[int, Adherence]:
    """Assignment by assignment, by its id, over the client's own days, both ends included; those without
    occurrences in these days are left out.
    """
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for one in times:
        if since <= one.slot_on <= until:
            found[one.assignment_id][one.counted_as] += 1
    return {assignment_id: Adherence(**counts) for assignment_id, counts in found.items()}
