"""Pain on the day after an exercise was done, beside the day after it was not: observed, never a cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean

from care.models import OccurrenceStatus
from care.pain import Point
from care.recurrence import A_DAY, today_in
from care.thresholds import Thresholds

DONE = frozenset[str]({OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL})

# One time an exercise was due: the client's day, and what it is counted as (`care.adherence.DayCounts`).
Turn = tuple[date, str]


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
    turns: Mapping[int, Sequence[Turn]],
    pain: Mapping[date, float],
    names: Mapping[int, str],
    limits: Thresholds,
) -> list[Contrast]:
    """One for each exercise, by whose id `turns` are, with days enough of both kinds. `pain` is by the
    client's own day.

    A day belongs to the exercise when it was done or partly done on the day before. It does not when the
    client said no, or nothing was due, between the first and the last time it was due. A day before that
    nobody answered about belongs to neither: unknown is not missed.
    """
    found = (_contrast(exercise, names[exercise], given, pain, limits) for exercise, given in turns.items())
    return [one for one in found if one is not None]


def days_after(given: Sequence[Turn], rated: Iterable[date]) -> dict[date, bool]:
    """Of the days with a rating those that count: True after it was done, False after it was not."""
    days = [day for day, _counted_as in given]
    first, last = min(days), max(days)
    done = {day for day, counted_as in given if counted_as in DONE}
    not_known = {day for day, counted_as in given if counted_as != OccurrenceStatus.SKIPPED} - done
    found = {}
    for day in rated:
        before = day - A_DAY
        if first <= before <= last and before not in not_known:
            found[day] = before in done
    return found


def pain_by_day(points: Iterable[Point], zone: str) -> dict[date, float]:
    """The mean of each of the client's own days that has a rating."""
    scores: dict[date, list[float]] = {}
    for at, score in points:
        scores.setdefault(today_in(zone, at), []).append(score)
    return {day: fmean(of_day) if len(of_day) > 1 else of_day[0] for day, of_day in scores.items()}


def _contrast(
    exercise_id: int,
    name: str,
    given: Sequence[Turn],
    pain: Mapping[date, float],
    limits: Thresholds,
) -> Contrast | None:
    counted = days_after(given, pain)
    after = [pain[day] for day, was_done in counted.items() if was_done]
    otherwise = [pain[day] for day, was_done in counted.items() if not was_done]
    if min(len(after), len(otherwise)) < limits.compare_days_needed:
        return None
    return Contrast(name, fmean(after), len(after), fmean(otherwise), len(otherwise), exercise_id)
