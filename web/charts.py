"""Where every dot, line and word of a chart goes: geometry, without Flask and without the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from web.calendar_chart import (
    Calendar,
    DayMark,
    adherence_calendar,
    format_day,
    sign_of,
    window_start,
)

__all__ = [
    "Calendar",
    "DayMark",
    "PainTrend",
    "RatingPoint",
    "adherence_calendar",
    "band_of",
    "format_day",
    "format_score",
    "pain_trend",
    "sign_of",
]

TREND_NEEDS = 3
LONGEST_GAP = timedelta(days=7)
TOP_SCORE = 10
BAND_NAMES = ("none", "mild", "moderate", "severe")

Cutoffs = tuple[float, float, float]
DEFAULT_CUTOFFS: Cutoffs = (1, 4, 7)


class RatingPoint(NamedTuple):
    """One pain rating on the client's own calendar day."""

    day: date
    at: datetime
    score: float
    is_visit: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The paper a chart is drawn on, and the inner margins dots keep from the edge of the plot."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    inset_left: int
    inset_right: int
    tick_room: int

    @property
    def plot_width(self) -> int:
        return self.right - self.left

    @property
    def plot_height(self) -> int:
        return self.bottom - self.top


# Chart text is 15.3 units high. The page shows WIDE at 480 to 560 px and NARROW at 256 to 360 px, so it never
# falls under 13 px.
WIDE = Frame(560, 250, 30, 474, 12, 214, 42, 44, 68)
NARROW = Frame(300, 230, 26, 294, 12, 194, 40, 42, 62)


class Dot(NamedTuple):
    x: float
    y: float
    is_visit: bool
    words: str


class Mark(NamedTuple):
    """A word or number written at a point."""

    x: float
    y: float
    text: str


class Band(NamedTuple):
    name: str
    y: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2, 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """One size of a pain trend, ready to be written as SVG."""

    frame: Frame
    bands: tuple[Band, ...]
    y_ticks: tuple[Mark, ...]
    x_ticks: tuple[Mark, ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    changes: tuple[float, ...]
    first: Mark | None
    last: Mark | None


class NumberRow(NamedTuple):
    """A rating in the table under the chart."""

    when: str
    iso: str
    score: str
    band: str
    source: str


@dataclass(frozen=True, slots=True)
class PainTrend:
    """Everything the template needs. `rows` has the newest rating first."""

    wide: Drawing
    narrow: Drawing
    rows: tuple[NumberRow, ...]
    bands: tuple[tuple[str, str], ...]
    headline: str
    note: str
    weeks: int
    has_changes: bool

    @property
    def count(self) -> int:
        return len(self.rows)


def band_of(score: float, cutoffs: Cutoffs = DEFAULT_CUTOFFS) -> str:
    """Name the band: a score on a cut-off belongs to the band that begins there."""
    return BAND_NAMES[sum(score >= cutoff for cutoff in cutoffs)]


@lru_cache(maxsize=256)
def format_score(score: float) -> str:
    """Write 3 as "3" and 3.5 as "3.5"."""
    return f"{score:.1f}".removesuffix(".0")


def pain_trend(
    points: Sequence[RatingPoint],
    plan_changes: Sequence[date],
    until: date,
    weeks: int = 8,
    cutoffs: Cutoffs = DEFAULT_CUTOFFS,
) -> PainTrend:
    """Lay out the ratings of the last `weeks` weeks. Fewer than three ratings get dots and no line."""
    start = window_start(until, weeks)
    shown = _in_window(points, start, until)
    changes = sorted({day for day in plan_changes if start <= day <= until})
    return PainTrend(
        wide=_draw(WIDE, shown, changes, start, until, cutoffs),
        narrow=_draw(NARROW, shown, changes, start, until, cutoffs),
        rows=tuple(_number_row(point, cutoffs) for point in reversed(shown)),
        bands=_band_ranges(cutoffs),
        headline=_headline(shown, until, has_earlier=any(point.day < start for point in points)),
        note=_note(len(shown)),
        weeks=weeks,
        has_changes=bool(changes),
    )


def _in_window(points: Sequence[RatingPoint], start: date, until: date) -> list[RatingPoint]:
    shown = [point for point in points if start <= point.day <= until]
    return sorted(shown, key=lambda point: (point.day, point.at))


def _draw(
    frame: Frame,
    shown: Sequence[RatingPoint],
    changes: Sequence[date],
    start: date,
    until: date,
    cutoffs: Cutoffs,
) -> Drawing:
    dots = _dots(frame, shown, start, until)
    return Drawing(
        frame=frame,
        bands=_bands(frame, cutoffs),
        y_ticks=_y_ticks(frame, cutoffs),
        x_ticks=_x_ticks(frame, start, until),
        lines=_lines(shown, dots) if len(shown) >= TREND_NEEDS else (),
        dots=dots,
        changes=tuple(_x(frame, (day - start).days, _span(start, until)) for day in changes),
        first=_label(shown[0], dots[0], -10) if len(shown) > 1 else None,
        last=_label(shown[-1], dots[-1], 10) if shown else None,
    )


def _dots(
    frame: Frame,
    shown: Sequence[RatingPoint],
    start: date,
    until: date,
) -> tuple[Dot, ...]:
    """Place each rating in its day; several of one day share the day's width, so none hides another."""
    per_day: dict[date, int] = {}
    for point in shown:
        per_day[point.day] = per_day.get(point.day, 0) + 1
    seen: dict[date, int] = {}
    dots = []
    for point in shown:
        seen[point.day] = seen.get(point.day, 0) + 1
        share = seen[point.day] / (per_day[point.day] + 1)
        x = _x(frame, (point.day - start).days + share, _span(start, until))
        y = _y(frame, point.score)
        dots.append(Dot(x, y, point.is_visit, _dot_words(point)))
    return tuple(dots)


def _lines(shown: Sequence[RatingPoint], dots: Sequence[Dot]) -> tuple[str, ...]:
    """Join neighbours, but never across more than a week without a rating."""
    runs: list[list[Dot]] = [[dots[0]]] if dots else []
    for (before, after), dot in zip(pairwise(shown), dots[1:], strict=True):
        if after.day - before.day > LONGEST_GAP:
            runs.append([])
        runs[-1].append(dot)
    return tuple(" ".join(f"{dot.x},{dot.y}" for dot in run) for run in runs if len(run) > 1)


def _span(start: date, until: date) -> int:
    return (until - start).days + 1


def _x(frame: Frame, days: float, span: int) -> float:
    room = frame.plot_width - frame.inset_left - frame.inset_right
    return round(frame.left + frame.inset_left + room * days / span, 2)


def _y(frame: Frame, score: float) -> float:
    share = min(1.0, max(0.0, score / TOP_SCORE))
    return round(frame.bottom - frame.plot_height * share, 2)


@lru_cache(maxsize=64)
def _bands(frame: Frame, cutoffs: Cutoffs) -> tuple[Band, ...]:
    edges = (0, *cutoffs, TOP_SCORE)
    bands = []
    for name, (low, high) in zip(BAND_NAMES, pairwise(edges), strict=True):
        top = _y(frame, high)
        bands.append(Band(name, top, round(_y(frame, low) - top, 2)))
    return tuple(bands)


@lru_cache(maxsize=64)
def _band_ranges(cutoffs: Cutoffs) -> tuple[tuple[str, str], ...]:
    """Name each band with its whole scores, as clients are asked for them: ("mild", "1 to 3")."""
    edges = (0, *cutoffs, TOP_SCORE + 1)
    ranges = []
    for name, (low, high) in zip(BAND_NAMES, pairwise(edges), strict=True):
        first, last = format_score(low), format_score(high - 1)
        ranges.append((name, first if high - 1 <= low else f"{first} to {last}"))
    return tuple(ranges)


@lru_cache(maxsize=64)
def _y_ticks(frame: Frame, cutoffs: Cutoffs) -> tuple[Mark, ...]:
    scores = (0, *cutoffs[1:], TOP_SCORE)
    return tuple(Mark(frame.left - 8, _y(frame, score), format_score(score)) for score in scores)


@lru_cache(maxsize=64)
def _x_ticks(frame: Frame, start: date, until: date) -> tuple[Mark, ...]:
    """Write a Monday every 1, 2, 4... weeks, as close as the words fit."""
    span = _span(start, until)
    step = 7
    while step < span and _x(frame, step, span) - _x(frame, 0, span) < frame.tick_room:
        step *= 2
    return tuple(
        Mark(_x(frame, days, span), frame.bottom, format_day(start + timedelta(days=days)))
        for days in range(0, span, step)
    )


def _label(point: RatingPoint, dot: Dot, offset: int) -> Mark:
    return Mark(round(dot.x + offset, 2), dot.y, format_score(point.score))


def _dot_words(point: RatingPoint) -> str:
    source = ", asked at a visit" if point.is_visit else ""
    return f"{format_day(point.day)}: {format_score(point.score)}{source}"


def _number_row(point: RatingPoint, cutoffs: Cutoffs) -> NumberRow:
    return NumberRow(
        when=f"{point.day:%a} {format_day(point.day)}",
        iso=point.day.isoformat(),
        score=format_score(point.score),
        band=band_of(point.score, cutoffs),
        source="Visit" if point.is_visit else "Reply",
    )


def _headline(shown: Sequence[RatingPoint], until: date, *, has_earlier: bool) -> str:
    """Answer "better or not?" and claim no "now" for a rating older than a week."""
    if not shown:
        return ""
    first, last = shown[0], shown[-1]
    end = f"now {format_score(last.score)}"
    if until - last.day > LONGEST_GAP:
        end = f"last {format_score(last.score)} on {format_day(last.day)}"
    if len(shown) == 1:
        return f"Pain {end}"
    if has_earlier:
        return f"Pain was {format_score(first.score)} on {format_day(first.day)}, {end}"
    return f"Pain started at {format_score(first.score)}, {end}"


def _note(count: int) -> str:
    words = f"{count} rating" if count == 1 else f"{count} ratings"
    return f"{words}, too few for a trend" if 0 < count < TREND_NEEDS else words
