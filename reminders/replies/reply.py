"""What an incoming message means, as one value."""

from dataclasses import dataclass, field
from typing import Any

CONTEXTS = frozenset({"pain_prompt", "exercise_prompt", "followup", "none"})


@dataclass(frozen=True, slots=True)
class Reply:
    """`rating` is set exactly when "rating" is among the intents.

    `ratings` holds (label, value) pairs when the client gave several, `flags` the groups of red
    flags, `rules` which rule spoke for each intent. `notes` are for a person to see without an alarm
    ("slow_sign", "denied"), whatever the intents; `note_rules` says which rule spoke for each.
    """

    intents: tuple[str, ...]
    rating: float | None = None
    ratings: tuple[tuple[str, float], ...] = ()
    done_count: int | None = None
    clarify: bool = False
    flags: frozenset[str] = frozenset()
    is_partial: bool = False
    rules: dict[str, str] = field(default_factory=dict)
    notes: frozenset[str] = frozenset()
    note_rules: dict[str, str] = field(default_factory=dict)

    @property
    def is_help_keyword(self) -> bool:
        """HELP or INFO alone, which carriers want answered each time; not a question how this works."""
        return self.rules.get("help", "").startswith("help.keyword")

    def as_dict(self) -> dict[str, Any]:
        return {
            "intents": list(self.intents),
            "rating": self.rating,
            "ratings": [{"label": label, "value": value} for label, value in self.ratings],
            "done_count": self.done_count,
            "clarify": self.clarify,
        }
