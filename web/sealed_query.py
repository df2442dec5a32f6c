"""Words somebody typed that the address of a page has to carry: a name that is searched for, a question.

They are posted, sealed, and led back to, so the page can be reloaded and gone back to, and no history, proxy
or log can read them.
"""

from flask import request

from care.sealing import seal, unseal
from web.deps import current_user, settings

# Which word of an address holds them.
FIND, QUESTION = "find", "question"


def sealed(name: str, words: str) -> str | None:
    """As it goes into an address; None for no words at all."""
    typed = " ".join(words.split())
    return seal(settings().sealing_key, f"{_whose(name)}{typed}") if typed else None


def opened(name: str) -> str:
    """What this address carries of its user's words; empty where it carries none, or somebody else's."""
    whose, words = _whose(name), unseal(settings().sealing_key, request.args.get(name, "")) or ""
    return words.removeprefix(whose) if words.startswith(whose) else ""


def _whose(name: str) -> str:
    """Nobody is led to words that another user typed, or that were sealed for another purpose."""
    return f"address:{name}:{current_user().id}:"
