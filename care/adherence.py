"""Adherence: of the doses that were due, how many the client says were done. Unknown is not missed.

Every figure counts occurrences (docs/measures.md; the 80 % cut-off is Bailey 2018, 86 studies):

    due          = done + partial + skipped + unknown
    reported     = (done + 0.5 partial) / (due - unknown)
    conservative = (done + 0.5 partial) / due
    response     = (due - unknown) / due

Not due: what is still open, what was cancelled (a pause, a changed plan), what had no answer because
the text never reached the client, and what stands on a sheet that nobody has entered. A slot exists
once, so a day never counts above 100 %.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from care.fixed import is_one_of
from care.models import Message, Occurrence, OccurrenceStatus, Reminder, ReminderStatus
from care.thresholds import Thresholds
from care.undelivered import never_arrived

Clients = Collection[int] | Select[Any]

NEVER_WENT_OUT = (ReminderStatus.FAILED, ReminderStatus.SKIPPED, ReminderStatus.CANCELLED)
NEAR = timedelta(days=4)
NOT_ENOUGH_REPLIES = "not enough replies"


@dataclass(frozen=True)
class DayCounts:
    """How the occurrences of some days stand. `open`, `undelivered` and `on_paper` are not due."""

    done: int = 0
    partial: int = 0
    skipped: int = 0
    unknown: int = 0
    open: int = 0
    undelivered: int = 0
    on_paper: int = 0

    @property
    def due(self) -> int:
        return self.done + self.partial + self.skipped + self.unknown

    @property
    def answered(self) -> int:
        return self.due - self.unknown

    @classmethod
    def total(cls, counts: Iterable["DayCounts"]) -> Self:
        """All of them together; of nothing, nothing was due."""
        listed = list(counts)
        return cls(**{field.name: sum(getattr(one, field.name) for one in listed) for field in fields(cls)})


@dataclass(frozen=True)
class Adherence(DayCounts):
    """The three figures, always to be shown with their counts. None where nothing can be said."""

    @property
    def reported(self) -> float | None:
        """Of what the client answered about, the share done. A partial counts half."""
        return _share(self.done + 0.5 * self.partial, self.answered)

    @property
    def conservative(self) -> float | None:
        """Of all that was due, the share we know to be done: another unknown never raises it."""
        return _share(self.done + 0.5 * self.partial, self.due)

    @property
    def response(self) -> float | None:
        """Of all that was due, the share the client answered about."""
        return _share(self.answered, self.due)

    def band(self, thresholds: Thresholds) -> str | None:
        """high, middle or low by `conservative`; "not enough replies" below the response it needs."""
        if self.conservative is None or self.response is None:
            return None
        if _percent(self.response) < thresholds.response_needed:
            return NOT_ENOUGH_REPLIES
        if _percent(self.conservative) >= thresholds.adherence_high:
            return "high"
        return "middle" if _percent(self.conservative) >= thresholds.adherence_middle else "low"


def counts_by_day(session: Session, client_id: int, since: date, until: date) -> dict[date, DayCounts]:
    """Each of the client's own days from `since` through `until` that has occurrences, in order."""
    found = _count(session, [client_id], since, until, Occurrence.slot_on)
    return {day: DayCounts(**found[day,]) for (day,) in sorted(found)}


def adherence_of(session: Session, client_id: int, since: date, until: date) -> Adherence:
    """Over the client's own days, both ends included."""
    return adherence_of_many(session, [client_id], since, until)[client_id]


def adherence_of_many(
    session: Session, client_ids: Collection[int], since: date, until: date
) -> dict[int, Adherence]:
    """The same for many clients in one query; a client with no occurrences has all counts 0."""
    found = _count(session, client_ids, since, until, Occurrence.client_id)
    return {client_id: Adherence(**found.get((client_id,), {})) for client_id in client_ids}


def counts_by_assignment(
    session: Session, clients: Clients, since: date, until: date
) -> dict[int, DayCounts]:
    """Assignment by assignment of many clients, by its id, in one query."""
    found = _count(session, clients, since, until, Occurrence.assignment_id)
    return {assignment_id: DayCounts(**counts) for (assignment_id,), counts in found.items()}


def counts_by_client_and_day(
    session: Session, clients: Clients, since: date, until: date
) -> dict[int, dict[date, DayCounts]]:
    """The days with occurrences of many clients, in order, in one query."""
    found = _count(session, clients, since, until, Occurrence.client_id, Occurrence.slot_on)
    by_client: dict[int, dict[date, DayCounts]] = {}
    for client_id, day in sorted(found):
        by_client.setdefault(client_id, {})[day] = DayCounts(**found[client_id, day])
    return by_client


def _count(
    session: Session, clients: Clients, since: date, until: date, *keys: InstrumentedAttribute[Any]
) -> dict[tuple[Any, ...], dict[str, int]]:
    """Counts under the names of DayCounts, grouped by these columns of the occurrence, in one query."""
    asked: dict[str, Any] = {"since": since, "until": until}
    if isinstance(clients, Select):
        wanted = _counted_by(keys).where(Occurrence.client_id.in_(clients))
    else:
        wanted = _counted_of_some(keys)
        asked |= {"clients": list(clients), "earliest": _near(since, -NEAR), "latest": _near(until, NEAR)}
    rows = session.execute(wanted, asked)
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    for name, count, *values in rows:
        found[tuple(values)][name] = count
    return found


@cache
def _counted_by(keys: tuple[InstrumentedAttribute[Any], ...]) -> Select[Any]:
    """Built once: that takes as long as asking of one client."""
    since, until = (bindparam(name, type_=Date) for name in ("since", "until"))
    counts: Select[Any] = (
        select(counted_as().label("counted_as"), func.count(), *keys)
        .select_from(Occurrence)
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Occurrence.slot_on.between(since, until), Occurrence.status != OccurrenceStatus.CANCELLED)
        .group_by(*keys, "counted_as")
    )
    return counts


@cache
def _counted_of_some(keys: tuple[InstrumentedAttribute[Any], ...]) -> Select[Any]:
    """What was due near these days leads to them by an index; all there ever was is not read."""
    clients = bindparam("clients", type_=Integer, expanding=True)
    earliest, latest = (bindparam(name, type_=Occurrence.due_at.type) for name in ("earliest", "latest"))
    return _counted_by(keys).where(
        Occurrence.client_id.in_(clients), Occurrence.due_at.between(earliest, latest)
    )


def _near(day: date, by: timedelta) -> datetime:
    """Further from it than any clock on earth, and a move to another, takes a slot from its day."""
    if not date.min + NEAR < day < date.max - NEAR:
        return datetime.combine(day, time(), UTC)
    return datetime.combine(day + by, time(), UTC)


def counted_as() -> ColumnElement[str]:
    """The name of the count an occurrence, joined with its reminder and that one's message, belongs to.

    Without an answer it is undelivered when a text was owed for it and never came to the phone:
    a broken number or an opt-out is a contact problem, not poor adherence. And it is on paper when the
    client had no phone to be asked on, until their sheet is entered: not known is not zero.
    """
    never_came = or_(is_one_of(Reminder.status, NEVER_WENT_OUT), never_arrived())
    unanswered = and_(Occurrence.status == OccurrenceStatus.UNKNOWN, never_came)
    on_paper = and_(
        Occurrence.status == OccurrenceStatus.UNKNOWN, Occurrence.is_on_paper, Occurrence.source.is_(None)
    )
    return case((unanswered, "undelivered"), (on_paper, "on_paper"), else_=cast(Occurrence.status, String))


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float) -> float:
    """In hundredths of a percent, so that 4 of 5 is 80 and not a hair less."""
    return round(share * 100, 2)
