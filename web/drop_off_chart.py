"""Where the curve of one cohort goes: a line through what is known, and room above it for who did not answer.

Geometry only; weeks of too few clients leave a gap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from care.drop_off import CohortWeek
from care.first_weeks import WEEKS

WIDTH, HEIGHT = 320, 120
LEFT, RIGHT, TOP, BOTTOM = 48, 310, 10, 94
INSET = 8


@dataclass(frozen=True)
class Curve:
    """Points as SVG writes them: each line with its area above, and a dot with its words for each week."""

    lines: tuple[str, ...]
    areas: tuple[str, ...]
    dots: tuple[tuple[float, float, str], ...]
    words: str


def curve(weeks: Sequence[CohortWeek]) -> Curve:
    """Of a cohort with at least one week of enough clients."""
    runs = [run for run in _runs(weeks) if len(run) > 1]
    known = [week for week in weeks if week.is_enough]
    first, last = known[0], known[-1]
    words = _words(first) if first is last else f"{_words(first)}; {_words(last)}"
    return Curve(
        lines=tuple(_points([(week, week.at_least) for week in run]) for run in runs),
        areas=tuple(_area(run) for run in runs),
        dots=tuple((_x(week), _y(week.at_least), _words(week)) for week in known),
        words=words,
    )


def _runs(weeks: Sequence[CohortWeek]) -> Iterator[list[CohortWeek]]:
    run: list[CohortWeek] = []
    for week in weeks:
        if week.is_enough:
            run.append(week)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _area(run: Sequence[CohortWeek]) -> str:
    """Along the line and back along the most it can be."""
    above = [(week, week.at_most) for week in reversed(run)]
    return _points([(week, week.at_least) for week in run] + above)


def _points(places: Sequence[tuple[CohortWeek, float]]) -> str:
    return " ".join(f"{_x(week)},{_y(share)}" for week, share in places)


def _words(week: CohortWeek) -> str:
    said = f"Week {week.number}: {week.did} of {week.due}"
    return f"{said}, {week.unknown} unknown" if week.unknown else said


def _x(week: CohortWeek) -> float:
    return round(LEFT + INSET + (week.number - 1) / (WEEKS - 1) * (RIGHT - LEFT - 2 * INSET), 1)


def _y(share: float) -> float:
    return round(BOTTOM - share * (BOTTOM - TOP), 1)
