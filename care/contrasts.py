"""Pain on the day after an exercise was done, beside the day after it was not: observed, never a cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from care.models import OccurrenceStatus
from care.pain import Point
from care.recurrence import A_DAY, today_in
from care.thresholds import Thresholds

DONE = frozenset({OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL})

# One time an exercise was due: its exercise, the client's day, and how it stands.
Turn = tuple[int, date, OccurrenceStatus]


@dataclass(frozen=True)
class Contrast:
    """The mean pain of the days after, and on how many days each mean stands."""

    name: str
    with_mean: float
    with_days: int
    without_mean: float
    without_days: int


def contrasts_of(
    turns: Iterable[Turn],
    points: Sequence[Point],
    zone: str,
    names: Mapping[int, str],
    limits: Thresholds,
) -> list[Contrast]:
    """One for each exercise with days enough of both kinds.

    A day belongs to the exercise when it was done or partly done on the day before. It does not when the
    client said no, or nothing was due, between the first and the last time it was due. A day before that
    nobody answered about belongs to neither: unknown is not missed.
    """
    pain = _by_day(points, zone)
    days: dict[int, dict[date, set[OccurrenceStatus]]] = {}
    for exercise, day, status in turns:
        days.setdefault(exercise, {}).setdefault(day, set()).add(status)
    found = (_contrast(names[exercise], given, pain, limits) for exercise, given in days.items())
    return [one for one in found if one is not None]


def _by_day(points: Sequence[Point], zone: str) -> dict[date, float]:
    scores: dict[date, list[float]] = {}
    for at, score in points:
        scores.setdefault(today_in(zone, at), []).append(score)
    return {day: fmean(of_day) for day, of_day in scores.items()}


def _contrast(
    name: str, given: Mapping[date, set[OccurrenceStatus]], pain: Mapping[date, float], limits: Thresholds
) -> Contrast | None:
    first, last = min(given), max(given)
    after, otherwise = [], []
    for day, score in pain.items():
        before = day - A_DAY
        if not first <= before <= last:
            continue
        statuses = given.get(before, set())
        if statuses & DONE:
            after.append(score)
        elif statuses <= {OccurrenceStatus.SKIPPED}:
            otherwise.append(score)
    if min(len(after), len(otherwise)) < limits.compare_days_needed:
        return None
    return Contrast(name, fmean(after), len(after), fmean(otherwise), len(otherwise))
