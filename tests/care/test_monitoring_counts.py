"""The two clocks of remote monitoring as pure rules: what must hold for any days and any minutes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.monitoring_counts import Spent, minutes_of, months_of, periods_of
from care.thresholds import Thresholds

NEW_YORK = "America/New_York"
MONDAY = date(2026, 3, 2)
LIMITS = Thresholds()
A_DAY = timedelta(days=1)


def days(*after: int) -> set[date]:
    return {MONDAY + timedelta(days=n) for n in after}


def spent(hour: int, minute: int, lasting: int, *, is_live: bool = False) -> Spent:
    """On Tuesday 3 March, UTC."""
    start = datetime(2026, 3, 3, hour, minute, tzinfo=UTC)
    return Spent(start, start + timedelta(minutes=lasting), is_live)


def test_the_worked_example_of_days() -> None:
    """docs/measures.md: from 2 March, seen on 22 March, with data on 12 days."""
    sent = days(0, 1, 3, 4, 6, 8, 9, 11, 13, 15, 17, 20)

    [period] = periods_of(MONDAY, None, date(2026, 3, 22), sent, LIMITS)

    assert (period.starts_on, period.ends_on) == (MONDAY, date(2026, 3, 31))
    assert len(period.days) == 12
    assert period.needed == 4
    assert period.days_left == 9
    assert period.can_be_reached
    assert period.band == "2 to 15 days"


def test_the_worked_example_of_minutes() -> None:
    """docs/measures.md: 9 and 15 minutes that overlap by 4 are 20, and each further 20 counts anew."""
    texts, call = spent(14, 0, 9), spent(14, 5, 15, is_live=True)

    [month] = months_of([texts, call], NEW_YORK, MONDAY, date(2026, 3, 22), LIMITS)

    assert (month.starts_on, month.ends_on) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (month.minutes, month.talks, month.needed) == (20, 1, 20)
    assert month.band == "20 minutes"


@pytest.mark.parametrize(
    ("minutes", "is_live", "band", "needed"),
    [
        (0, True, "", 10),
        (9, True, "", 1),
        (10, True, "10 to 19 minutes", 10),
        (19, True, "10 to 19 minutes", 1),
        (20, True, "20 minutes", 20),
        (45, True, "20 minutes, and 20 more", 15),
        (60, True, "20 minutes, and 2 times 20 more", 20),
        (45, False, "", 15),
    ],
)
def test_what_a_month_comes_to(minutes: int, is_live: bool, band: str, needed: int) -> None:
    counted = [spent(10, 0, minutes, is_live=is_live)] if minutes else [spent(10, 0, 0, is_live=is_live)]

    [month] = months_of(counted, NEW_YORK, MONDAY, MONDAY, LIMITS)

    assert (month.band, month.needed) == (band, needed)


def test_before_2026_there_are_no_smaller_counts() -> None:
    start = date(2025, 12, 1)
    sent = {start + n * A_DAY for n in range(10)}
    call = Spent(datetime(2025, 12, 2, 15, tzinfo=UTC), datetime(2025, 12, 2, 15, 12, tzinfo=UTC), True)

    first, second = periods_of(
        start, None, date(2026, 1, 2), sent | {date(2025, 12, 31), date(2026, 1, 1)}, LIMITS
    )
    december, january = months_of([call], NEW_YORK, start, date(2026, 1, 2), LIMITS)

    assert (len(first.days), first.band, second.band) == (10, "", "")
    assert (december.band, december.needed) == ("", 8)
    assert january.needed == 10


def test_what_comes_in_after_the_end_or_lies_ahead_does_not_count() -> None:
    ended = MONDAY + timedelta(days=5)

    [period] = periods_of(MONDAY, ended, MONDAY + timedelta(days=20), days(1, 5, 6, 40), LIMITS)

    assert period.days == (MONDAY + A_DAY, ended)
    assert period.days_left == 0
    assert not period.can_be_reached


def test_an_hour_in_the_night_the_clocks_change_is_an_hour() -> None:
    """From 1:30 to 3:30 on the clock of that night only one hour passes."""
    zone = ZoneInfo(NEW_YORK)
    start = datetime(2026, 3, 8, 1, 30, tzinfo=zone)
    finish = datetime(2026, 3, 8, 3, 30, tzinfo=zone)

    assert minutes_of([Spent(start.astimezone(UTC), finish.astimezone(UTC), False)]) == 60


days_sent = st.sets(st.integers(-10, 140).map(lambda n: MONDAY + timedelta(days=n)), max_size=60)


@settings(max_examples=60)
@given(sent=days_sent, seen_after=st.integers(0, 120), ended_after=st.none() | st.integers(0, 120))
def test_every_day_lies_in_one_period_and_none_is_counted_twice(
    sent: set[date], seen_after: int, ended_after: int | None
) -> None:
    today = MONDAY + timedelta(days=seen_after)
    ended = None if ended_after is None else MONDAY + timedelta(days=ended_after)

    periods = periods_of(MONDAY, ended, today, sent, LIMITS)

    assert all(earlier.ends_on + A_DAY == later.starts_on for earlier, later in pairwise(periods))
    assert all((one.ends_on - one.starts_on).days == 29 for one in periods)
    found = [day for one in periods for day in one.days]
    assert found == sorted(day for day in sent if MONDAY <= day <= min(today, ended or today))
    for one in periods:
        assert one.needed == max(0, 16 - len(one.days))
        assert 0 <= one.days_left <= 30


@settings(max_examples=60)
@given(sent=days_sent, more=st.integers(0, 89), seen_after=st.integers(0, 120))
def test_another_day_with_data_never_takes_anything_away(sent: set[date], more: int, seen_after: int) -> None:
    today = MONDAY + timedelta(days=seen_after)
    before = periods_of(MONDAY, None, today, sent, LIMITS)

    after = periods_of(MONDAY, None, today, sent | days(more), LIMITS)

    assert all(new.needed <= old.needed for old, new in zip(before, after, strict=True))


stretches = st.lists(
    st.builds(
        lambda start, lasting, is_live: Spent(
            datetime(2026, 2, 20, tzinfo=UTC) + timedelta(minutes=start),
            datetime(2026, 2, 20, tzinfo=UTC) + timedelta(minutes=start + lasting),
            is_live,
        ),
        st.integers(0, 60 * 24 * 60),
        st.integers(1, 240),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(all_of=stretches)
def test_a_minute_counts_once_in_one_month_whatever_overlaps(all_of: list[Spent]) -> None:
    """Months end on the practice's own clock, also where the clocks change in one (8 March)."""
    since, until = date(2026, 2, 1), date(2026, 5, 1)

    months = months_of(all_of, NEW_YORK, since, until, LIMITS)

    minutes = {
        n
        for one in all_of
        for n in range(int(one.starts_at.timestamp()) // 60, int(one.ends_at.timestamp()) // 60)
    }
    assert minutes_of(all_of) == len(minutes)
    assert sum(month.talks for month in months) == sum(one.is_live for one in all_of)
    assert sum(month.minutes for month in months) >= len(minutes)
    assert [month.starts_on.day for month in months] == [1] * len(months)
    for month in months:
        assert 1 <= month.needed <= 20
        assert not month.band or month.talks
