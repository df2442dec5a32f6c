"""The adherence calendar: which sign each day of a home plan gets, in weeks from Monday."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple


class DayMark(NamedTuple):
    """What became of the occurrences due on one day. What is due and in none of the others is still open.

    `on_paper` stands on a sheet that nobody has entered, and is not due until somebody does.
    """

    done: int = 0
    partial: int = 0
    skipped: int = 0
    unknown: int = 0
    due: int = 0
    on_paper: int = 0


class DayCell(NamedTuple):
    """`sign` is v, /, x, ?, p, a full stop, or empty for a day still to come; `kind` names its class."""

    day: date
    sign: str
    kind: str
    words: str


class Week(NamedTuple):
    label: str
    cells: tuple[DayCell, ...]
    total: DayMark

    @property
    def counts(self) -> str:
        return f"{self.total.done} of {self.total.due}" if self.total.due else ""


@dataclass(frozen=True, slots=True)
class Calendar:
    rows: tuple[Week, ...]
    total: DayMark
    weeks: int


@lru_cache(maxsize=4_096)
def format_day(day: date) -> str:
    return f"{day.day} {day:%b}"


def window_start(until: date, weeks: int) -> date:
    """Return the Monday on which the last `weeks` calendar weeks began, the week of `until` included."""
    return until - timedelta(days=until.weekday()) - timedelta(weeks=weeks - 1)


def adherence_calendar(days: Mapping[date, DayMark], until: date, weeks: int = 8) -> Calendar:
    """Lay the days out in weeks from Monday. Days after `until` stay empty and are counted nowhere."""
    start = window_start(until, weeks)
    rows = tuple(_week(days, start + timedelta(weeks=number), until) for number in range(weeks))
    return Calendar(rows=rows, total=_sum(row.total for row in rows), weeks=weeks)


def sign_of(mark: DayMark) -> str:
    """Pick the one sign of a day.

    v all that was due is done; / some of it is; x nothing done and all of it said to be skipped;
    ? nothing done and at least one without an answer, because no answer is not a no; p all that is known
    is that it stands on paper; a full stop when nothing was due, or when what is due is still open.
    """
    if mark.due and mark.done >= mark.due:
        return "v"
    if mark.done or mark.partial:
        return "/"
    if mark.unknown:
        return "?"
    if mark.skipped:
        return "x"
    return "p" if mark.on_paper else "."


def _week(days: Mapping[date, DayMark], monday: date, until: date) -> Week:
    dates = [monday + timedelta(days=number) for number in range(7)]
    return Week(
        label=format_day(monday),
        cells=tuple(_cell(days, day, until) for day in dates),
        total=_sum(days.get(day, DayMark()) for day in dates if day <= until),
    )


def _cell(days: Mapping[date, DayMark], day: date, until: date) -> DayCell:
    if day > until:
        return DayCell(day, "", "ahead", f"{format_day(day)}: still to come")
    mark = days.get(day, DayMark())
    sign = sign_of(mark)
    kind, words = day_words(sign, mark)
    return DayCell(day, sign, kind, f"{format_day(day)}: {words}")


def day_words(sign: str, mark: DayMark) -> tuple[str, str]:
    """The class of a day with this sign, and what is said of it."""
    match sign:
        case "v":
            return "done", "done"
        case "/":
            return "partial", f"partly done, {mark.done} of {mark.due}"
        case "x":
            return "skipped", "skipped"
        case "?":
            return "unknown", "no answer"
        case "p":
            return "paper", "on paper, not entered yet"
        case _:
            return ("open", "not answered yet") if mark.due else ("rest", "nothing due")


def _sum(marks: Iterable[DayMark]) -> DayMark:
    total = DayMark()
    for mark in marks:
        total = DayMark(
            total.done + mark.done,
            total.partial + mark.partial,
            total.skipped + mark.skipped,
            total.unknown + mark.unknown,
            total.due + mark.due,
            total.on_paper + mark.on_paper,
        )
    return total
