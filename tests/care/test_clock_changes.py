"""Every clock change of every zone from 2024 to 2035, against a walk through the minutes around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from care.recurrence import Schedule, instant_of, slots_between

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Less than the time between any two changes of one zone (Morocco's are a month apart).
STRIDE = timedelta(days=7)
AROUND = 10


@dataclass(frozen=True)
class Change:
    """From `at` on the wall shows `after` where it showed `before`, both as offsets from UTC."""

    at: datetime
    before: timedelta
    after: timedelta


def offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    """By looking at the wall, the only thing this module asks of a zone."""
    return instant.astimezone(zone).replace(tzinfo=UTC) - instant


def changes_of(zone: ZoneInfo) -> Iterator[Change]:
    """Found by striding through the years and closing in on each difference, to the minute."""
    here, offset = FIRST, offset_at(FIRST, zone)
    while here < LAST:
        there = here + STRIDE
        if offset_at(there, zone) != offset:
            low, high = here, there
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                low, high = (middle, high) if offset_at(middle, zone) == offset else (low, middle)
            following = offset_at(high, zone)
            yield Change(high, offset, following)
            offset, there = following, high
        here = there


@pytest.fixture(scope="module")
def distinct() -> dict[tuple[timedelta, tuple[Change, ...]], str]:
    """One name for each way of keeping time; the others are aliases of it in these years."""
    found: dict[tuple[timedelta, tuple[Change, ...]], str] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        found.setdefault((offset_at(FIRST, zone), tuple(changes_of(zone))), name)
    return found


Distinct = dict[tuple[timedelta, tuple[Change, ...]], str]


def walls_around(change: Change, zone: ZoneInfo) -> dict[datetime, datetime]:
    """The first minute (UTC) at which the wall shows each time, from the clocks themselves."""
    minutes = abs(change.after - change.before) // MINUTE + AROUND
    shown: dict[datetime, datetime] = {}
    for minute in range(-minutes, minutes):
        instant = change.at + minute * MINUTE
        shown.setdefault(instant.astimezone(zone).replace(tzinfo=None), instant)
    return shown


def test_every_minute_around_every_clock_change_is_the_first_that_shows_it(distinct: Distinct) -> None:
    gaps = folds = minutes = 0
    for (_, changes), name in distinct.items():
        zone = ZoneInfo(name)
        for change in changes:
            shown = walls_around(change, zone)
            wall, last = min(shown), max(shown)
            gaps += change.after > change.before
            folds += change.after < change.before
            while wall <= last:
                # What no minute shows was skipped: then it is the first valid minute after the gap.
                wanted = shown.get(wall, change.at)
                assert instant_of(wall.date(), wall.time(), zone) == wanted, (name, wall)
                wall += MINUTE
                minutes += 1

    assert len(ZONES) > 590
    assert len(distinct) > 60
    assert gaps > 350
    assert folds > 350
    assert minutes > 90_000


TIMES = tuple(time(hour, minute) for hour in (0, 1, 2, 3, 9, 22, 23) for minute in (0, 30))
SHAPES: tuple[tuple[dict[str, object], int], ...] = (({}, 1), ({"every_days": 2}, 2), ({"every_days": 3}, 3))


def test_around_every_clock_change_each_slot_comes_once_in_order_on_its_day(distinct: Distinct) -> None:
    slots_seen = 0
    for (_, changes), name in distinct.items():
        zone = ZoneInfo(name)
        for change in changes:
            wall_day = change.at.astimezone(zone).date()
            starts_on, ends_on = wall_day - 2 * DAY, wall_day + 2 * DAY
            for shape, every in SHAPES:
                schedule = Schedule(TIMES, starts_on, ends_on, **shape)
                slots = list(slots_between(schedule, zone, change.at - 9 * DAY, change.at + 9 * DAY))
                slots_seen += len(slots)

                days = [starts_on + day * DAY for day in range(0, 5, every)]
                assert [(one.on, one.at) for one in slots] == [(day, at) for day in days for at in TIMES]
                instants = [one.due_at for one in slots]
                assert instants == sorted(instants)
                for one in slots:
                    wall = one.due_at.astimezone(zone).replace(tzinfo=None)
                    planned = datetime.combine(one.on, one.at)
                    skipped = max(change.after - change.before, timedelta(0))
                    assert planned <= wall <= planned + skipped, (name, one)
    assert slots_seen > 100_000


def test_days_asked_one_by_one_add_up_around_every_clock_change(distinct: Distinct) -> None:
    for (_, changes), name in distinct.items():
        zone = ZoneInfo(name)
        for change in changes:
            schedule = Schedule(TIMES, change.at.date() - 3 * DAY, weekdays=frozenset({0, 2, 5, 6}))
            edges = [change.at + hours * timedelta(hours=1) for hours in (-25, -1, 0, 1, 26)]
            whole = list(slots_between(schedule, zone, edges[0], edges[-1]))
            parts = [
                slot
                for since, until in pairwise(edges)
                for slot in slots_between(schedule, zone, since, until)
            ]
            assert parts == whole


@pytest.mark.parametrize("name", ["Pacific/Kiritimati", "Pacific/Niue", "Pacific/Chatham", "Asia/Kathmandu"])
def test_the_last_day_is_the_clients_wherever_the_date_line_runs(name: str) -> None:
    zone, day = ZoneInfo(name), date(2028, 2, 29)
    schedule = Schedule((time(0), time(23, 59)), day, day, every_days=1)

    slots = list(slots_between(schedule, zone, FIRST, LAST))

    assert [(one.on, one.due_at.astimezone(zone).replace(tzinfo=None)) for one in slots] == [
        (day, datetime(2028, 2, 29)),  # noqa: DTZ001 (a wall clock)
        (day, datetime(2028, 2, 29, 23, 59)),  # noqa: DTZ001 (a wall clock)
    ]


@pytest.mark.parametrize("year", [2024, 2028, 2032])
def test_every_day_of_a_leap_february_comes_once(year: int) -> None:
    schedule = Schedule((time(9),), date(year, 2, 27), date(year, 3, 2))
    slots = slots_between(schedule, ZoneInfo("America/New_York"), FIRST, LAST)

    assert [one.on.day for one in slots] == [27, 28, 29, 1, 2]
