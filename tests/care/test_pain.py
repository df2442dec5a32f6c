"""Pain over a course of care: the baseline that stays, the change, and what it means."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from care.models import Client, Episode
from care.pain import Course, Outcome, PainFigures, Point, figures_of, outcome_of, pain_figures
from care.thresholds import Thresholds
from tests.care.measuring import on_day, rate
from tests.making import MONDAY, NEW_YORK, make_assignment, make_client, make_exercise, make_practice

DEFAULTS = Thresholds()
scores = st.integers(0, 10).map(float)


def points(*days_and_scores: tuple[int, float]) -> list[Point]:
    return [(on_day(day), score) for day, score in days_and_scores]


def figures(*days_and_scores: tuple[int, float], first_day: int | None = 0, now: int = 30) -> PainFigures:
    course = Course(None, None if first_day is None else on_day(first_day))
    return figures_of(points(*days_and_scores), course, NEW_YORK, on_day(now), DEFAULTS)


def test_the_worked_example_of_the_documentation() -> None:
    pain = figures((-5, 8), (-1, 7), (3, 6), (10, 5), (24, 3))

    assert (pain.baseline, pain.baseline_count, pain.is_first_rating) == (7.5, 2, False)
    assert (pain.latest, pain.change, pain.percent) == (3, -4.5, -60)
    assert (pain.worst, pain.best, pain.mean, pain.count) == (8, 3, 5.8, 5)
    assert (pain.first_at, pain.latest_at) == (on_day(-5), on_day(24))
    assert pain.is_mcid_reached is True
    assert pain.outcome is Outcome.MUCH_BETTER


def test_the_baseline_takes_the_seven_days_up_to_the_first_assignment() -> None:
    pain = figures((-8, 10), (-7, 8), (0, 6), (1, 2))

    assert pain.baseline == 7
    assert pain.baseline_count == 2


def test_without_ratings_before_the_first_assignment_the_first_rating_is_the_baseline() -> None:
    pain = figures((2, 6), (9, 4))

    assert (pain.baseline, pain.is_first_rating, pain.change) == (6, True, -2)


def test_later_ratings_never_move_the_baseline() -> None:
    early = figures((-1, 7), (3, 6))
    late = figures((-1, 7), (3, 6), (8, 1), (12, 9))

    assert early.baseline == late.baseline == 7


def test_no_rating_gives_no_figure() -> None:
    pain = figures()

    assert pain == PainFigures()
    assert pain.percent is None
    assert pain.is_mcid_reached is None


def test_a_single_rating_is_no_change() -> None:
    pain = figures((2, 6))

    assert (pain.latest, pain.change, pain.outcome, pain.is_mcid_reached) == (6, None, None, None)


def test_ratings_that_all_make_the_baseline_are_no_change_either() -> None:
    assert figures((-3, 8), (-1, 6)).change is None


def test_a_latest_rating_of_zero_is_the_best_there_is() -> None:
    pain = figures((-1, 4), (5, 0))

    assert (pain.latest, pain.best, pain.change, pain.percent) == (0, 0, -4, -100)
    assert pain.outcome is Outcome.MUCH_BETTER


def test_a_baseline_of_zero_has_no_percentage() -> None:
    pain = figures((-1, 0), (5, 3))

    assert (pain.baseline, pain.change, pain.percent) == (0, 3, None)
    assert pain.outcome is Outcome.WORSE


@pytest.mark.parametrize(
    ("baseline", "latest", "outcome"),
    [
        (8, 4, Outcome.MUCH_BETTER),
        (8, 5, Outcome.BETTER),
        (8, 6, Outcome.BETTER),
        (8, 6.1, Outcome.NO_CLEAR_CHANGE),
        (3, 2, Outcome.BETTER),
        (4, 3, Outcome.NO_CLEAR_CHANGE),
        (1.5, 1, Outcome.NO_CLEAR_CHANGE),
        (2, 1, Outcome.BETTER),
        (4, 2, Outcome.MUCH_BETTER),
        (5, 5, Outcome.NO_CLEAR_CHANGE),
        (5, 6.5, Outcome.NO_CLEAR_CHANGE),
        (5, 7, Outcome.WORSE),
    ],
)
def test_the_classes_of_change(baseline: float, latest: float, outcome: Outcome) -> None:
    assert outcome_of(baseline, latest - baseline, DEFAULTS) is outcome


def test_a_mean_that_drops_exactly_thirty_percent_counts() -> None:
    assert outcome_of(10 / 3, -1.0, DEFAULTS) is Outcome.BETTER


def test_a_practice_may_ask_for_more_before_it_says_better() -> None:
    assert outcome_of(8, -2, Thresholds(mcid_points=3, mcid_percent=40)) is Outcome.NO_CLEAR_CHANGE


@given(baseline=scores, latest=scores)
def test_better_only_ever_means_less_pain(baseline: float, latest: float) -> None:
    outcome = outcome_of(baseline, latest - baseline, DEFAULTS)

    if outcome in (Outcome.BETTER, Outcome.MUCH_BETTER):
        assert latest < baseline
    if outcome is Outcome.WORSE:
        assert latest > baseline


def test_a_weekly_mean_needs_ratings_on_four_of_seven_days() -> None:
    three_days = figures((24, 6), (25, 5), (25, 3), (26, 4), now=30)
    four_days = figures((24, 6), (25, 5), (26, 4), (30, 1), now=30)

    assert (three_days.week_mean, three_days.week_days) == (None, 3)
    assert (four_days.week_mean, four_days.week_days) == (4, 4)


def test_an_evening_west_of_utc_belongs_to_the_clients_own_day() -> None:
    # 9pm and 1am in New York: one day there and the next, though one day in UTC.
    at = [datetime(2026, 3, 10, 1, tzinfo=UTC), datetime(2026, 3, 10, 5, tzinfo=UTC)]

    pain = figures_of([(one, 4.0) for one in at], Course(None, None), NEW_YORK, on_day(9), DEFAULTS)

    assert pain.week_days == 2


def test_a_course_begins_with_the_newest_episode(session: Session) -> None:
    practice = make_practice(session)
    client = make_client(session, practice)
    _episode(session, client, MONDAY - timedelta(days=90), ended_on=MONDAY - timedelta(days=30))
    _episode(session, client, MONDAY)
    exercise = make_exercise(session, practice)
    make_assignment(session, client, exercise, created_at=on_day(-60))
    make_assignment(session, client, exercise, created_at=on_day(1))
    for day, score in ((-61, 2), (0, 8), (1, 6), (9, 5)):
        rate(session, client, score, day=day)

    pain = pain_figures(session, client, on_day(10))

    assert (pain.baseline, pain.count, pain.change) == (7, 3, -2)


def test_ratings_of_one_place_or_of_another_time_stay_out(session: Session) -> None:
    client = make_client(session, make_practice(session))
    rate(session, client, 4, day=0)
    rate(session, client, 9, day=1, label="knee")
    rate(session, client, 9, day=2, recall="worst_24h")

    pain = pain_figures(session, client, on_day(3))

    assert (pain.count, pain.worst) == (1, 4)


def test_what_lies_ahead_of_now_is_not_counted(session: Session) -> None:
    client = make_client(session, make_practice(session))
    rate(session, client, 4, day=0)
    rate(session, client, 9, day=5)

    assert pain_figures(session, client, on_day(1)).latest == 4


def _episode(session: Session, client: Client, started_on: date, ended_on: date | None = None) -> None:
    session.add(
        Episode(
            practice_id=client.practice_id,
            client_id=client.id,
            complaint="right hip",
            condition_category="sports_injury",
            started_on=started_on,
            discharged_on=ended_on,
        )
    )
    session.flush()


def test_a_slope_is_the_least_squares_line_in_points_a_week() -> None:
    pain = figures((-5, 8), (-1, 7), (3, 6), (10, 5), (24, 3))

    assert pain.slope == pytest.approx(-86.8 / 518.8 * 7)


@pytest.mark.parametrize("days", [((0, 5), (9, 3)), ((0, 5), (2, 4), (5, 3))])
def test_too_few_or_too_near_ratings_have_no_slope(days: tuple[tuple[int, float], ...]) -> None:
    assert figures(*days).slope is None


@pytest.mark.parametrize(
    ("baseline", "change", "outcome"),
    [
        (4, -1, Outcome.BETTER),
        (4.9, -0.9, Outcome.NO_CLEAR_CHANGE),
        (5, -1.5, Outcome.NO_CLEAR_CHANGE),
        (7.9, -2, Outcome.BETTER),
        (8, -2.9, Outcome.NO_CLEAR_CHANGE),
        (8, -3, Outcome.BETTER),
        (8, -4, Outcome.MUCH_BETTER),
    ],
)
def test_by_choice_the_change_that_matters_depends_on_where_pain_began(
    baseline: float, change: float, outcome: Outcome
) -> None:
    assert outcome_of(baseline, change, Thresholds(mcid_by_baseline=1)) is outcome
