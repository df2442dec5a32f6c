"""How a client's pain stands in this course of care: baseline, latest, and whether the change matters.

Definitions and sources: docs/measures.md (Ostelo 2008 and Farrar 2001 for the important change,
Griffiths 2022 for the weekly mean). Only ratings of the pain now, as a whole, are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from statistics import fmean, linear_regression

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.models import Assignment, Client, Episode, Practice
from care.ratings import comparable, list_ratings
from care.recurrence import instant_of, today_in, zone_of
from care.thresholds import Thresholds, thresholds_of

TREND_NEEDS = 3
A_WEEK = timedelta(weeks=1)
MUCH_BETTER_PERCENT = 50
# A percentage alone would call 1.5 to 1 a change.
LEAST_POINTS = 1
# Where the bands of the start begin that the drop that matters may depend on (doi 10.1055/a-1304-3677).
MIDDLE_START, HIGH_START = 5, 8

# When, and how much: all a figure needs to know of a rating.
Point = tuple[datetime, float]


class Outcome(StrEnum):
    MUCH_BETTER = "much better"
    BETTER = "better"
    WORSE = "worse"
    NO_CLEAR_CHANGE = "no clear change"


@dataclass(frozen=True)
class Course:
    """What belongs together: from the start of the episode (None: from ever) and its first assignment."""

    since: datetime | None
    first_assigned_at: datetime | None


@dataclass(frozen=True)
class PainFigures:
    """All of one course. None is "cannot be said", never 0.

    `baseline_count` ratings made the baseline, from `baseline_from` to `baseline_until`; `is_first_rating`
    when there were none up to the first assignment and the first one stands in. `week_mean` is None below
    `week_days` enough. `slope` is in points a week; `important` the drop in points that matters, as the
    settings have it.
    """

    baseline: float | None = None
    baseline_count: int = 0
    is_first_rating: bool = False
    latest: float | None = None
    latest_at: datetime | None = None
    first_at: datetime | None = None
    worst: float | None = None
    best: float | None = None
    mean: float | None = None
    count: int = 0
    change: float | None = None
    outcome: Outcome | None = None
    week_mean: float | None = None
    week_days: int = 0
    slope: float | None = None
    important: float | None = None
    baseline_from: datetime | None = None
    baseline_until: datetime | None = None

    @property
    def percent(self) -> float | None:
        """100 * change / baseline; nothing when the baseline is 0."""
        if self.change is None or not self.baseline:
            return None
        return 100 * self.change / self.baseline

    @property
    def is_mcid_reached(self) -> bool | None:
        """The drop is one that matters to most people. Not: the treatment worked."""
        return None if self.outcome is None else self.outcome in (Outcome.MUCH_BETTER, Outcome.BETTER)

    @property
    def is_enough_for_trend(self) -> bool:
        return self.count >= TREND_NEEDS


def pain_figures(session: Session, client: Client, now: datetime) -> PainFigures:
    """The client's figures in the running course of care, or the last one."""
    practice = session.get_one(Practice, client.practice_id)
    course = current_course(session, client)
    points = comparable_points(session, client.id, course.since, now)
    limits = thresholds_of(practice.thresholds, client.thresholds)
    return figures_of(points, course, client.timezone, now, limits)


def comparable_points(session: Session, client_id: int, since: datetime | None, now: datetime) -> list[Point]:
    """Oldest first, up to now."""
    ratings = comparable(list_ratings(session, client_id, since))
    return [(rating.at, rating.score) for rating in ratings if rating.at <= now]


def current_course(session: Session, client: Client) -> Course:
    """Of the newest episode, from its first day. Without any, everything we know is one course."""
    newest = select(Episode.started_on).where(Episode.client_id == client.id)
    started_on = session.scalar(newest.order_by(Episode.started_on.desc(), Episode.id.desc()).limit(1))
    since = start_of(started_on, client.timezone) if started_on else None
    first = select(func.min(Assignment.created_at)).where(Assignment.client_id == client.id)
    if since is not None:
        first = first.where(Assignment.created_at >= since)
    return Course(since, session.scalar(first))


def start_of(day: date, zone: str) -> datetime:
    """The first instant of a day on that clock."""
    return instant_of(day, time(0), zone_of(zone))


def figures_of(
    points: Sequence[Point], course: Course, zone: str, now: datetime, thresholds: Thresholds
) -> PainFigures:
    """The figures of these ratings, which come oldest first and belong to the course."""
    if not points:
        return PainFigures()
    before = _before_first_assignment(points, course, thresholds)
    begun = before or points[:1]
    scores = [score for _at, score in points]
    baseline = fmean(score for _at, score in begun)
    change = scores[-1] - baseline if len(points) > len(begun) else None
    week_mean, week_days = _week(points, zone, now, thresholds)
    return PainFigures(
        baseline=baseline,
        baseline_count=len(begun),
        is_first_rating=not before,
        latest=scores[-1],
        latest_at=points[-1][0],
        first_at=points[0][0],
        worst=max(scores),
        best=min(scores),
        mean=fmean(scores),
        count=len(scores),
        change=change,
        outcome=None if change is None else outcome_of(baseline, change, thresholds),
        week_mean=week_mean,
        week_days=week_days,
        slope=slope_of(points, thresholds),
        important=important_drop(baseline, thresholds),
        baseline_from=begun[0][0],
        baseline_until=begun[-1][0],
    )


def important_drop(baseline: float, thresholds: Thresholds) -> float:
    """The drop in points that matters to most people: one number, or by where pain began."""
    if not thresholds.mcid_by_baseline:
        return thresholds.mcid_points
    if baseline >= HIGH_START:
        return thresholds.mcid_high_start
    return thresholds.mcid_middle_start if baseline >= MIDDLE_START else thresholds.mcid_low_start


def outcome_of(baseline: float, change: float, thresholds: Thresholds) -> Outcome:
    """What a change means by default; negative is better.

    Much better: a drop of 50 % and 2 points. Better: 2 points, or 30 % and 1 point. Worse: a rise
    of 2 points. Both 2s are the practice's `mcid_points`, 30 % is its `mcid_percent`. Where the drop that
    matters depends on the baseline, the percentage alone makes nothing better.
    """
    points, percent = round(abs(change), 6), round(100 * abs(change) / baseline, 6) if baseline else 0
    if change > 0:
        return Outcome.WORSE if points >= thresholds.mcid_points else Outcome.NO_CLEAR_CHANGE
    needed = important_drop(baseline, thresholds)
    if percent >= MUCH_BETTER_PERCENT and points >= max(needed, thresholds.mcid_points):
        return Outcome.MUCH_BETTER
    is_by_percent = percent >= thresholds.mcid_percent and points >= LEAST_POINTS
    if points >= needed or (is_by_percent and not thresholds.mcid_by_baseline):
        return Outcome.BETTER
    return Outcome.NO_CLEAR_CHANGE


def slope_of(points: Sequence[Point], thresholds: Thresholds) -> float | None:
    """Points a week, by least squares through every rating; negative is better.

    None below three ratings, or when first and last lie too close together to say anything of weeks.
    """
    if len(points) < TREND_NEEDS or points[-1][0] - points[0][0] < timedelta(days=thresholds.slope_span_days):
        return None
    weeks = [(at - points[0][0]) / A_WEEK for at, _score in points]
    slope: float = linear_regression(weeks, [score for _at, score in points]).slope
    return slope


def baseline_of(points: Sequence[Point], course: Course, thresholds: Thresholds) -> tuple[float, int]:
    """The baseline of these ratings (one at least), and how many of them came before it stood."""
    before = _before_first_assignment(points, course, thresholds)
    if not before or course.first_assigned_at is None:
        return points[0][1], 1
    return fmean(score for _at, score in before), sum(at <= course.first_assigned_at for at, _score in points)


def _before_first_assignment(points: Sequence[Point], course: Course, thresholds: Thresholds) -> list[Point]:
    """Those of the days up to the first assignment: before anything was asked of the client."""
    if course.first_assigned_at is None:
        return []
    earliest = course.first_assigned_at - timedelta(days=thresholds.baseline_days)
    return [point for point in points if earliest <= point[0] <= course.first_assigned_at]


def _week(
    points: Sequence[Point], zone: str, now: datetime, thresholds: Thresholds
) -> tuple[float | None, int]:
    """The mean of the last days (7), and on how many of them there is a rating."""
    earliest = start_of(today_in(zone, now) - timedelta(days=thresholds.mean_days - 1), zone)
    recent = [(today_in(zone, at), score) for at, score in points if at >= earliest]
    days = len({day for day, _score in recent})
    is_enough = days >= thresholds.mean_days_needed
    return fmean(score for _day, score in recent) if is_enough else None, days
