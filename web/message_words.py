"""What became of a text, in words: its state, and of a failure the reason and the remedy."""

from dataclasses import dataclass

from care.models import Direction, Message
from care.provider_codes import OFF, explain

ON_ITS_WAY = frozenset({"accepted", "scheduled", "queued", "sending", "prepared"})


@dataclass(frozen=True)
class State:
    """`tone` is the badge's; `why` and `remedy` are sentences, or empty."""

    words: str
    tone: str = ""
    why: str = ""
    remedy: str = ""


def state_of(message: Message) -> State:
    if message.direction is Direction.IN:
        return State("Received")
    match message.status:
        case "delivered" | "read" | "partially_delivered":
            return State("Arrived", "ok")
        case "sent":
            return State("Sent, no receipt yet", "info")
        case "undelivered" | "failed" | "canceled":
            return _failure(message.error_code)
        case "unsure":
            return State("In doubt", "warning", "The provider has not said whether it took it.", OFF)
        case status if status in ON_ITS_WAY:
            return State("On its way", "info")
        case status:
            return State(status.capitalize())


def failure_words(code: int | None) -> str:
    """Why a text did not arrive, as one sentence."""
    return _failure(code).why


def _failure(code: int | None) -> State:
    known = explain(code)
    return State("Not delivered", "danger", known.why, known.remedy)
