"""How texts flow: what waits, what went, what failed, how late. Only looks, and cheaply.

Counts of the past reach back a day or a week and go by the message's own index (practice, time), so
they cost what that time held and not what the installation ever sent.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    extract,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from care.models import Client, Direction, Message, Practice, Reminder, ReminderKind, ReminderStatus, Sender
from care.wire import ABSENT, ANSWER_PRIORITY, ORDINARY_PRIORITY, SAFETY_PRIORITY
from reminders.pacing import LONGEST_HOLD
from reminders.timelines import Timeline

PRACTICES: BindParameter[int] = bindparam("practices", type_=Integer, expanding=True)
PRACTICE: BindParameter[int] = bindparam("practice", type_=Integer)
OTHERS: BindParameter[int] = bindparam("others", type_=Integer, expanding=True)
SINCE, RECENT, NOW = (bindparam(name, type_=Message.at.type) for name in ("since", "recent", "now"))
PRIORITIES = (SAFETY_PRIORITY, ANSWER_PRIORITY, ORDINARY_PRIORITY)
# Seconds between when a text was due and when the provider had it.
LATENESS_STEPS = (2, 10, 60, 300, 900, 3600, 14_400, 43_200)
ARRIVED = frozenset({"delivered", "read", "partially_delivered"})
# Ours, until the provider has said anything.
NOT_TAKEN_YET = frozenset({"prepared", "unsure"})


@dataclass(frozen=True)
class Queue:
    """What is due now, and what becomes due within the hour."""

    due: int
    next_hour: int


@dataclass(frozen=True)
class TextCount:
    """So many texts of a time ended, or stand, like this."""

    direction: Direction
    status: str
    error_code: int | None
    count: int


@dataclass(frozen=True)
class Lateness:
    """`within[i]` texts went at most LATENESS_STEPS[i] seconds late, `total` in all."""

    within: tuple[int, ...]
    total: int
    seconds: float
    longest: float

    def __add__(self, other: "Lateness") -> "Lateness":
        within = tuple(one + more for one, more in zip(self.within, other.within, strict=True))
        total, seconds = self.total + other.total, self.seconds + other.seconds
        return Lateness(within, total, seconds, max(self.longest, other.longest))


ON_TIME = Lateness((0,) * len(LATENESS_STEPS), 0, 0.0, 0.0)


def queue(session: Session, timeline: Timeline) -> Queue:
    asked = _practices_of(timeline) | {"now": timeline.now, "until": timeline.now + timedelta(hours=1)}
    now_due, within_the_hour = session.execute(_queue(_is_of_one(timeline)), asked).one()
    return Queue(now_due, within_the_hour - now_due)


@cache
def _queue(of_one: bool) -> Select[int, int]:
    """Built once, as all here that every look asks: that takes longer than asking."""
    due = func.count(case((Reminder.send_at <= NOW, Reminder.id)))
    return select(due, func.count()).where(*_waiting(), _of_practices(of_one))


def oldest_overdue(session: Session, timeline: Timeline) -> datetime | None:
    """Since when a text should have gone out that has not. One the provider put off counts from its due
    time: for the client it is as late as any other.
    """
    asked = _practices_of(timeline) | {"now": timeline.now, "until": timeline.now + LONGEST_HOLD}
    return session.scalar(_oldest_overdue(_is_of_one(timeline)), asked)


@cache
def _oldest_overdue(of_one: bool) -> Select[datetime]:
    was_put_off = Reminder.reason == "provider_busy"
    since: ColumnElement[datetime] = case((was_put_off, Reminder.due_at), else_=Reminder.send_at)
    return select(func.min(since)).where(
        *_waiting(),
        or_(Reminder.send_at <= NOW, and_(was_put_off, Reminder.due_at <= NOW)),
        _of_practices(of_one),
    )


def any_sent_since(session: Session, timeline: Timeline, since: datetime) -> bool:
    """Whether a text was handed over since then, or tried: a long queue that moves is not a stuck one."""
    moving = exists().where(
        Message.practice_id == Practice.id, Message.at > since, Message.direction == Direction.OUT
    )
    found = select(Practice.id).where(timeline.covers(Practice.id), moving).limit(1)
    return session.scalar(found) is not None


def held_until(session: Session, timeline: Timeline) -> datetime | None:
    """Until when the provider made a sender wait, if one waits now."""
    held = select(func.max(Sender.held_until)).where(
        Sender.held_until > timeline.now, timeline.covers(Sender.practice_id)
    )
    return session.scalar(held)


def count_in_doubt(session: Session) -> int:
    """Both statuses are asked for because the index holds them both; what is counted is in no index, else
    SQLite would read a whole one rather than the few rows of this.
    """
    unsure = func.count(case((Reminder.status == ReminderStatus.UNSURE, Reminder.due_at)))
    return session.scalar(select(unsure).where(_is_in_doubt())) or 0


def list_in_doubt(session: Session, practice_id: int, limit: int) -> list[tuple[Reminder, Client | None]]:
    """The practice's texts whose fate is unknown, and their clients, the oldest first."""
    rows = session.execute(_in_doubt(), {"practice": practice_id, "limit": limit})
    return [(reminder, client) for reminder, client in rows]


@cache
def _in_doubt() -> Select[Reminder, Client]:
    return (
        select(Reminder, Client)
        .outerjoin(Client, Client.id == Reminder.client_id)
        .where(_is_in_doubt(), _practice() == PRACTICE)
        .where(Reminder.status == ReminderStatus.UNSURE)
        .order_by(Reminder.claimed_at)
        .limit(bindparam("limit", type_=Integer))
    )


def texts_since(session: Session, timeline: Timeline, since: datetime) -> list[TextCount]:
    """Every text in and out since then, counted by what became of it. What never went out is none."""
    return texts_of_both(session, timeline, since, since)[1]


def texts_of_both(
    session: Session, timeline: Timeline, since: datetime, recent: datetime
) -> tuple[list[TextCount], list[TextCount]]:
    """All since then, and those of them after `recent`, in one statement."""
    rows = session.execute(_texts(), _asked(session, timeline, since, recent)).all()
    return (
        [TextCount(*row[:-1]) for row in rows],
        [TextCount(*row[:-2], row[-1]) for row in rows if row[-1]],
    )


@cache
def _texts() -> Select[Direction, str, int | None, int, int]:
    what = (Message.direction, Message.status, Message.error_code)
    after = func.count(case((Message.at > RECENT, 1)))
    return select(*what, func.count(), after).where(*_messages(), Message.status != ABSENT).group_by(*what)


def lateness(session: Session, timeline: Timeline, since: datetime) -> dict[ReminderKind, Lateness]:
    """How many went since then, and how late, by kind. Rules count too: one that waited for the window
    to open is late.
    """
    found = _lateness_after(session, timeline, since, since)
    return {kind: _clamped(late) for (kind, _), late in found.items()}


def lateness_of_both(
    session: Session, timeline: Timeline, since: datetime, recent: datetime
) -> tuple[Lateness, Lateness]:
    """Of all kinds together since then, and of those after `recent`, in one statement."""
    found = _lateness_after(session, timeline, since, recent)
    after = [late for (_, is_recent), late in found.items() if is_recent]
    return _clamped(sum(found.values(), ON_TIME)), _clamped(sum(after, ON_TIME))


def _lateness_after(
    session: Session, timeline: Timeline, since: datetime, recent: datetime
) -> dict[tuple[ReminderKind, bool], Lateness]:
    """Counted by the step each text falls into, so that the database works out once how late it was."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    rows = session.execute(_late(is_sqlite), _asked(session, timeline, since, recent))
    found: dict[tuple[ReminderKind, bool], Lateness] = {}
    for kind, after, reached, total, seconds, longest in rows:
        within = tuple(total if place >= reached else 0 for place in range(len(LATENESS_STEPS)))
        late_here = Lateness(within, total, float(seconds), float(longest))
        found[kind, bool(after)] = found.get((kind, bool(after)), ON_TIME) + late_here
    return found


@cache
def _late(is_sqlite: bool) -> Select[Any]:
    """That a reminder's text went out, and none came in, need not be asked of the message: of those its
    index of practice and time is all that is read.
    """
    late = _seconds_late(is_sqlite)
    is_recent = (Message.at > RECENT).label("is_recent")
    cases = [(late <= seconds, place) for place, seconds in enumerate(LATENESS_STEPS)]
    step = case(*cases, else_=len(LATENESS_STEPS)).label("step")
    wanted: Select[Any] = (
        select(Reminder.kind, is_recent, step, func.count(), func.sum(late), func.max(late))
        .select_from(Message)
        .join(Reminder, Reminder.message_id == Message.id)
        .where(*_messages(), Reminder.status == ReminderStatus.SENT)
        .group_by(Reminder.kind, literal_column("is_recent"), literal_column("step"))
    )
    return wanted


def _clamped(late: Lateness) -> Lateness:
    """Some go a little early, with others due at about the same time: on the whole that is not late."""
    return replace(late, seconds=max(0.0, late.seconds))


def _waiting() -> tuple[ColumnElement[bool], ...]:
    """Naming every priority lets the index of what is due lead straight to those rows."""
    return (
        Reminder.status == ReminderStatus.PLANNED,
        Reminder.priority.in_(PRIORITIES),
        Reminder.send_at <= bindparam("until", type_=Message.at.type),
    )


def _of_practices(of_one: bool) -> ColumnElement[bool]:
    """Named one by one, which is how the index of what is due begins."""
    is_covered = Practice.id == PRACTICE if of_one else Practice.id.not_in(OTHERS)
    return Reminder.practice_id.in_(select(Practice.id).where(is_covered))


def _is_of_one(timeline: Timeline) -> bool:
    return timeline.practice_id is not None


def _practices_of(timeline: Timeline) -> dict[str, Any]:
    return {"practice": timeline.practice_id, "others": list(timeline.others)}


def _practice() -> ColumnElement[int]:
    """The sum keeps SQLite off the practice's index, which leads through all reminders there ever were;
    the partial indexes hold only the few that wait or are in doubt.
    """
    return Reminder.practice_id + 0


def _is_in_doubt() -> ColumnElement[bool]:
    """Written out, since SQLite takes a partial index only for a list it can read beforehand."""
    kind = Reminder.status.type
    return Reminder.status.in_(
        [literal(one, kind, literal_execute=True) for one in (ReminderStatus.SENDING, ReminderStatus.UNSURE)]
    )


def _messages() -> tuple[ColumnElement[bool], ...]:
    """The practices by their ids, so that the index of practice and time is used on both databases."""
    return Message.practice_id.in_(PRACTICES), Message.at > SINCE, Message.at <= NOW


def _asked(session: Session, timeline: Timeline, since: datetime, recent: datetime) -> dict[str, Any]:
    practices = (
        [timeline.practice_id]
        if timeline.practice_id is not None
        else session.scalars(select(Practice.id).where(timeline.covers(Practice.id))).all()
    )
    return {"practices": list(practices), "since": since, "recent": recent, "now": timeline.now}


def _seconds_late(is_sqlite: bool) -> ColumnElement[Any]:
    """Of a sent reminder; the two databases subtract instants each in their own way."""
    if is_sqlite:
        sent, due = (func.julianday(at, type_=Float) for at in (Reminder.sent_at, Reminder.due_at))
        return (sent - due) * 86_400.0
    return extract("epoch", Reminder.sent_at - Reminder.due_at)
