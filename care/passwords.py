"""Which passwords are too easy to guess. Length alone is not enough: "password1234" has twelve characters."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from care.errors import Refused

SHORTEST = 12
# Argon2 reads every character; the bound only keeps a hostile form from costing us a second.
LONGEST = 1000
FEWEST_DIFFERENT = 5
TOO_COMMON = "Password is easy to guess. Take a few words that nobody would put together."
TOO_PERSONAL = "Password holds your name, your email or the practice. Take words that say nothing of you."

LOOKALIKES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def check_password_words(password: str, about: Iterable[str] = ()) -> None:
    """Raises Refused with the reason. `about` are names the password must not consist of, like the email."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"Password must be at least {SHORTEST} and at most 1,000 characters.")
    plain = password.casefold()
    if len(set(plain)) < FEWEST_DIFFERENT or _is_repeated(plain) or _is_a_run(plain):
        raise Refused(TOO_COMMON)
    if not _left_of(plain, _common_words()) or not _left_of(plain.translate(LOOKALIKES), _common_words()):
        raise Refused(TOO_COMMON)
    names = [part for name in about for part in re.split(r"\W+", name.casefold()) if len(part) > 2]
    if names and not _left_of(plain, (*sorted(names, key=len, reverse=True), *_common_words())):
        raise Refused(TOO_PERSONAL)


def _left_of(plain: str, words: Iterable[str]) -> str:
    """What remains without these words, digits and signs."""
    letters = re.sub(r"[\W\d_]+", " ", plain)
    for word in words:
        letters = letters.replace(word, " ")
    left = letters.replace(" ", "")
    return left if len(left) > 2 else ""


def _is_repeated(plain: str) -> bool:
    """One short piece over and over: "abcdabcdabcd"."""
    return any(
        plain == (plain[:size] * (len(plain) // size + 1))[: len(plain)] for size in range(1, len(plain) // 2)
    )


def _is_a_run(plain: str) -> bool:
    """A row of keys or of the alphabet, either way round, all but a few characters of it."""
    return any(
        piece in plain and len(plain) - len(piece) < 5
        for run in RUNS
        for way in (run, run[::-1])
        for size in range(len(way), 7, -1)
        for piece in (way[start : start + size] for start in range(len(way) - size + 1))
    )


@cache
def _common_words() -> tuple[str, ...]:
    """What guessing programs try first and put together; the longest first. Our own list, for a rule."""
    text = (Path(__file__).parent / "data" / "common_words.toml").read_text("utf-8")
    return tuple(sorted(tomllib.loads(text)["words"], key=len, reverse=True))
