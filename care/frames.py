"""The frame of a rating: its recall, and its moment or place. Only the same frame compares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from care.models import Rating
from care.pain import Course, PainFigures, Point, figures_of, slope_of
from care.ratings import NOW, Rated
from care.thresholds import Thresholds

RECALLS = {
    NOW: "",
    "average_24h": "average of 24 hours",
    "worst_24h": "worst of 24 hours",
    "least_24h": "least of 24 hours",
}


@dataclass(frozen=True)
class Series:
    """The ratings of one frame: figures of the whole course of care, and of the days since last time.

    `about` is empty for the pain now, as a whole.
    """

    about: str
    pain: PainFigures
    count: int = 0
    mean: float | None = None
    worst: float | None = None
    best: float | None = None
    slope: float | None = None


def frame_of(rating: Rating | Rated) -> str:
    """In words, as it stands beside the figures: "", "knee", "worst of 24 hours", "before"."""
    if rating.recall == NOW and not rating.label:
        return ""
    recall = RECALLS.get(rating.recall, rating.recall.replace("_", " "))
    return ", ".join(part for part in (rating.label or "", recall) if part)


def series_of(
    ratings: Iterable[Rated],
    course: Course,
    zone: str,
    since: datetime,
    now: datetime,
    limits: Thresholds,
) -> list[Series]:
    """One for each frame that was rated in this course, the pain now as a whole first, never mixed."""
    by_frame: dict[str, list[Point]] = {"": []}
    for rating in ratings:
        if course.since is None or rating.at >= course.since:
            by_frame.setdefault(frame_of(rating), []).append((rating.at, rating.score))
    return [_series(about, points, course, zone, since, now, limits) for about, points in by_frame.items()]


def _series(
    about: str,
    points: Sequence[Point],
    course: Course,
    zone: str,
    since: datetime,
    now: datetime,
    limits: Thresholds,
) -> Series:
    recent = [point for point in points if point[0] >= since]
    scores = [score for _at, score in recent]
    return Series(
        about=about,
        pain=figures_of(points, course, zone, now, limits),
        count=len(scores),
        mean=fmean(scores) if scores else None,
        worst=max(scores, default=None),
        best=min(scores, default=None),
        slope=slope_of(recent, limits),
    )
