"""A finding against the other side, last time and the norm, in sentences that respect measurement error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from typing import Protocol

from care.finding_catalog import CATALOG, SACROILIAC_NEEDED
from care.findings import Earlier, Key
from care.instruments import (
    ACTIVITY_ERROR,
    ACTIVITY_MEAN_ERROR,
    ACTIVITY_SIZES,
    CHANGE_IMPORTANT,
    MEASURES,
    Measure,
)
from care.models import FindingKind
from care.recurrence import today_in
from care.saying import number_in_words, short_day
from care.thresholds import Thresholds

OTHER = {"left": "right", "right": "left"}
WITHIN_ERROR = "within measurement error"


class Measured(Protocol):
    """A finding that is kept or still typed."""

    @property
    def kind(self) -> FindingKind: ...
    @property
    def code(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def result(self) -> str: ...


@dataclass(frozen=True)
class Change:
    """From one score to another on the same scale. `is_better` is None when nothing moved."""

    points: float
    is_better: bool | None
    is_beyond_error: bool | None
    is_important: bool | None


def change_of_score(measure: Measure, maximum: float, first: float, last: float) -> Change:
    """`is_beyond_error` and `is_important` are None where nothing is known of this scale."""
    scale, points = int(maximum), round(last - first, 6)
    error, important = measure.error.get(scale), measure.important.get(scale)
    needed = [important] if important is not None else []
    if measure.important_percent is not None and first:
        needed.append(round(abs(first) * measure.important_percent / 100, 6))
    return Change(
        points=points,
        is_better=None if points == 0 else (points > 0) is measure.is_high_better,
        is_beyond_error=None if error is None else abs(points) >= error,
        is_important=abs(points) >= min(needed) if needed else None,
    )


def size_of_range(degrees: float, thresholds: Thresholds) -> str:
    """What a difference in range of motion may mean, measured in the same way both times."""
    if abs(degrees) < thresholds.rom_possible_from:
        return "no clear difference"
    return "possibly real" if abs(degrees) < thresholds.rom_real_from else "likely real"


def compared(
    one: Measured, all_of_it: Mapping[Key, Measured], last: Earlier | None, zone: str, thresholds: Thresholds
) -> list[str]:
    """Against the other side, the last time and the norm, in that order; empty when it has no number."""
    if one.value is None:
        return _result_before(one, last, zone)
    if one.kind is FindingKind.RANGE:
        return _range(one, all_of_it, last, zone, thresholds)
    if last is None or last.finding.value is None:
        return []
    return _number(one, one.value, last.finding.value, last, zone)


def _result_before(one: Measured, last: Earlier | None, zone: str) -> list[str]:
    if last is None or not one.result or one.result == last.finding.result or not last.finding.result:
        return []
    return [f"{last.finding.result.replace('_', ' ')} on {_day(last.at, zone)}"]


def _range(
    one: Measured, all_of_it: Mapping[Key, Measured], last: Earlier | None, zone: str, thresholds: Thresholds
) -> list[str]:
    assert one.value is not None
    entry = CATALOG.find(one.kind, one.code)
    unit = entry.unit if entry else "°"
    found = []
    other = all_of_it.get((one.kind, one.code, OTHER.get(one.side, "-"), one.mode))
    if other is not None and other.value is not None:
        difference = one.value - other.value
        more = "more" if difference > 0 else "less"
        size = size_of_range(difference, thresholds)
        found.append(
            f"{abs(difference):g}{unit} {more} than {other.side}, {size}"
            if difference
            else f"same as {other.side}"
        )
    if last is not None and last.finding.value is not None:
        change, since = one.value - last.finding.value, f"since {_day(last.at, zone)}"
        if one.method == last.finding.method and not change:
            found.append(f"same {since}")
        elif one.method == last.finding.method:
            found.append(f"{change:+g}{unit} {since}, {size_of_range(change, thresholds)}")
        else:
            found.append(f"{last.finding.value:g}{unit} {since} by another method, not compared")
    if entry is not None and entry.aaos is not None:
        found.append(f"norm {norm_of(one.code)}")
    return found


def norm_of(code: str) -> str:
    """ "180 (AMA 170)": the norm of the AAOS, and that of the AMA where it differs. Empty without one."""
    entry = CATALOG.find(FindingKind.RANGE, code)
    if entry is None or entry.aaos is None:
        return ""
    if entry.unit != "°":
        return f"{entry.aaos} to {entry.ama}{entry.unit}"
    ama = f" (AMA {entry.ama}{entry.unit})" if entry.ama != entry.aaos else ""
    return f"{entry.aaos}{entry.unit}{ama}"


def _number(one: Measured, value: float, before: float, last: Earlier, zone: str) -> list[str]:
    change, since = value - before, f"since {_day(last.at, zone)}"
    if one.kind is FindingKind.SCORE:
        if one.maximum != last.finding.maximum or one.maximum is None:
            return [f"{_of(before, last.finding.maximum)} {since}, another scale, not compared"]
        measure = MEASURES[one.code]
        meaning = meaning_of_score(measure, one.maximum, change_of_score(measure, one.maximum, before, value))
        return [f"{_points(change)} {since}, {meaning}"]
    if one.kind is FindingKind.ACTIVITY:
        within = "" if abs(change) >= ACTIVITY_ERROR else f", {WITHIN_ERROR} ({ACTIVITY_ERROR})"
        return [f"{_points(change)} {since}{within}"]
    if one.kind is FindingKind.CHANGE:
        return []
    return [f"{number_in_words(before)} {since}"] if change else [f"same {since}"]


def meaning_of_score(measure: Measure, maximum: float, change: Change) -> str:
    """Better or worse, and whether that is beyond measurement error and matters to most people."""
    if change.is_better is None:
        return "same"
    direction = "better" if change.is_better else "worse"
    if change.is_beyond_error is False:
        return f"{direction}, {WITHIN_ERROR} ({measure.error[int(maximum)]:g})"
    if change.is_important is None:
        return direction
    return f"{direction}, MCID {'reached' if change.is_important else 'not reached'} ({measure.source})"


def activities_in_words(now: Sequence[Measured], before: Mapping[Key, Earlier], zone: str) -> str:
    """The mean of the activities, and its change over those rated both times. Empty without any."""
    rated = [one for one in now if one.kind is FindingKind.ACTIVITY and one.value is not None]
    if not rated:
        return ""
    words = f"PSFS mean {number_in_words(mean(one.value or 0 for one in rated))} of 10, {len(rated)} rated"
    pairs = [
        (one.value, last)
        for one in rated
        if (last := before.get((one.kind, one.code, one.side, one.mode))) and last.finding.value is not None
    ]
    if not pairs:
        return words
    change = mean((value or 0) - (last.finding.value or 0) for value, last in pairs)
    since = _day(max(last.at for _value, last in pairs), zone)
    return (
        f"{words}; {_points(change)} since {since} over the same {len(pairs)}, {size_of_activities(change)}"
    )


def size_of_activities(change: float) -> str:
    """What a change of the mean means; no smaller than measurement error is called a change."""
    if abs(change) < ACTIVITY_MEAN_ERROR:
        return f"{WITHIN_ERROR} ({ACTIVITY_MEAN_ERROR})"
    size = next((name for least, name in ACTIVITY_SIZES if abs(change) >= least), "small")
    return f"a {size} change for the {'better' if change > 0 else 'worse'}"


def change_in_words(value: float) -> str:
    """What the global rating of change says."""
    if value == 0:
        return "about the same"
    direction = "better" if value > 0 else "worse"
    matters = "enough to matter" if abs(value) >= CHANGE_IMPORTANT else "less than what usually matters"
    return f"{direction}, {matters} ({number_in_words(CHANGE_IMPORTANT)})"


def sacroiliac_in_words(all_of_it: Sequence[Measured]) -> str:
    """How many sacroiliac tests were positive: three or more together count. Empty when none was done."""
    done: dict[str, bool] = {}
    for one in all_of_it:
        is_sacroiliac = one.kind is FindingKind.SPECIAL and one.code.startswith("sacroiliac_")
        if is_sacroiliac and one.result in ("positive", "negative"):
            done[one.code] = done.get(one.code, False) or one.result == "positive"
    if not done:
        return ""
    positive = sum(done.values())
    counts = "together they count" if positive >= SACROILIAC_NEEDED else f"{SACROILIAC_NEEDED} count"
    return f"{positive} of {len(done)} sacroiliac tests positive; {counts}"


def summed_up(rows: Sequence[Measured], before: Mapping[Key, Earlier], zone: str) -> list[str]:
    """What several findings say together."""
    changes = [one.value for one in rows if one.kind is FindingKind.CHANGE and one.value is not None]
    found = [
        activities_in_words(rows, before, zone),
        *(f"Change as the client sees it: {change_in_words(value)}" for value in changes),
        sacroiliac_in_words(rows),
    ]
    return [words for words in found if words]


def _of(value: float, maximum: float | None) -> str:
    return f"{number_in_words(value)} of {maximum:g}" if maximum is not None else number_in_words(value)


def _points(change: float) -> str:
    return "same" if change == 0 else f"{'+' if change > 0 else '-'}{number_in_words(abs(change))}"


def _day(at: datetime, zone: str) -> str:
    return short_day(today_in(zone, at))
