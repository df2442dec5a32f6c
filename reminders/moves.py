"""A client's clock was changed while their text was claimed or put off: the slot moves along."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Occurrence, OccurrenceStatus, ReminderKind
from care.recurrence import instant_of
from reminders.batch_rows import AnyClient, AnyReminder
from reminders.claiming import release
from reminders.planned_rows import wall_of

UNANSWERED = (OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN)


def moved_along(session: Session, reminder: AnyReminder, client: AnyClient | None, now: datetime) -> bool:
    """Whether its slot lies ahead on the client's clock of today. Then it waits for that moment.

    `care.withdrawal` takes back what lies ahead when a clock is changed, but not what is due already. If
    that has not gone out yet, it would be judged by hours of the old clock and lost.
    """
    if reminder.kind is not ReminderKind.EXERCISE or client is None:
        return False
    due_at = _due_at(reminder.dedupe_key, client.timezone)
    if due_at is None or due_at <= now or due_at == reminder.due_at:
        return False
    later = due_at - reminder.due_at
    rounds = session.scalars(
        select(Occurrence).where(Occurrence.reminder_id == reminder.id, Occurrence.status.in_(UNANSWERED))
    ).all()
    for one in rounds:
        one.due_at, one.closes_at = one.due_at + later, one.closes_at + later
        one.status = OccurrenceStatus.OPEN
    session.flush()
    reminder.due_at, reminder.expires_at = due_at, reminder.expires_at + later
    release([reminder], due_at, None)
    return True


@lru_cache(maxsize=512)
def _due_at(dedupe_key: str, zone_name: str) -> datetime | None:
    wall = wall_of(dedupe_key)
    return instant_of(wall.date(), wall.time(), ZoneInfo(zone_name)) if wall is not None else None
