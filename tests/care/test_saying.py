"""Days, times and numbers, as everybody reads them."""

from datetime import UTC, date, datetime, time

import pytest

from care.saying import counted, day_in_words, local_day, moment_in_words, number_in_words, time_in_words


def test_a_day_is_said_with_its_weekday() -> None:
    assert day_in_words(date(2026, 11, 26)) == "Thu 26 Nov"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(18), "6:00pm"),
        (time(9, 5), "9:05am"),
        (time(12), "12:00pm"),
        (time(0, 30), "12:30am"),
    ],
)
def test_a_time_is_said_on_twelve_hours(at: time, words: str) -> None:
    assert time_in_words(at) == words


def test_a_moment_is_said_on_the_clock_of_the_zone() -> None:
    at = datetime(2026, 11, 27, 2, tzinfo=UTC)

    assert moment_in_words(at, "America/New_York") == "Thu 26 Nov 9:00pm"
    assert moment_in_words(at, "Europe/Madrid") == "Fri 27 Nov 3:00am"


def test_a_moment_in_another_year_names_it() -> None:
    at = datetime(2028, 2, 29, 15, tzinfo=UTC)

    assert moment_in_words(at, "America/New_York", at.replace(year=2026, day=1)) == "Tue 29 Feb 2028 10:00am"
    assert moment_in_words(at, "America/New_York", at.replace(month=1)) == "Tue 29 Feb 10:00am"
    new_years_night = datetime(2028, 1, 1, 3, tzinfo=UTC)
    assert moment_in_words(new_years_night, "America/New_York", new_years_night) == "Fri 31 Dec 10:00pm"


def test_the_day_of_an_instant_is_the_day_over_there() -> None:
    at = datetime(2026, 11, 27, 2, tzinfo=UTC)

    assert local_day(at, "America/New_York") == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0"), (-0.01, "0"), (3.0, "3"), (6.5, "6.5"), (10.0, "10"), (4.333, "4.3")]
)
def test_a_number_has_at_most_one_decimal_and_no_idle_zero(value: float, words: str) -> None:
    assert number_in_words(value) == words


def test_one_is_not_many() -> None:
    assert [counted(count, "rating") for count in (0, 1, 2)] == ["0 ratings", "1 rating", "2 ratings"]
    assert counted(2, "reply", "replies") == "2 replies"
