"""The times a client's exercises were due, read once for all that is counted from them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import BindParameter, Date, Integer, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from care.adherence import Adherence, counted_as
from care.models import Message, Occurrence, OccurrenceStatus, Question, Reminder
from care.recurrence import today_in

CLIENT: BindParameter[int] = bindparam("client", type_=Integer)
SINCE, RECENT, UNTIL = (
    bindparam(name, type_=Occurrence.due_at.type) for name in ("since", "recent", "until")
)
FIRST_DAY, LAST_DAY = (bindparam(name, type_=Date) for name in ("first_day", "last_day"))
# What is not counted as its own status is unknown (`care.adherence.counted_as`).
STATUSES = {str(status): status for status in OccurrenceStatus}


class TimeDue(NamedTuple):
    """One occurrence, what it is counted as (`care.adherence.DayCounts`), and the question its text asked.

    `is_between` when it was due between the instants asked for, both included, and `is_recent` when later
    than the other one; the rest only shares their days.
    """

    assignment_id: int
    slot_on: date
    is_between: bool
    is_recent: bool
    counted_as: str
    question_id: int | None

    @property
    def status(self) -> OccurrenceStatus:
        return STATUSES.get(self.counted_as, OccurrenceStatus.UNKNOWN)


def times_due(
    session: Session,
    client_id: int,
    zone: str,
    since: datetime | None,
    until: datetime,
    recent_since: datetime | None = None,
) -> list[TimeDue]:
    """What was due between these instants (None: from ever), or on the client's days they fall on, in order.
    Also what is recent, where that is asked.

    What was cancelled is left out. A course of care has thousands, so no more is read of each than counts:
    when it was due is compared where it lies.
    """
    asked = {"client": client_id, "until": until, "last_day": today_in(zone, until)}
    asked["recent"] = recent_since or until
    if since is not None:
        began = min(since, recent_since or since)
        asked |= {"since": since, "began": began, "first_day": today_in(zone, began)}
    rows = session.execute(_wanted(has_beginning=since is not None), asked)
    return [TimeDue._make(row) for row in rows]


@cache
def _wanted(*, has_beginning: bool) -> Select[int, date, bool, bool, str, int]:
    """Built once, which takes longer than a client's year takes to be asked for."""
    due_at, is_past = Occurrence.due_at, Occurrence.due_at <= UNTIL
    is_between = and_(due_at >= SINCE, is_past) if has_beginning else is_past
    is_recent = and_(due_at > RECENT, is_past)
    wanted = (
        select(
            *(Occurrence.assignment_id, Occurrence.slot_on, is_between, is_recent),
            *(counted_as(), Question.id),
        )
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .outerjoin(Question, Question.reminder_id == Occurrence.reminder_id)
        .where(Occurrence.client_id == CLIENT, Occurrence.status != OccurrenceStatus.CANCELLED)
        .where(or_(is_past, Occurrence.slot_on <= LAST_DAY))
        .order_by(due_at, Occurrence.id)
    )
    if has_beginning:
        began = bindparam("began", type_=due_at.type)
        wanted = wanted.where(or_(due_at >= began, Occurrence.slot_on >= FIRST_DAY))
    return wanted


def adherence_among(times: Iterable[TimeDue], since: date, until: date) -> dict[int, Adherence]:
    """Assignment by assignment, by its id, over the client's own days, both ends included; those without
    occurrences in these days are left out.
    """
    counts = Counter((one.assignment_id, one.counted_as) for one in times if since <= one.slot_on <= until)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for (assignment_id, name), count in counts.items():
        found[assignment_id][name] = count
    return {assignment_id: Adherence(**counts) for assignment_id, counts in found.items()}
