"""What a brief holds: the figures with their counts, and what the client wrote. Kept with the assessment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from care.adherence import Adherence
from care.contrasts import Contrast
from care.frames import Series
from care.freezing import freeze, thaw
from care.pain import PainFigures


@dataclass(frozen=True)
class RatingLine:
    """One rating. `about` says what was rated when it is not the pain now, as a whole."""

    at: datetime
    score: float
    is_visit: bool = False
    about: str = ""


@dataclass(frozen=True)
class ExerciseLine:
    """One assignment of these days: its adherence, and whether it still runs."""

    assignment_id: int
    name: str
    adherence: Adherence
    band: str | None
    has_ended: bool = False


@dataclass(frozen=True)
class ClientWords:
    """What the client wrote, and how it was read. `is_bare` when it holds an answer and no more.

    `is_barrier` when it goes with an exercise that was not done: what stood in the way. `message_id` is the
    text; None for words from their own page.
    """

    at: datetime
    body: str
    reading: str
    is_bare: bool = False
    is_barrier: bool = False
    message_id: int | None = None


@dataclass(frozen=True)
class ChangeLine:
    at: datetime
    words: str


@dataclass(frozen=True)
class AttentionLine:
    at: datetime
    words: str
    state: str
    is_red_flag: bool = False
    item_id: int | None = None


@dataclass(frozen=True)
class Brief:
    """All that happened since `since`, for the next assessment. `pain` is of the whole course of care.

    `mean`, `worst`, `best`, `slope` and `rating_count` are of the ratings of pain now since then;
    `other_ratings` are those of other frames, and `other_series` the same figures for each of those.
    `days_answered` of `days_asked` brought a rating. `gaps` are sentences for what cannot be said for want
    of data.
    """

    made_at: datetime
    zone: str
    since: datetime
    since_what: str
    pain: PainFigures
    mean: float | None
    worst: float | None
    rating_count: int
    ratings: tuple[RatingLine, ...]
    other_ratings: tuple[RatingLine, ...]
    questions_asked: int
    questions_answered: int
    adherence: Adherence
    band: str | None
    exercises: tuple[ExerciseLine, ...]
    words: tuple[ClientWords, ...]
    changes: tuple[ChangeLine, ...]
    visits_missed: tuple[datetime, ...]
    texts_not_delivered: int
    attention: tuple[AttentionLine, ...]
    gaps: tuple[str, ...] = ()
    best: float | None = None
    slope: float | None = None
    other_series: tuple[Series, ...] = ()
    days_asked: int = 0
    days_answered: int = 0
    contrasts: tuple[Contrast, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe, for `Assessment.brief`."""
        kept: dict[str, Any] = freeze(self)
        return kept


def brief_from_dict(kept: Mapping[str, Any]) -> Brief:
    """The brief as it was seen that day."""
    return thaw(Brief, kept)
