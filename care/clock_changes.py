"""When the clocks of a place are put forward or back. Pure rules, no rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from care.recurrence import A_DAY
from care.saying import counted


@dataclass(frozen=True)
class ClockChange:
    """The instant of the change, and by how much: an hour forward is +1:00."""

    at: datetime
    by: timedelta


def clock_changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[ClockChange]:
    """Every change in between, to the second, oldest first."""
    before = since.astimezone(UTC)
    while before < until:
        after = min(before + A_DAY, until.astimezone(UTC))
        by = _offset(zone, after) - _offset(zone, before)
        if by:
            yield ClockChange(_change_between(zone, before, after), by)
        before = after


def clock_change_in_words(change: ClockChange, zone: ZoneInfo) -> str:
    """ "clocks go forward one hour in New York; times stay as they are"."""
    direction = "forward" if change.by > timedelta(0) else "back"
    minutes = round(abs(change.by).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    length = "one hour" if minutes == 60 else counted(hours, "hour") if not rest else f"{minutes} minutes"
    return f"clocks go {direction} {length} in {place_of(zone.key)}; times stay as they are"


def place_of(zone_name: str) -> str:
    """The town a zone is named after: New York."""
    return zone_name.rsplit("/", 1)[-1].replace("_", " ")


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after
