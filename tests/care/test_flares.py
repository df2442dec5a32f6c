"""When a person should hear of pain, and when it is over again: rules over ratings alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.flares import Cause, flares_of
from care.pain import Course, Point
from care.thresholds import Thresholds
from tests.making import MONDAY_8AM

LIMITS = Thresholds()
EVERYTHING = Course(None, None)
A_DAY = timedelta(days=1)


def daily(*scores: float) -> list[Point]:
    return [(MONDAY_8AM + day * A_DAY, score) for day, score in enumerate(scores)]


def causes(*scores: float, limits: Thresholds = LIMITS) -> set[str]:
    """What holds after these daily ratings."""
    return {cause.value for cause in flares_of(daily(*scores), EVERYTHING, limits)}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((), set()),
        ((0,), set()),
        ((6.9,), set()),
        ((7,), {"high"}),
        ((9,), {"high", "urgent"}),
        ((10,), {"high", "urgent"}),
        ((3, 5.9), set()),
        ((3, 6), {"jump"}),
        ((4, 7), {"high", "jump"}),
        # Up on the mean of the days before, not on one rating that was low.
        ((5, 5, 5, 2, 5), set()),
        ((3, 5), set()),
        ((3, 5, 5), {"rise"}),
        ((3, 5, 4.9), set()),
        ((3, 4.9, 5), set()),
        ((3, 5, 4, 5), set()),
        ((0, 2, 2), {"rise"}),
    ],
)
def test_what_a_person_should_hear_of(scores: tuple[float, ...], expected: set[str]) -> None:
    assert causes(*scores) == expected


@pytest.mark.parametrize(
    ("scores", "since"),
    [
        ((7, 7), 0),
        ((7, 6), 0),
        ((7, 6, 7), 0),
        ((7, 5.9, 7), 2),
        ((8, 5, 6, 7), 3),
    ],
    ids=["lasts", "not far enough back", "up and down is one", "back below six", "settled, then anew"],
)
def test_high_pain_is_one_flare_up_until_it_came_back_far_enough(
    scores: tuple[float, ...], since: int
) -> None:
    points = daily(*scores)

    assert flares_of(points, EVERYTHING, LIMITS)[Cause.HIGH].since == points[since][0]


def test_a_rating_between_back_and_high_holds_without_reaching_the_threshold() -> None:
    flare = flares_of(daily(7, 6), EVERYTHING, LIMITS)[Cause.HIGH]

    assert not flare.is_met


@pytest.mark.parametrize(
    ("scores", "holds"),
    [((3, 5, 5, 4), True), ((3, 5, 5, 3.9), False), ((3, 5, 5, 3), False)],
)
def test_a_rise_is_over_when_the_pain_came_back_to_the_baseline_or_near(
    scores: tuple[float, ...], holds: bool
) -> None:
    assert (Cause.RISE in flares_of(daily(*scores), EVERYTHING, LIMITS)) is holds


def test_a_jump_is_over_when_the_pain_came_back_to_what_was_usual() -> None:
    limits = Thresholds(settled_below=5)

    assert "jump" in causes(3, 6, 4, limits=limits)
    assert "jump" not in causes(3, 6, 3, limits=limits)


def test_the_baseline_is_the_clients_own_and_its_days_are_no_rise() -> None:
    points = daily(2, 6, 6, 6, 6)
    assigned = Course(None, points[2][0])

    assert Cause.RISE not in flares_of(points, assigned, LIMITS)
    assert Cause.RISE in flares_of([*points, *[(points[-1][0] + A_DAY, 7.0)] * 2], assigned, LIMITS)


def test_the_share_of_the_baseline_is_off_until_it_is_switched_on() -> None:
    share = Thresholds(baseline_rise_percent=30)

    assert "rise" not in causes(3, 4.5, 4.5)
    assert "rise" in causes(3, 4.5, 4.5, limits=share)
    # A third of 2 is less than a point, and less than a point is no change.
    assert "rise" not in causes(2, 2.9, 2.9, limits=share)


def test_after_weeks_without_a_rating_nothing_holds_from_before() -> None:
    later = MONDAY_8AM + 20 * A_DAY
    points = [*daily(8), (later, 8.0)]

    assert flares_of(points, EVERYTHING, LIMITS)[Cause.HIGH].since == later
    assert Cause.JUMP not in flares_of([*daily(1), (later, 6.0)], EVERYTHING, LIMITS)


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 5.5, 6, 6.5, 7, 8, 9, 10]), min_size=1, max_size=40))
def test_nothing_begins_anew_before_the_pain_came_back(scores: list[float]) -> None:
    """Between two beginnings of high pain there is always a rating a point below the threshold."""
    points = daily(*scores)
    begins = {
        flares[Cause.HIGH].since
        for end in range(1, len(points) + 1)
        if Cause.HIGH in (flares := flares_of(points[:end], EVERYTHING, LIMITS))
    }

    for earlier, later in zip(sorted(begins), sorted(begins)[1:], strict=False):
        between = [score for at, score in points if earlier < at < later]
        assert any(score < LIMITS.high_pain - LIMITS.settled_below for score in between)
