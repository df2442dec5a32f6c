"""By when a person should have looked: the end of a day on the practice's clock."""

from datetime import datetime, timedelta

from care.models import AttentionKind, Practice
from care.pain import start_of
from care.recurrence import A_DAY, today_in
from care.thresholds import thresholds_of

LAST_MINUTE = timedelta(minutes=1)
# What is for today, whatever the practice gives itself for the rest.
SAME_DAY = frozenset({AttentionKind.RED_FLAG, AttentionKind.CALL_TASK, AttentionKind.SIGNAL})


def deadline_of(kind: AttentionKind, practice: Practice, now: datetime) -> datetime:
    """By when a person should have looked at something of this kind that came up now."""
    days = 0 if kind in SAME_DAY else thresholds_of(practice.thresholds).due_days
    return end_of_day(practice, now, days)


def end_of_day(practice: Practice, now: datetime, days: int = 0) -> datetime:
    """The last minute of today there, or of a day so many days from now."""
    day = today_in(practice.timezone, now) + days * A_DAY
    return start_of(day + A_DAY, practice.timezone) - LAST_MINUTE


def sooner(present: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two deadlines; one that is not set is no deadline."""
    return min((at for at in (present, other) if at is not None), default=None)
