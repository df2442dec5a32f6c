"""From a wall clock to instants: each slot once, at its time, in every zone and across every clock change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from care.errors import Refused
from care.recurrence import Schedule, instant_of, slots_between, today_in

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
SECOND = timedelta(seconds=1)


def naive(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return instant.astimezone(zone).replace(tzinfo=None)


def showings(on: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """Every instant at which the wall shows this, found by trying all offsets there are."""
    wall = datetime.combine(on, at)
    tried = (wall.replace(tzinfo=UTC) - timedelta(minutes=offset) for offset in range(-12 * 60, 14 * 60 + 1))
    return sorted(instant for instant in tried if naive(instant, zone) == wall)


@given(zone_name=st.sampled_from(ZONES), on=DAYS, at=TIMES)
@example("America/New_York", date(2026, 3, 8), time(2, 30))
@example("America/New_York", date(2026, 11, 1), time(1, 30))
@example("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15))
@example("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45))
@example("Africa/Cairo", date(2026, 4, 24), time(0, 0))
@example("Asia/Beirut", date(2026, 3, 29), time(0, 30))
@example("America/Havana", date(2026, 11, 1), time(0, 30))
@settings(max_examples=150)
def test_a_time_is_the_first_instant_that_shows_it_or_the_end_of_the_gap(
    zone_name: str, on: date, at: time
) -> None:
    zone = ZoneInfo(zone_name)
    instant = instant_of(on, at, zone)
    shown = showings(on, at, zone)

    if shown:
        assert instant == shown[0]
        return
    assert naive(instant, zone) > datetime.combine(on, at)
    assert naive(instant - SECOND, zone) < datetime.combine(on, at)


@pytest.mark.parametrize(
    ("zone", "on", "at", "expected"),
    [
        ("America/New_York", date(2026, 3, 8), time(2, 30), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("Europe/London", date(2026, 3, 29), time(1, 15), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Africa/Cairo", date(2026, 4, 24), time(0, 0), datetime(2026, 4, 23, 22, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2026, 6, 1), time(9), datetime(2026, 6, 1, 3, 15, tzinfo=UTC)),
    ],
)
def test_clock_changes_people_have_met(zone: str, on: date, at: time, expected: datetime) -> None:
    assert instant_of(on, at, ZoneInfo(zone)) == expected


SCHEDULES = st.builds(
    Schedule,
    times=st.sets(TIMES, min_size=1, max_size=4).map(lambda times: tuple(sorted(times))),
    starts_on=DAYS,
    weekdays=st.one_of(st.none(), st.frozensets(st.integers(0, 6), min_size=1)),
)


def test_an_hour_read_off_its_second_showing_means_the_first_all_the_same() -> None:
    fall_back, half_past_one = date(2026, 11, 1), time(1, 30)
    zone = ZoneInfo("America/New_York")

    shown_again = instant_of(fall_back, half_past_one.replace(fold=1), zone)

    assert (
        shown_again == instant_of(fall_back, half_past_one, zone) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    )


@given(zone_name=st.sampled_from(ZONES), schedule=SCHEDULES, lasts=st.integers(0, 20))
@settings(max_examples=60)
def test_each_slot_comes_exactly_once_and_in_order(zone_name: str, schedule: Schedule, lasts: int) -> None:
    zone = ZoneInfo(zone_name)
    ends_on = schedule.starts_on + timedelta(days=lasts)
    schedule = Schedule(schedule.times, schedule.starts_on, ends_on, schedule.weekdays)
    around = datetime.combine(schedule.starts_on, time(), UTC)

    slots = list(slots_between(schedule, zone, around - timedelta(days=3), around + timedelta(days=40)))

    days = [schedule.starts_on + timedelta(days=number) for number in range(lasts + 1)]
    wanted = [
        (day, at)
        for day in days
        for at in schedule.times
        if schedule.weekdays is None or day.weekday() in schedule.weekdays
    ]
    assert [(slot.on, slot.at) for slot in slots] == wanted
    assert [slot.due_at for slot in slots] == sorted(slot.due_at for slot in slots)
    assert all(naive(slot.due_at, zone) >= datetime.combine(slot.on, slot.at) for slot in slots)


@given(
    zone_name=st.sampled_from(ZONES),
    schedule=SCHEDULES,
    hours=st.lists(st.integers(0, 24 * 12), min_size=3, max_size=3).map(sorted),
    minutes=st.integers(0, 59),
)
@settings(max_examples=60)
def test_windows_that_touch_lose_nothing_and_repeat_nothing(
    zone_name: str, schedule: Schedule, hours: list[int], minutes: int
) -> None:
    zone = ZoneInfo(zone_name)
    start = datetime.combine(schedule.starts_on, time(0, minutes), UTC) - timedelta(days=2)
    a, b, c = (start + timedelta(hours=hour) for hour in hours)

    apart = [*slots_between(schedule, zone, a, b), *slots_between(schedule, zone, b, c)]

    assert apart == list(slots_between(schedule, zone, a, c))


def days_of(schedule: Schedule, since: date, count: int) -> list[date]:
    start = datetime.combine(since, time(), UTC)
    return [
        slot.on for slot in slots_between(schedule, ZoneInfo("UTC"), start, start + timedelta(days=count))
    ]


def test_a_leap_day_is_a_day_like_any_other() -> None:
    every_day = Schedule((time(9),), starts_on=date(2028, 2, 1))
    every_third = Schedule((time(9),), starts_on=date(2028, 2, 26), every_days=3)

    assert days_of(every_day, date(2028, 2, 28), 3) == [
        date(2028, 2, 28),
        date(2028, 2, 29),
        date(2028, 3, 1),
    ]
    assert days_of(every_third, date(2028, 2, 26), 8) == [
        date(2028, 2, 26),
        date(2028, 2, 29),
        date(2028, 3, 3),
    ]


def test_every_n_days_is_counted_from_the_first_whatever_window_is_asked() -> None:
    schedule = Schedule((time(9),), starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 12), every_days=4)

    assert days_of(schedule, date(2026, 3, 5), 30) == [date(2026, 3, 6), date(2026, 3, 10)]


def test_a_slot_at_the_edge_belongs_to_the_window_it_begins() -> None:
    schedule = Schedule((time(9),), starts_on=date(2026, 3, 2))
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)

    assert list(slots_between(schedule, ZoneInfo("UTC"), nine - SECOND, nine)) == []
    assert len(list(slots_between(schedule, ZoneInfo("UTC"), nine, nine + SECOND))) == 1


def test_today_is_the_clients_day() -> None:
    now = datetime(2026, 3, 2, 3, tzinfo=UTC)

    assert today_in("America/New_York", now) == date(2026, 3, 1)
    assert today_in("Pacific/Kiritimati", now) == date(2026, 3, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"times": ()},
        {"times": (time(9), time(9))},
        {"weekdays": frozenset()},
        {"weekdays": frozenset({7})},
        {"every_days": 0},
        {"every_days": 32},
        {"ends_on": date(2026, 3, 1)},
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    values: dict[str, object] = {"times": (time(9),), "starts_on": date(2026, 3, 2)}

    with pytest.raises(Refused):
        Schedule(**(values | changes)).check()
