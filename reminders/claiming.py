"""Taking due reminders for ourselves, a batch in one statement, committed before any network."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from care.models import Reminder, ReminderKind, ReminderStatus, Sender
from reminders.timelines import Timeline

TOGETHER = timedelta(minutes=15)
MERGED_KINDS = frozenset({ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION})


def claim(session: Session, timeline: Timeline, limit: int) -> list[Reminder]:
    """Up to `limit` due reminders, and with them what joins their text; all are `sending` now.

    The claim must be committed before the provider is called. A crash in between leaves the rows
    `sending`, which sweeping finds.
    """
    due = _due(timeline).order_by(Reminder.priority, Reminder.send_at, Reminder.id).limit(limit)
    claimed = _take(session, due, timeline.now)
    mergeable = {one.client_id for one in claimed if one.kind in MERGED_KINDS}
    if not mergeable:
        return claimed
    companions = select(Reminder.id).where(
        Reminder.status == ReminderStatus.PLANNED,
        Reminder.client_id.in_(mergeable),
        Reminder.kind.in_(MERGED_KINDS),
        Reminder.send_at <= timeline.now + TOGETHER,
    )
    return claimed + _take(session, companions, timeline.now)


def due_lanes(session: Session, timeline: Timeline) -> set[int]:
    """The lanes in which something waits that `claim` would take."""
    lanes = _due(timeline).with_only_columns(Reminder.lane).distinct()
    return set(session.scalars(lanes))


def _due(timeline: Timeline) -> Select[int]:
    held = select(Sender.practice_id).where(Sender.held_until > timeline.now)
    return select(Reminder.id).where(
        Reminder.status == ReminderStatus.PLANNED,
        Reminder.send_at <= timeline.now,
        timeline.sends(),
        Reminder.practice_id.not_in(held),
    )


def _take(session: Session, wanted: Select[int], now: datetime) -> list[Reminder]:
    claim = (
        update(Reminder)
        .where(_is_one_of(session, wanted), Reminder.status == ReminderStatus.PLANNED)
        .values(status=ReminderStatus.SENDING, claimed_at=now, attempts=Reminder.attempts + 1)
        .returning(Reminder)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(session.scalars(claim), key=lambda one: (one.priority, one.send_at, one.id))


def _is_one_of(session: Session, wanted: Select[int]) -> ColumnElement[bool]:
    """PostgreSQL must lock each row once and skip what another worker holds; SQLite has one writer."""
    if session.get_bind().dialect.name == "sqlite":
        return Reminder.id.in_(wanted)
    locked = wanted.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
    return Reminder.id.in_(select(locked.c.id))


def release(session: Session, reminders: Sequence[Reminder], send_at: datetime, reason: str | None) -> None:
    """Give claimed reminders back, to be tried from `send_at` on. Surely unsent ones only."""
    for reminder in reminders:
        reminder.status = ReminderStatus.PLANNED
        reminder.send_at = max(send_at, reminder.due_at)
        reminder.reason = reason
        reminder.claimed_at = None
        reminder.message_id = None
