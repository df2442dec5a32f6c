"""Where and when the clocks change, and what is said of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.clock_changes import clock_change_in_words, clock_changes

HOUR = timedelta(hours=1)
SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "since", "at", "words"),
    [
        (
            "America/New_York",
            SPRING,
            datetime(2026, 3, 8, 7, tzinfo=UTC),
            "clocks go forward one hour in New York; times stay as they are",
        ),
        (
            "Europe/Berlin",
            datetime(2026, 10, 5, tzinfo=UTC),
            datetime(2026, 10, 25, 1, tzinfo=UTC),
            "clocks go back one hour in Berlin; times stay as they are",
        ),
        (
            "Australia/Lord_Howe",
            datetime(2026, 3, 20, tzinfo=UTC),
            datetime(2026, 4, 4, 15, tzinfo=UTC),
            "clocks go back 30 minutes in Lord Howe; times stay as they are",
        ),
    ],
)
def test_a_change_is_found_to_the_second_and_told(
    zone: str, since: datetime, at: datetime, words: str
) -> None:
    [change] = clock_changes(ZoneInfo(zone), since, since + timedelta(days=30))

    assert change.at == at
    assert clock_change_in_words(change, ZoneInfo(zone)) == words


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Phoenix", "Etc/UTC"])
def test_where_clocks_never_change_nothing_is_said(zone: str) -> None:
    assert list(clock_changes(ZoneInfo(zone), SPRING, SPRING + timedelta(days=366))) == []


@given(
    st.sampled_from(
        ["America/New_York", "Europe/Dublin", "Africa/Casablanca", "Asia/Beirut", "America/Santiago"]
    ),
    st.integers(0, 11 * 365),
)
def test_the_offset_differs_on_both_sides_of_a_change(name: str, day: int) -> None:
    zone = ZoneInfo(name)
    since = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)
    until = since + timedelta(days=30)

    changes = list(clock_changes(zone, since, until))

    for change in changes:
        after = change.at.astimezone(zone).utcoffset()
        before = (change.at - timedelta(seconds=1)).astimezone(zone).utcoffset()
        assert after is not None
        assert before is not None
        assert after - before == change.by
    total = sum((change.by for change in changes), timedelta(0))
    assert since.astimezone(zone).utcoffset() + total == until.astimezone(zone).utcoffset()
