"""Who texts us and what they were asked, as plain values: mapping them costs more than storing the text."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from care.models import Client, ClientStatus, Question, QuestionStatus


@dataclass(frozen=True, slots=True)
class WrittenTo:
    """The practice whose number a text was sent to."""

    id: int
    language: str
    thresholds: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Texter:
    """What most texts ask of the client who wrote them, by the client's own names."""

    id: int
    practice_id: int
    therapist_id: int | None
    first_name: str
    language: str
    pause_reason: str | None
    letter: str | None
    phone_hash: str
    thresholds: dict[str, Any]
    status: ClientStatus


Answered = tuple[QuestionStatus, bool, datetime | None, datetime | None]


@dataclass(slots=True, eq=False)
class Asked:
    """A question that takes answers. What an answer changes is changed here, and stored once at the end."""

    id: int
    message_id: int | None
    context: str
    asked_at: datetime
    bare_until: datetime
    status: QuestionStatus
    invites_rating: bool
    answered_at: datetime | None
    clarified_at: datetime | None
    stored: Answered = field(init=False)

    def __post_init__(self) -> None:
        self.stored = self.answered

    @property
    def answered(self) -> Answered:
        """All that an answer may change."""
        return self.status, self.invites_rating, self.answered_at, self.clarified_at


# Either the plain row or the mapped one: what reading and acting ask of them has the same names in both.
AnyTexter = Client | Texter
AnyQuestion = Question | Asked
