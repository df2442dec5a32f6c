"""What is asked for when a figure is looked behind, and the lines that come back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from care.models import Message

# Where a span begins that has no beginning: before anything on file.
EVER = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Evidence:
    """One thing that was counted. `body` is the message it came in, or went out with; `item_id` an alert."""

    at: datetime
    what: str
    detail: str = ""
    body: str = ""
    message_id: int | None = None
    item_id: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Which figure: its kind, and the instants between which it counts, ends included.

    `assignment_ids` narrow it to exercises of a plan, `exercise_id` to one of the library, `frame` to one
    kind of pain ("" is the pain now, as a whole), `rating_ids` to these alone, `counted` to what adherence
    counts under that name.
    """

    kind: str
    spans: tuple[Span, ...]
    assignment_ids: tuple[int, ...] = ()
    exercise_id: int | None = None
    frame: str | None = None
    rating_ids: tuple[int, ...] = ()
    counted: str | None = None

    @property
    def since(self) -> datetime:
        return min(since for since, _until in self.spans)

    @property
    def until(self) -> datetime:
        return max(until for _since, until in self.spans)

    def covers(self, column: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
        return or_(*(column.between(since, until) for since, until in self.spans))

    def holds(self, at: datetime) -> bool:
        return any(since <= at <= until for since, until in self.spans)


def line_of(at: datetime, what: str, detail: str, message: Message | None) -> Evidence:
    if message is None:
        return Evidence(at, what, detail)
    return Evidence(at, what, detail, message.words, message.id)


def newest_first(lines: Iterable[Evidence]) -> list[Evidence]:
    return sorted(lines, key=lambda line: line.at, reverse=True)
