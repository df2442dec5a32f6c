"""Where help is: the numbers that safety texts name, by country, unless the practice has set its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from care.errors import Refused
from care.models import Practice

LOOKS_LIKE_A_PHONE = re.compile(r"[0-9+][0-9 +()-]{1,19}", re.ASCII)
FEWEST_DIGITS = 2


@dataclass(frozen=True)
class HelpLine:
    """One number, whose it is, and whether it takes texts too."""

    number: str
    whose: str
    takes_texts: bool = False


KINDS = {
    "emergency": "Emergency",
    "crisis": "Crisis line",
    "poison": "Poison help",
}
# Who has none of a kind is sent to the emergency number.
ANYWHERE = HelpLine("112", "the international emergency number")
LIFELINE = HelpLine("988", "988 Suicide & Crisis Lifeline, calls and texts", takes_texts=True)
BY_COUNTRY: Mapping[str, Mapping[str, HelpLine]] = {
    "US": {
        "emergency": HelpLine("911", "the country's emergency number"),
        "crisis": LIFELINE,
        "poison": HelpLine("1-800-222-1222", "America's Poison Centers"),
    },
    "CA": {
        "emergency": HelpLine("911", "the country's emergency number"),
        "crisis": HelpLine("988", "9-8-8 Suicide Crisis Helpline, calls and texts", takes_texts=True),
        "poison": HelpLine("1-844-764-7669", "Poison Centres of Canada"),
    },
    "GB": {
        "emergency": HelpLine("999", "the country's emergency number"),
        "crisis": HelpLine("116 123", "Samaritans, calls only"),
        "poison": HelpLine("111", "NHS 111"),
    },
    "ES": {
        "emergency": HelpLine("112", "the country's emergency number"),
        "crisis": HelpLine("024", "Línea 024, calls only"),
        "poison": HelpLine("91 562 04 20", "Instituto Nacional de Toxicología"),
    },
    "AU": {
        "emergency": HelpLine("000", "the country's emergency number"),
        "crisis": HelpLine("13 11 14", "Lifeline, calls only"),
        "poison": HelpLine("13 11 26", "Poisons Information Centre"),
    },
    "MX": {
        "emergency": HelpLine("911", "the country's emergency number"),
        "crisis": HelpLine("800 911 2000", "Línea de la Vida, calls only"),
    },
    "IE": {"emergency": HelpLine("112", "the country's emergency number")},
    "NZ": {"emergency": HelpLine("111", "the country's emergency number")},
}


def usual_line(country: str, kind: str) -> HelpLine:
    """Ours for this country, where the practice has set none."""
    ours = BY_COUNTRY.get(country, {})
    return ours.get(kind) or ours.get("emergency") or ANYWHERE


def help_line(practice: Practice, kind: str) -> HelpLine:
    """The practice's own number, else the country's; without one, where an emergency goes."""
    own = _own(practice, kind)
    if own is None and kind not in BY_COUNTRY.get(practice.country, {}):
        own = _own(practice, "emergency")
    return HelpLine(own, "set by the practice") if own is not None else usual_line(practice.country, kind)


def set_help_lines(practice: Practice, typed: Mapping[str, str]) -> None:
    """The practice's own numbers; an empty one goes back to the country's. Refused changes nothing."""
    checked = {kind: _checked(kind, typed.get(kind, "")) for kind in KINDS}
    practice.help_lines = {kind: number for kind, number in checked.items() if number}


def _own(practice: Practice, kind: str) -> str | None:
    """What an import brought is no number before it looks like one."""
    own = (practice.help_lines or {}).get(kind)
    return own if isinstance(own, str) and _is_number(own) else None


def _checked(kind: str, typed: str) -> str:
    number = " ".join(typed.split())
    if number and not _is_number(number):
        raise Refused(f"{KINDS[kind]} must be a phone number of 2 to 20 digits and spaces, like 911.")
    return number


def _is_number(number: str) -> bool:
    is_phone = LOOKS_LIKE_A_PHONE.fullmatch(number) is not None
    return is_phone and sum(mark.isdigit() for mark in number) >= FEWEST_DIGITS
