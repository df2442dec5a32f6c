"""What a client's own page says while their texts are paused: who paused them, and how they go on."""

from datetime import date

from care.languages import Say, dated_for_client
from care.models import Client
from care.pausing import PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE

# Whose pause it is, as the words for it are called; what names nobody is the practice's.
WHOSE = {PAUSED_FOR_SILENCE: "silence", PAUSED_BY_CLIENT: "client"}


def pause_in_words(
    client: Client, today: date, language: str, say: Say, *, gets_texts: bool, may_exercise: bool
) -> list[str]:
    """Sentences, none while nothing is paused. Who gets no texts anyway is told nothing about texts."""
    if not client.is_paused_on(today):
        return []
    go_on = [say("pause_go_on")] if may_exercise else []
    if not gets_texts:
        return go_on
    whose = WHOSE.get(client.pause_reason or "", "staff")
    return [_what(client, whose, today, language, say), *go_on, say(f"pause_{whose}_how")]


def _what(client: Client, whose: str, today: date, language: str, say: Say) -> str:
    if client.paused_until is None or whose == "silence":
        return say(f"pause_{whose}")
    return say(f"pause_{whose}_until", day=dated_for_client(client.paused_until, language, today))
