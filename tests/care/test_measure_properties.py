"""What must hold of every measure, whatever the numbers: 0 is a value, missing is absent, error counts."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from care.adherence import DayCounts, counts_by_day
from care.brief import brief_for
from care.comparing import change_of_score, meaning_of_score, size_of_activities, size_of_range
from care.instruments import ACTIVITY_MEAN_ERROR, MEASURES
from care.models import Assignment, Client, OccurrenceStatus, Practice
from care.outcome import outcome_of
from care.pain import Course, Point, figures_of
from care.recurrence import instant_of, today_in, zone_of
from care.thresholds import Thresholds
from tests.care.measuring import make_occurrence, rate
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice

LIMITS = Thresholds()
DAY = timedelta(days=1)
# 1 March to 15 April: New York's clocks go forward on 8 March, Berlin's on 29 March, Phoenix's never.
START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 45 * 24
ZONES = ("America/New_York", "Europe/Berlin", "America/Phoenix", "Pacific/Auckland")
STATUSES = (
    OccurrenceStatus.DONE,
    OccurrenceStatus.PARTIAL,
    OccurrenceStatus.SKIPPED,
    OccurrenceStatus.UNKNOWN,
)

scores = st.integers(0, 10).map(float)
points = st.dictionaries(st.integers(0, HOURS), scores, max_size=12).map(
    lambda found: [(START + timedelta(hours=hour), score) for hour, score in sorted(found.items())]
)
few = settings(max_examples=30)
kept = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def figures(rated: list[Point], zone: str = "America/New_York", now_after: int = HOURS):
    return figures_of(rated, Course(None, None), zone, START + timedelta(hours=now_after), LIMITS)


@few
@given(points)
def test_a_rating_of_zero_counts_like_any_other(rated: list[Point]) -> None:
    before = figures(rated)

    after = figures([*rated, (START + timedelta(hours=HOURS + 1), 0.0)], now_after=HOURS + 2)

    assert (after.latest, after.best, after.count) == (0, 0, before.count + 1)
    assert after.mean is not None
    assert before.mean is None or after.mean <= before.mean
    assert after.baseline == (before.baseline if rated else 0)


@few
@given(points, st.sampled_from(ZONES), st.integers(0, HOURS))
def test_a_weekly_mean_is_of_the_clients_own_last_seven_days(
    rated: list[Point], zone: str, hour: int
) -> None:
    now = START + timedelta(hours=hour)
    known = [one for one in rated if one[0] <= now]

    found = figures(known, zone, hour)

    today = today_in(zone, now)
    recent = [(today_in(zone, at), score) for at, score in known if today_in(zone, at) > today - 7 * DAY]
    days = {day for day, _score in recent}
    assert found.week_days == len(days)
    assert (found.week_mean is None) is (len(days) < LIMITS.mean_days_needed)
    if found.week_mean is not None:
        assert found.week_mean == pytest.approx(sum(score for _day, score in recent) / len(recent))


@few
@given(points)
def test_no_figure_of_pain_is_made_up(rated: list[Point]) -> None:
    found = figures(rated)

    if not rated:
        assert (found.baseline, found.latest, found.mean, found.change, found.percent) == (None,) * 5
        return
    assert found.best <= found.mean + 1e-9 <= found.worst + 2e-9
    assert (found.change is None) is (len(rated) < 2)
    assert (found.percent is None) is (found.change is None or found.baseline == 0)
    assert found.slope is None or (len(rated) >= 3 and rated[-1][0] - rated[0][0] >= 7 * DAY)


@few
@given(st.floats(-180, 180, allow_nan=False))
def test_a_difference_of_range_below_measurement_error_is_none(degrees: float) -> None:
    words = size_of_range(degrees, LIMITS)

    assert words == size_of_range(-degrees, LIMITS)
    assert (words == "no clear difference") is (abs(degrees) < LIMITS.rom_possible_from)
    assert (words == "likely real") is (abs(degrees) >= LIMITS.rom_real_from)


@few
@given(st.floats(-10, 10, allow_nan=False))
def test_a_change_of_activities_within_error_has_no_size(change: float) -> None:
    words = size_of_activities(change)

    assert words.startswith("within measurement error") is (abs(change) < ACTIVITY_MEAN_ERROR)
    assert ("better" in words) is (change >= ACTIVITY_MEAN_ERROR)


@few
@given(st.sampled_from(sorted(MEASURES)), st.data())
def test_a_change_of_score_within_error_never_matters_and_better_goes_one_way(code: str, data) -> None:
    measure = MEASURES[code]
    maximum = data.draw(st.sampled_from(measure.maxima))
    first, last = data.draw(st.integers(0, maximum)), data.draw(st.integers(0, maximum))

    change = change_of_score(measure, maximum, first, last)
    words = meaning_of_score(measure, maximum, change)

    assert (change.is_better is None) is (first == last)
    if first != last:
        assert change.is_better is ((last > first) is measure.is_high_better)
    if change.is_beyond_error is False:
        assert words == "same" or "within measurement error" in words
        assert "MCID" not in words


@few
@given(st.integers(0, 50), st.integers(0, 50))
def test_the_same_change_means_the_same_on_either_scale_of_a_measure(first: int, last: int) -> None:
    ndi = MEASURES["ndi"]

    small, large = change_of_score(ndi, 50, first, last), change_of_score(ndi, 100, 2 * first, 2 * last)

    assert (small.is_better, small.is_beyond_error, small.is_important) == (
        large.is_better,
        large.is_beyond_error,
        large.is_important,
    )


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice, created_at=START - DAY)


@pytest.fixture
def assignment(session: Session, client: Client, practice: Practice) -> Assignment:
    return make_assignment(session, client, make_exercise(session, practice))


@kept
@given(rated=points, zone=st.sampled_from(ZONES), hour=st.integers(1, HOURS))
def test_the_brief_and_the_outcome_say_the_same_of_the_same_ratings(
    session, client, rated, zone, hour
) -> None:
    now = START + timedelta(hours=hour)
    with session.begin_nested() as undone:
        client.timezone = zone
        for at, score in rated:
            rate(session, client, score, at=at)
        brief, outcome = brief_for(session, client, now), outcome_of(session, client, now)
        undone.rollback()

    known = [score for at, score in rated if at <= now]
    assert brief.pain.count == outcome.pain.count == len(known)
    assert (brief.pain.baseline, brief.pain.latest) == (outcome.pain.baseline, outcome.pain.latest)
    assert brief.pain.latest == (known[-1] if known else None)
    assert brief.pain.change == outcome.pain.change
    assert ("No ratings yet." in brief.gaps) is (not known)


@kept
@given(
    turns=st.dictionaries(st.integers(0, 44), st.sampled_from(STATUSES), max_size=10),
    unknown=st.integers(0, 44),
    zone=st.sampled_from(ZONES),
)
def test_weeks_add_up_to_the_whole_and_an_unknown_raises_none(
    session, assignment, turns, unknown, zone
) -> None:
    """45 days of the client's own, over a change of clocks."""
    assume(unknown not in turns)
    client = session.get_one(Client, assignment.client_id)
    with session.begin_nested() as undone:
        client.timezone = zone

        def occur(day: int, status: OccurrenceStatus) -> None:
            on = MONDAY + day * DAY
            make_occurrence(session, assignment, status, on, due_at=instant_of(on, time(9), zone_of(zone)))

        for day, status in turns.items():
            occur(day, status)
        now = START + timedelta(days=60)
        before = outcome_of(session, client, now)
        occur(unknown, OccurrenceStatus.UNKNOWN)
        after = outcome_of(session, client, now)
        days = counts_by_day(session, client.id, MONDAY, MONDAY + 44 * DAY)
        undone.rollback()

    assert before.adherence.due == len(turns)
    assert sum(week.adherence.due for week in before.weeks) == len(turns)
    for status in STATUSES:
        told = sum(getattr(week.adherence, status.value) for week in before.weeks)
        assert told == list(turns.values()).count(status)
    shares = zip(before.weeks, after.weeks, strict=True)
    assert all((new.adherence.conservative or 0) <= (old.adherence.conservative or 0) for old, new in shares)
    assert (after.adherence.conservative or 0) <= (before.adherence.conservative or 0)
    assert set(days) == {MONDAY + day * DAY for day in (*turns, unknown)}
    assert days[MONDAY + unknown * DAY] == DayCounts(unknown=1)
