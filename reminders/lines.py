"""One sender's texts of a batch on their way: while the provider takes nothing, only one tries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from care.models import Sender
from reminders.gateway import Accepted, Outcome, Postponed, Refused, Unsure
from reminders.letters import Letter

# One text without an answer among hundreds that were taken says nothing about the provider.
CUT_AFTER = 3


@dataclass
class Line:
    """The first text goes alone, and the others only once the provider has taken or refused it.

    The line is cut by a first text in trouble, by several in a row, or when the provider asks to wait:
    what is left goes back untried, and the sender is held. It has no end without a sender to hold.
    """

    sender: Sender | None
    letters: list[Letter] = field(default_factory=list)
    is_cut: bool = False
    was_taken: bool = False
    retry_after_seconds: float = 0.0
    is_noted: bool = False
    cut_at: datetime | None = None
    _in_a_row: int = 0

    @property
    def is_news(self) -> bool:
        """Whether there is something to write down about the sender, and nobody has."""
        was_in_trouble = self.sender is not None and self.sender.troubles > 0
        return not self.is_noted and (self.is_cut or (was_in_trouble and self.was_taken))

    def heard(self, outcome: Outcome, at: datetime) -> None:
        """What became of one of its texts, and when."""
        if self.sender is None or _is_ours(outcome):
            return
        if isinstance(outcome, Accepted | Refused):
            self.was_taken, self._in_a_row = True, 0
            return
        self._in_a_row += 1
        asked_to_wait = isinstance(outcome, Postponed) and outcome.holds_sender
        if asked_to_wait or not self.was_taken or self._in_a_row >= CUT_AFTER:
            self.is_cut, self.cut_at = True, at
        if isinstance(outcome, Postponed):
            self.retry_after_seconds = max(self.retry_after_seconds, outcome.retry_after_seconds or 0.0)


def _is_ours(outcome: Outcome) -> bool:
    """Put off by ourselves, so it says nothing about the provider."""
    if isinstance(outcome, Postponed):
        return not outcome.holds_sender and outcome.retry_after_seconds is not None
    return not isinstance(outcome, Accepted | Refused | Unsure)


def lines_of(letters: Sequence[Letter]) -> list[Line]:
    """A line for each sender, in the order of their first texts."""
    lines: dict[int | None, Line] = {}
    for letter in letters:
        key = letter.sender.id if letter.sender is not None else None
        lines.setdefault(key, Line(letter.sender)).letters.append(letter)
    return list(lines.values())
