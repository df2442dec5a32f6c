"""The two clocks of remote monitoring (US): days with data in each 30, and minutes in each calendar month.

Pure rules, counted as evidence only: nothing here says what may be billed. Sources: docs/measures.md.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from care.recurrence import A_DAY, today_in
from care.saying import counted
from care.thresholds import Thresholds

# The smaller counts (2 days, 10 minutes) exist from this day on: CY 2026 fee schedule final rule.
SMALLER_FROM = date(2026, 1, 1)
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Period:
    """One run of days from the start on, both ends inclusive, with the days on which something came in.

    `days_left` are days from today on that can still bring data; `needed` are missing to the full count.
    """

    starts_on: date
    ends_on: date
    days: tuple[date, ...]
    needed: int
    days_left: int
    band: str

    @property
    def can_be_reached(self) -> bool:
        return self.needed <= self.days_left


@dataclass(frozen=True)
class Spent:
    """One stretch of somebody's time, and whether the client was talked with in it."""

    starts_at: datetime
    ends_at: datetime
    is_live: bool


@dataclass(frozen=True)
class Month:
    """A calendar month on the practice's clock: minutes, talks, and how far it is to the next count."""

    starts_on: date
    ends_on: date
    minutes: int
    talks: int
    needed: int
    band: str


def periods_of(
    started_on: date, ended_on: date | None, today: date, days: Collection[date], limits: Thresholds
) -> list[Period]:
    """Oldest first, the last one holding today, or the day it ended. Empty before the start."""
    periods, start = [], started_on
    while start <= min(ended_on or today, today):
        last = start + (limits.rtm_period_days - 1) * A_DAY
        until = min(last, ended_on or last)
        here = tuple(sorted(day for day in set(days) if start <= day <= min(until, today)))
        ahead = max(0, (until - max(today, start)).days + 1)
        needed = max(0, limits.rtm_days_full - len(here))
        periods.append(
            Period(start, last, here, needed, ahead - (today in here), _days_band(start, len(here), limits))
        )
        start = last + A_DAY
    return periods


def _days_band(start: date, count: int, limits: Thresholds) -> str:
    if count >= limits.rtm_days_full:
        return f"{limits.rtm_days_full} days or more"
    if count >= limits.rtm_days_few and start >= SMALLER_FROM:
        return f"{limits.rtm_days_few} to {limits.rtm_days_full - 1} days"
    return ""


def needed_in_words(period: Period) -> str:
    """What a period still needs: "4 more days needed, 9 days left"."""
    if not period.needed:
        return "Full count reached"
    words = f"{counted(period.needed, 'more day')} needed, {counted(period.days_left, 'day')} left"
    return words if period.can_be_reached else f"{words}: the full count can no longer be reached"


def months_of(spent: Sequence[Spent], zone: str, since: date, until: date, limits: Thresholds) -> list[Month]:
    """Every calendar month from the one of `since` to the one of `until`, oldest first."""
    months, start = [], since.replace(day=1)
    while start <= until:
        last = start.replace(day=monthrange(start.year, start.month)[1])
        here = [one for one in spent if start <= today_in(zone, one.starts_at) <= last]
        minutes, talks = minutes_of(here), sum(one.is_live for one in here)
        months.append(
            Month(
                starts_on=start,
                ends_on=last,
                minutes=minutes,
                talks=talks,
                needed=_minutes_needed(start, minutes, limits),
                band=_minutes_band(start, minutes, talks, limits),
            )
        )
        start = last + A_DAY
    return months


def minutes_of(spent: Iterable[Spent]) -> int:
    """Whole minutes that passed. Where two people's times overlap, a minute counts once."""
    total, covered = timedelta(), None
    for one in sorted(spent, key=lambda one: one.starts_at):
        begin = one.starts_at if covered is None else max(one.starts_at, covered)
        if one.ends_at > begin:
            total += one.ends_at - begin
            covered = one.ends_at
    return total // A_MINUTE


def _minutes_needed(start: date, minutes: int, limits: Thresholds) -> int:
    """To the next count: the smaller one, the full one, then each further full one."""
    if minutes < limits.rtm_minutes_few and start >= SMALLER_FROM:
        return limits.rtm_minutes_few - minutes
    return limits.rtm_minutes_full - minutes % limits.rtm_minutes_full


def _minutes_band(start: date, minutes: int, talks: int, limits: Thresholds) -> str:
    """Empty without a talk in real time: minutes alone count for nothing."""
    if not talks:
        return ""
    times = minutes // limits.rtm_minutes_full
    if times:
        more = {1: "", 2: f", and {limits.rtm_minutes_full} more"}
        further = more.get(times, f", and {times - 1} times {limits.rtm_minutes_full} more")
        return f"{limits.rtm_minutes_full} minutes{further}"
    if minutes >= limits.rtm_minutes_few and start >= SMALLER_FROM:
        return f"{limits.rtm_minutes_few} to {limits.rtm_minutes_full - 1} minutes"
    return ""
