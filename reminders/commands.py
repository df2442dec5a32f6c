"""Whole-message commands our own texts invite: `C` to a visit text, GOOD, HARD or CALL to a nudge."""

from enum import StrEnum


class Command(StrEnum):
    CONFIRM = "confirm"
    GOING_WELL = "going_well"
    HARD = "hard"
    CALL = "call"


WORDS = {
    "c": Command.CONFIRM,
    "confirm": Command.CONFIRM,
    "confirmo": Command.CONFIRM,
    "good": Command.GOING_WELL,
    "bien": Command.GOING_WELL,
    "hard": Command.HARD,
    "mal": Command.HARD,
    "call": Command.CALL,
    "call me": Command.CALL,
    "llamar": Command.CALL,
}


def read_command(body: str) -> Command | None:
    """The command when the message is nothing else, whatever its case and punctuation."""
    return WORDS.get(" ".join(body.lower().strip(" .!'\"\n\t").split()))
