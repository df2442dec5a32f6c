"""Finding by what somebody types: case and accents do not matter, on any database."""

import re
import unicodedata
from collections.abc import Sequence

WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """López and lopez fold to the same. SQLite's lower() knows ASCII alone, so we fold here."""
    if text.isascii():
        return text.casefold()
    spread = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in spread if not unicodedata.combining(mark)).casefold()


def has_all(words: Sequence[str], *texts: str) -> bool:
    """True when each of these words, folded already, is part of one of the texts."""
    folded = [fold(text) for text in texts]
    return all(any(word in text for text in folded) for word in words)


def words_of(*texts: str) -> str:
    """Letters and digits alone, folded, a blank between words: what is searched, and what is searched for."""
    return " ".join(word for text in texts for word in WORD.findall(fold(text)))
