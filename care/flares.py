"""Flare-ups: when a client's pain is high, jumps, or rises over their own baseline, and when that is over.

Pure rules over ratings that compare. Once pain has flared up, the same cause holds until the ratings come
back some way below its threshold, so that pain going 7, 6, 7 is one flare-up and not two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from statistics import fmean

from care.pain import LEAST_POINTS, Course, Point, baseline_of
from care.thresholds import Thresholds


class Cause(StrEnum):
    """Why a person should hear of it: high, very high, up steeply, or up on the client's own baseline."""

    HIGH = "high"
    URGENT = "urgent"
    JUMP = "jump"
    RISE = "rise"


SAME_DAY = frozenset({Cause.URGENT, Cause.JUMP})
# These are measured against what is usual for the client, so coming back to that ends them in any case.
AGAINST_USUAL = frozenset({Cause.JUMP, Cause.RISE})


@dataclass(frozen=True)
class Flare:
    """One cause that holds at the newest rating.

    `over` is what the ratings are measured against: the threshold, or what was usual. `is_met` tells that
    the newest rating reaches the threshold itself; else it only has not come back far enough.
    """

    cause: Cause
    since: datetime
    over: float
    ends_below: float
    is_met: bool = True

    def is_over_at(self, score: float) -> bool:
        return score < self.ends_below or (self.cause in AGAINST_USUAL and score <= self.over)


def flares_of(points: Sequence[Point], course: Course, limits: Thresholds) -> dict[Cause, Flare]:
    """What holds at the newest of these ratings, which come oldest first and belong to the course."""
    holding: dict[Cause, Flare] = {}
    if not points:
        return holding
    baseline = baseline_of(points, course, limits)
    for place, (_at, score) in enumerate(points):
        met = {one.cause: one for one in _met(points, place, baseline, limits)}
        holding = met | {
            cause: replace(one, is_met=cause in met)
            for cause, one in holding.items()
            if not (_is_forgotten(points, place, limits) or one.is_over_at(score))
        }
    return holding


def _met(
    points: Sequence[Point], place: int, baseline: tuple[float, int], limits: Thresholds
) -> Iterator[Flare]:
    """The causes whose threshold this rating reaches, as if they began with it."""
    at, score = points[place]
    for cause, threshold in ((Cause.HIGH, limits.high_pain), (Cause.URGENT, limits.urgent_pain)):
        if score >= threshold:
            yield Flare(cause, at, threshold, threshold - limits.settled_below)
    usual = _usual(points, place, limits)
    if usual is not None and _is_at_least(score - usual, limits.pain_rise):
        yield Flare(Cause.JUMP, at, usual, usual + limits.pain_rise - limits.settled_below)
    level, stands_from = baseline
    needed = _needed_rise(level, limits)
    row = points[max(place + 1 - limits.rises_in_a_row, stands_from) : place + 1]
    if len(row) == limits.rises_in_a_row and all(_is_at_least(one - level, needed) for _, one in row):
        yield Flare(Cause.RISE, at, level, level + needed - limits.settled_below)


def _usual(points: Sequence[Point], place: int, limits: Thresholds) -> float | None:
    """The mean of the days before this rating; None when nothing is known of them."""
    since = points[place][0] - timedelta(days=limits.pain_memory_days)
    backwards = (points[earlier] for earlier in range(place - 1, -1, -1))
    before = [score for _at, score in takewhile(lambda point: point[0] > since, backwards)]
    return fmean(before) if before else None


def _needed_rise(baseline: float, limits: Thresholds) -> float:
    """How far over the baseline counts: so many points, or sooner by the share where that is switched on."""
    if not limits.baseline_rise_percent:
        return limits.baseline_rise
    share = max(LEAST_POINTS, baseline * limits.baseline_rise_percent / 100)
    return min(limits.baseline_rise, share)


def _is_forgotten(points: Sequence[Point], place: int, limits: Thresholds) -> bool:
    """Whether so long nobody rated that what held before says nothing of today."""
    return points[place][0] - points[place - 1][0] > timedelta(days=limits.pain_memory_days)


def _is_at_least(rise: float, needed: float) -> bool:
    """Means are rarely round: 2 points are 2 points."""
    return round(rise - needed, 6) >= 0
