"""What a brief holds: the figures with their counts, and what the client wrote. Kept with the assessment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from care.adherence import Adherence
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
    """A text as the client wrote it, and how it was read. `is_bare` when it holds an answer and no more."""

    at: datetime
    body: str
    reading: str
    is_bare: bool = False


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


@dataclass(frozen=True)
class Brief:
    """All that happened since `since`, for the next assessment. `pain` is of the whole course of care.

    `mean`, `worst` and `rating_count` are of the comparable ratings since then; `other_ratings` are
    those that compare with nothing. `gaps` are sentences for what cannot be said for want of data.
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

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe, for `Assessment.brief`."""
        kept: dict[str, Any] = freeze(self)
        return kept


def brief_from_dict(kept: Mapping[str, Any]) -> Brief:
    """The brief as it was seen that day."""
    return thaw(Brief, kept)
