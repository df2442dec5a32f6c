"""What may be typed in: each check returns the value as we keep it, or refuses with a sentence for a form."""

import re
import unicodedata
from collections.abc import Collection
from datetime import time
from functools import cache
from zoneinfo import available_timezones

import phonenumbers

from care.errors import Refused
from care.languages import LANGUAGES

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
EMAIL_LONGEST = 254
# Embeddings, overrides and isolates; the marks that Arabic and Hebrew words need stay.
TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))

# Nobody is texted outside these; only a client's own request reaches the wider ones.
WINDOW_LIMITS = (time(8), time(21))
REQUESTED_WINDOW_LIMITS = (time(6), time(22))


def check_line(label: str, text: str, longest: int, *, may_be_empty: bool = False) -> str:
    """One line: runs of blanks become one space, control characters go."""
    line = " ".join(_without_controls(text).split())
    if not line and not may_be_empty:
        raise Refused(f"{label} must be 1 to {longest} characters.")
    if len(line) > longest:
        raise Refused(f"{label} must be at most {longest} characters.")
    return line


def check_paragraphs(label: str, text: str, longest: int = 10_000) -> str:
    """Free text with its line breaks; may be empty."""
    kept = "\n".join(_without_controls(line).rstrip() for line in text.splitlines()).strip()
    if len(kept) > longest:
        raise Refused(f"{label} must be at most {longest:,} characters.")
    return kept


def check_number(label: str, value: int | None, low: int, high: int, unit: str = "") -> int:
    if value is None or not low <= value <= high:
        raise Refused(f"{label} must be {low} to {high} {unit}".rstrip() + ".")
    return value


def check_codes(label: str, codes: Collection[str], known: Collection[str]) -> list[str]:
    """Codes of our vocabulary, each once, in the order given."""
    if any(code not in known for code in codes):
        raise Refused(f"{label} must be chosen from the list.")
    return list(dict.fromkeys(codes))


def check_email(typed: str) -> str:
    """In lower case, which is how we look it up."""
    email = typed.strip().lower()
    if not email.isascii():
        raise Refused("Email must be in plain letters without accents: not every mail server takes others.")
    if len(email) > EMAIL_LONGEST or not EMAIL.fullmatch(email):
        raise Refused("Email must look like name@example.com.")
    return email


def check_zone(zone: str) -> str:
    if zone not in _known_zones():
        raise Refused("Time zone must be one from the list, like America/New_York.")
    return zone


def check_country(typed: str) -> str:
    country = typed.strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused("Country must be its two letters, like US.")
    return country


def check_language(language: str) -> str:
    if language not in LANGUAGES:
        raise Refused(f"Language must be {' or '.join(LANGUAGES.values())}.")
    return language


def check_window(from_time: time, until_time: time, *, is_requested: bool = False) -> tuple[time, time]:
    """The hours texts may go out. A client's own request may widen them to 6:00am-10:00pm."""
    earliest, latest = REQUESTED_WINDOW_LIMITS if is_requested else WINDOW_LIMITS
    if from_time < earliest or until_time > latest:
        limits = "6:00am and 10:00pm" if is_requested else "8:00am and 9:00pm"
        raise Refused(f"Window must lie between {limits}.")
    if from_time >= until_time:
        raise Refused("Window must begin before it ends.")
    return from_time, until_time


@cache
def _known_zones() -> frozenset[str]:
    """Read from disk, so once. `localtime` would be wherever the server happens to stand."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _without_controls(text: str) -> str:
    """Nor what turns the direction of everything behind it: a name would turn the page it stands on."""
    kept = (mark for mark in text if mark not in TURNING)
    return "".join(" " if unicodedata.category(mark) == "Cc" else mark for mark in kept)
