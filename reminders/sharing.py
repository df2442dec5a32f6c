"""Who may send how much in the next batch: every practice gets its share, at the pace of its sender."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from care.models import Practice, Reminder, Sender, SenderKind
from care.wire import ANSWER_PRIORITY, ORDINARY_PRIORITY, SAFETY_PRIORITY, lane_of
from reminders.pacing import (
    AHEAD,
    FIRST_PAUSE,
    LONGEST_HOLD,
    ORDINARY_AHEAD,
    WORTHWHILE,
    Meter,
    Pace,
    longest_ahead,
    meter,
)
from reminders.timelines import Timeline

PRIORITIES = (SAFETY_PRIORITY, ANSWER_PRIORITY, ORDINARY_PRIORITY)
URGENT = (SAFETY_PRIORITY, ANSWER_PRIORITY)
# Of more practices than this, lots are drawn for each batch: none waits for another's thousands.
PRACTICES_AT_ONCE = 50
# More may be taken than fit, since some will not go out after all; what is over goes back.
AT_LEAST = 25
# Literal, because SQLite takes a partial index only where it can read the condition.
IS_PLANNED = and_(Reminder.status == literal_column("'planned'"))


@dataclass
class Share:
    """What one practice may take: so many reminders, or urgent ones alone.

    A sender in trouble sends one text to see whether the provider is back, and is `probing`.
    """

    practice: Practice
    sender: Sender | None
    meter: Meter
    most: int
    is_urgent_only: bool
    is_probing: bool
    taken: int = 0

    @property
    def priorities(self) -> tuple[int, ...]:
        return URGENT if self.is_urgent_only else PRIORITIES

    def has_room(self, priority: int) -> bool:
        """Whether one more text may go."""
        return self.meter.has_room(priority) and not (self.is_probing and self.taken)

    def take(self, segments: int) -> None:
        """Reserve it."""
        self.meter.take(segments)
        self.taken += 1


def share_out(session: Session, timeline: Timeline, pace: Pace, limit: int) -> list[Share]:
    """The practices with something due whose sender may send now, and the share of each in the batch."""
    waiting = _lock(session, _waiting(session, timeline, pace), pace, timeline.now)
    open_now = [share for one in waiting if (share := _share(*one, pace, timeline.now)) is not None]
    each = max(limit // max(len(open_now), 1), 1)
    for share in open_now:
        share.most = min(share.most, each)
    return open_now


def note_taken(session: Session, shares: Iterable[Share], now: datetime) -> None:
    """Write down what was reserved. Whoever probes has the next half minute to itself."""
    for share in shares:
        if share.sender is None or not share.taken:
            continue
        if share.meter.rate:
            share.sender.free_at = share.meter.free_at
        if share.is_probing:
            share.sender.held_until = now + FIRST_PAUSE
    session.flush()


def due_lanes(session: Session, timeline: Timeline, pace: Pace) -> set[int]:
    """The lanes in which something waits that may go now."""
    found = _waiting(session, timeline, pace)
    return {
        lane_of(practice.id)
        for practice, sender, is_urgent in found
        if _share(practice, sender, is_urgent, pace, timeline.now) is not None
    }


Waiting = tuple[Practice, Sender | None, bool]


def _waiting(session: Session, timeline: Timeline, pace: Pace) -> list[Waiting]:
    """Each practice with something due that may go, its sender, and whether any of it is urgent."""
    is_urgent = _has_due(timeline, URGENT)
    found = session.execute(
        select(Practice, Sender, is_urgent)
        .outerjoin(Sender, Sender.practice_id == Practice.id)
        .where(
            timeline.covers(Practice.id),
            or_(Sender.id.is_(None), _may_send(pace, is_urgent, timeline.now)),
            _has_due(timeline, PRIORITIES),
        )
        .order_by(is_urgent.desc(), func.random())
        .limit(PRACTICES_AT_ONCE)
        .execution_options(populate_existing=True)
    )
    return [(practice, sender, bool(urgent)) for practice, sender, urgent in found]


def _may_send(pace: Pace, is_urgent: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
    """Neither held nor ahead of its pace: what `_share` asks again, but before lots are drawn."""
    is_held = and_(Sender.held_until > now, Sender.held_until <= now + LONGEST_HOLD)
    has_room: list[ColumnElement[bool]] = [Sender.free_at.is_(None)]
    for kind, rate in ((SenderKind.NUMBER, pace.number), (SenderKind.SERVICE, pace.service)):
        room = or_(
            Sender.free_at <= now + ORDINARY_AHEAD - WORTHWHILE,
            and_(is_urgent, Sender.free_at < now + AHEAD),
            Sender.free_at > now + longest_ahead(rate),
        )
        has_room.append(and_(Sender.kind == kind, room) if rate else Sender.kind == kind)
    return and_(or_(Sender.held_until.is_(None), ~is_held), or_(*has_room))


def _has_due(timeline: Timeline, priorities: Iterable[int]) -> ColumnElement[bool]:
    """Three steps into the index a practice, however much waits."""
    due = select(Reminder.id).where(
        IS_PLANNED,
        Reminder.practice_id == Practice.id,
        Reminder.priority.in_(priorities),
        Reminder.send_at <= timeline.now,
    )
    if timeline.lanes is not None:
        due = due.where(Reminder.lane.in_(timeline.lanes))
    return due.correlate(Practice).exists()


def _lock(session: Session, waiting: Sequence[Waiting], pace: Pace, now: datetime) -> list[Waiting]:
    """Of the senders that count what they send, those nobody else is counting at this moment; the others'
    turn is the next tick. SQLite has one writer.
    """
    counted = [sender.id for _, sender, _ in waiting if sender and (pace.of(sender) or sender.troubles)]
    if not counted or session.get_bind().dialect.name == "sqlite":
        return list(waiting)
    fresh = select(Sender).where(Sender.id.in_(counted)).execution_options(populate_existing=True)
    locked = {one.id for one in session.scalars(fresh.with_for_update(key_share=True, skip_locked=True))}
    return [
        one
        for one in waiting
        if one[1] is None or one[1].id not in counted or (one[1].id in locked and not _is_held(one[1], now))
    ]


def _is_held(sender: Sender, now: datetime) -> bool:
    return sender.held_until is not None and now < sender.held_until <= now + LONGEST_HOLD


def _share(
    practice: Practice, sender: Sender | None, is_urgent: bool, pace: Pace, now: datetime
) -> Share | None:
    """None when its sender has sent enough for the moment."""
    bucket = meter(sender, pace, now)
    if not bucket.is_worthwhile and not (is_urgent and bucket.has_room(ANSWER_PRIORITY)):
        return None
    is_probing = sender is not None and sender.troubles > 0
    return Share(practice, sender, bucket, bucket.room + AT_LEAST, not bucket.is_worthwhile, is_probing)
