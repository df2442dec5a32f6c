"""From a schedule on the client's wall clock to instants, right across clock changes. Pure rules, no rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from care.errors import Refused

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """When an exercise is due: clock times on chosen weekdays (0 is Monday), or every n days.

    `weekdays` and `every_days` exclude each other; neither means every day.
    """

    times: tuple[time, ...]
    starts_on: date
    ends_on: date | None = None
    weekdays: frozenset[int] | None = None
    every_days: int | None = None
    is_reminded: bool = True

    def check(self) -> None:
        """Raises Refused with a sentence for the form."""
        if not self.times:
            raise Refused("Choose at least one time of day.")
        if len(self.times) != len(set(self.times)):
            raise Refused("Each time of day can be chosen once.")
        if self.weekdays is not None and (not self.weekdays or not self.weekdays <= set(range(7))):
            raise Refused("Choose at least one day of the week.")
        if self.every_days is not None and not 1 <= self.every_days <= 31:
            raise Refused("Days between must be 1 to 31.")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise Refused("The last day must not be before the first.")

    def is_due_on(self, day: date) -> bool:
        """Whether the client does it on this day of theirs."""
        if day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return False
        if self.every_days is not None:
            return (day - self.starts_on).days % self.every_days == 0
        return self.weekdays is None or day.weekday() in self.weekdays


class Slot(NamedTuple):
    """One wall-clock time on one of the client's days, and the instant it is."""

    on: date
    at: time
    due_at: datetime


@lru_cache(maxsize=10_000)
def instant_of(on: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) this wall clock shows in that zone.

    A time the clocks skip becomes the first instant after the gap; one they repeat is the first of the two.
    Kept, since the clients and exercises of a practice share their days and hours.
    """
    local = datetime.combine(on, at.replace(fold=0), zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _end_of_gap(local.replace(fold=1).astimezone(UTC), instant, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The change of offset between two instants, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def slots_between(schedule: Schedule, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Slot]:
    """Every slot with since <= due < until, oldest first."""
    day = since.astimezone(zone).date() - A_DAY
    last = until.astimezone(zone).date() + A_DAY
    if schedule.ends_on is not None:
        last = min(last, schedule.ends_on)
    day = max(day, schedule.starts_on)
    while day <= last:
        if schedule.is_due_on(day):
            for at in sorted(schedule.times):
                due_at = instant_of(day, at, zone)
                if since <= due_at < until:
                    yield Slot(day, at, due_at)
        day += A_DAY


@lru_cache(maxsize=1_000)
def zone_of(zone_name: str) -> ZoneInfo:
    """For pages: Greenwich stands in for a zone nobody knows, so that one broken row does not take down
    the pages of all the others. Planning and sending park such a client instead.
    """
    try:
        return ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def today_in(zone_name: str, now: datetime) -> date:
    """The calendar day it is over there."""
    return now.astimezone(zone_of(zone_name)).date()
