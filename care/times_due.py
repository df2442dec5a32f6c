"""The times a client's exercises were due, read once for all that is counted from them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Date, Integer, Select, and_, bindparam, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from care.adherence import Adherence, counted_as
from care.models import Assignment, Message, Occurrence, OccurrenceStatus, Question, Reminder
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
    whole_since: datetime | None = None,
    days: Collection[date] = (),
) -> list[TimeDue]:
    """What was due between these instants (None: from ever), or on the client's days they fall on, in order.
    Also what is recent, where that is asked.

    With `whole_since`, of what was due before that only these `days`, without what the client left out, since
    pain is compared as if that had not been due (`care.contrasts`), and the first and last of each exercise
    between the two instants. What was cancelled is left out. A course of care has thousands, so no more is
    read of each than counts: when it was due is compared where it lies.
    """
    asked: dict[str, Any] = {"client": client_id, "until": until, "last_day": today_in(zone, until)}
    asked["recent"] = recent_since or until
    began = whole_since or (since and min(since, asked["recent"]))
    if since is not None:
        asked["since"] = since
    if began is not None:
        asked |= {"began": began, "first_day": today_in(zone, began)}
    if whole_since is not None:
        asked["days"] = list(days)
    wanted = _wanted(
        has_beginning=since is not None, is_part=began is not None, has_days=whole_since is not None
    )
    # Of hundreds, so past the mapper: nothing mapped is asked for.
    return list(map(TimeDue._make, session.connection().execute(wanted, asked).all()))


@cache
def _wanted(*, has_beginning: bool, is_part: bool, has_days: bool) -> Select[int, date, bool, bool, str, int]:
    """Built once, which takes longer than a client's year takes to be asked for."""
    due_at, slot_on, is_past = Occurrence.due_at, Occurrence.slot_on, Occurrence.due_at <= UNTIL
    is_between = and_(due_at >= SINCE, is_past) if has_beginning else is_past
    is_recent = and_(due_at > RECENT, is_past)
    wanted = (
        select(Occurrence.assignment_id, slot_on, is_between, is_recent, counted_as(), Question.id)
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .outerjoin(Question, Question.reminder_id == Occurrence.reminder_id)
        .where(Occurrence.client_id == CLIENT, Occurrence.status != OccurrenceStatus.CANCELLED)
        .where(or_(is_past, slot_on <= LAST_DAY))
        .order_by(due_at, Occurrence.id)
    )
    parts = []
    if is_part:
        parts = [due_at >= bindparam("began", type_=due_at.type), slot_on >= FIRST_DAY]
    if has_days:
        ends = union_all(*(_ends(is_first, has_beginning) for is_first in (True, False)))
        is_one = slot_on.in_(bindparam("days", type_=Date, expanding=True))
        parts += [and_(is_one, Occurrence.status != OccurrenceStatus.SKIPPED), slot_on.in_(ends)]
    return wanted.where(or_(*parts)) if parts else wanted


def _ends(is_first: bool, has_beginning: bool) -> Select[date | None]:
    """The first or last day of each assignment between the instants, found where its days lie in order."""
    one = aliased(Occurrence)
    its_days = select(one.slot_on).where(
        one.assignment_id == Assignment.id, one.status != OccurrenceStatus.CANCELLED, one.due_at <= UNTIL
    )
    if has_beginning:
        its_days = its_days.where(one.due_at >= SINCE)
    end = its_days.order_by(one.slot_on if is_first else one.slot_on.desc()).limit(1)
    return select(end.scalar_subquery()).select_from(Assignment).where(Assignment.client_id == CLIENT)


def adherence_among(times: Iterable[TimeDue], since: date, until: date) -> dict[int, Adherence]:
    """Assignment by assignment, by its id, over the client's own days, both ends included; those without
    occurrences in these days are left out.
    """
    counts = Counter(
        (assignment_id, counted_as)
        for assignment_id, slot_on, _between, _recent, counted_as, _question_id in times
        if since <= slot_on <= until
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for (assignment_id, name), count in counts.items():
        found[assignment_id][name] = count
    return {assignment_id: Adherence(**counts) for assignment_id, counts in found.items()}
