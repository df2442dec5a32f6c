"""A form in which a person writes to a client: what was typed, what speaks against it, and the second tap."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

from flask import request

from care.errors import Refused
from reminders.typed import PRIVATE_PHONE, Unconfirmed


@dataclass(frozen=True)
class Typed:
    """As it stands in the form. `asks` are the sentences that want a second tap, `anyway` its value."""

    body: str = ""
    error: str | None = None
    asks: list[str] = field(default_factory=list)
    anyway: str = ""

    @property
    def is_back(self) -> bool:
        """Whether it came back with something to look at."""
        return bool(self.error or self.asks)


def came_back(body: str, refusal: Refused) -> Typed:
    """The form again, as it was typed, with the sentence or the question."""
    if isinstance(refusal, Unconfirmed):
        return Typed(body, asks=refusal.sentences, anyway=json.dumps(refusal.words))
    return Typed(body, error=str(refusal))


def confirmed_actions(words: Collection[str]) -> list[str]:
    """What is written down of a message that went out with the second tap."""
    actions = ["write_though_private"] if PRIVATE_PHONE in words else []
    return [*actions, "confirm_health_words"] if set(words) - {PRIVATE_PHONE} else actions


def confirmed() -> list[str]:
    """The words that the second button named: it lets these pass and no others."""
    try:
        words = json.loads(request.form.get("anyway", "[]"))
    except ValueError:
        return []
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
