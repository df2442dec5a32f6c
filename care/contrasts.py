"""Pain on the day after an exercise was done, beside the day after it was not: observed, never a cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    """The mean pain of the days after, and on how many days each mean stands. From `since` on, if any."""

    name: str
    with_mean: float
    with_days: int
    without_mean: float
    without_days: int
    exercise_id: int | None = None
    since: datetime | None = None


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
    found = (_contrast(exercise, names[exercise], given, pain, limits) for exercise, given in days.items())
    return [one for one in found if one is not None]


def days_after(given: Mapping[date, set[OccurrenceStatus]], rated: Iterable[date]) -> dict[date, bool]:
    """Of the days with a rating those that count: True after it was done, False after it was not."""
    first, last = min(given), max(given)
    found = {}
    for day in rated:
        before = day - A_DAY
        statuses = given.get(before, set())
        if first <= before <= last and (statuses & DONE or statuses <= {OccurrenceStatus.SKIPPED}):
            found[day] = bool(statuses & DONE)
    return found


def _by_day(points: Sequence[Point], zone: str) -> dict[date, float]:
    scores: dict[date, list[float]] = {}
    for at, score in points:
        scores.setdefault(today_in(zone, at), []).append(score)
    return {day: fmean(of_day) for day, of_day in scores.items()}


def _contrast(
    exercise_id: int,
    name: str,
    given: Mapping[date, set[OccurrenceStatus]],
    pain: Mapping[date, float],
    limits: Thresholds,
) -> Contrast | None:
    counted = days_after(given, pain)
    after = [pain[day] for day, was_done in counted.items() if was_done]
    otherwise = [pain[day] for day, was_done in counted.items() if not was_done]
    if min(len(after), len(otherwise)) < limits.compare_days_needed:
        return None
    return Contrast(name, fmean(after), len(after), fmean(otherwise), len(otherwise), exercise_id)
