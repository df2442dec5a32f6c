"""Small multiples of an outcome: one little chart for each measure, all over the same days. Geometry only."""

from dataclasses import dataclass
from datetime import date

from care.outcome import Outcome, Track
from care.outcome_weeks import Week
from care.recurrence import today_in
from care.saying import number_in_words, short_day

WIDTH, HEIGHT = 320, 120
LEFT, RIGHT, TOP, BOTTOM = 40, 310, 10, 94
INSET = 8


@dataclass(frozen=True)
class Small:
    """One chart: dots and their line, or bars; `words` tell it to whoever cannot see it."""

    title: str
    words: str
    low: str
    high: str
    dots: tuple[tuple[float, float, str], ...]
    line: str
    bars: tuple[tuple[float, float, float, float, str], ...]
    changes: tuple[float, ...]
    first_day: str
    last_day: str


def small_multiples(outcome: Outcome) -> list[Small]:
    """Pain, function, each range, each score, and what was done week by week; those without a figure not."""
    tracks = [outcome.function] if outcome.function else []
    measured = [_of(one, outcome) for one in (*tracks, *outcome.ranges, *outcome.scores)]
    return [*_pain(outcome), *measured, *_done(outcome)]


def pain_and_done(outcome: Outcome) -> list[Small]:
    """The two that fit on a page beside everything else."""
    return [*_pain(outcome), *_done(outcome)]


def _pain(outcome: Outcome) -> list[Small]:
    if not outcome.pain_points:
        return []
    return [_of(Track("Pain, 0 to 10, low is better", outcome.pain_points, 0, 10), outcome)]


def _done(outcome: Outcome) -> list[Small]:
    return [_weeks(outcome)] if outcome.adherence.due else []


def _of(track: Track, outcome: Outcome) -> Small:
    days = [(today_in(outcome.zone, at), value) for at, value in track.points]
    dots = tuple(
        (
            _x(day, outcome),
            _y(value, track.low, track.high),
            f"{short_day(day)}: {number_in_words(value)}{track.unit}",
        )
        for day, value in days
    )
    first, last = track.points[0][1], track.points[-1][1]
    words = f"{number_in_words(first)}{track.unit}"
    if len(track.points) > 1:
        words += f" to {number_in_words(last)}{track.unit}, {len(track.points)} figures"
    return _small(
        track.title,
        words,
        outcome,
        low=f"{number_in_words(track.low)}",
        high=f"{number_in_words(track.high)}",
        dots=dots,
        line=" ".join(f"{x},{y}" for x, y, _words in dots) if len(dots) > 1 else "",
    )


def _weeks(outcome: Outcome) -> Small:
    total = outcome.adherence
    bars = tuple(bar for week in outcome.weeks if (bar := _bar(week, outcome)) is not None)
    return _small(
        "Home exercises, % of all due, by week",
        f"{total.done} of {total.due} done, {total.unknown} unknown",
        outcome,
        low="0",
        high="100",
        bars=bars,
    )


def _bar(week: Week, outcome: Outcome) -> tuple[float, float, float, float, str] | None:
    share = week.adherence.conservative
    if share is None:
        return None
    room = (RIGHT - LEFT) / max(len(outcome.weeks), 1)
    place = (week.starts_on - outcome.since).days // 7
    y = _y(100 * share, 0, 100)
    words = f"Week of {short_day(week.starts_on)}: {week.adherence.done} of {week.adherence.due} done"
    return round(LEFT + place * room + 2, 1), y, round(max(room - 4, 2), 1), round(BOTTOM - y, 1), words


def _small(
    title: str,
    words: str,
    outcome: Outcome,
    *,
    low: str,
    high: str,
    dots: tuple[tuple[float, float, str], ...] = (),
    line: str = "",
    bars: tuple[tuple[float, float, float, float, str], ...] = (),
) -> Small:
    changes = tuple(_x(day, outcome) for day in outcome.changed_on if day >= outcome.since)
    days = short_day(outcome.since), short_day(outcome.until)
    return Small(title, words, low, high, dots, line, bars, changes, *days)


def _x(day: date, outcome: Outcome) -> float:
    span = max((outcome.until - outcome.since).days, 1)
    part = (day - outcome.since).days / span
    return round(LEFT + INSET + min(max(part, 0), 1) * (RIGHT - LEFT - 2 * INSET), 1)


def _y(value: float, low: float, high: float) -> float:
    return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)
