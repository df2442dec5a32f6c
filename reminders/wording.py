"""Every word that goes out: which text, in which language, with what filled in."""

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from care.models import Client, Practice
from care.phones import show_phone
from care.saying import day_in_words, time_in_words
from reminders.segments import plain

# Where help is, by country; a practice elsewhere gets the international emergency number.
EMERGENCY = {"US": "911", "CA": "911", "GB": "999", "IE": "112", "AU": "000", "NZ": "111", "MX": "911"}
CRISIS = {"US": "988", "CA": "988", "GB": "116 123", "ES": "024", "AU": "13 11 14", "MX": "800 290 0024"}
POISON = {"US": "1-800-222-1222", "CA": "1-844-764-7669", "GB": "111", "AU": "13 11 26", "ES": "91 562 04 20"}
ANYWHERE = "112"

MONTHS_ES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("reminders").joinpath("texts.toml").read_text("utf-8"))


def languages() -> list[str]:
    """The languages texts exist in."""
    return list(_texts())


def template(key: str, language: str) -> str:
    """The text before anything is filled in; English where a language has none."""
    texts = _texts()
    return texts.get(language, texts["en"]).get(key) or texts["en"][key]


def text(key: str, language: str, **values: object) -> str:
    """The text as it goes out: filled in, and in plain characters so that it fits one part where it can."""
    return plain(template(key, language).format(**values))


def contact_values(practice: Practice, language: str) -> dict[str, object]:
    """What any text may name: the practice, its phone, and where help is."""
    crisis = CRISIS.get(practice.country, EMERGENCY.get(practice.country, ANYWHERE))
    has_spanish_menu = practice.country == "US" and language == "es"
    return {
        "practice": practice.name,
        "phone": show_phone(practice.phone, practice.country) if practice.phone else "",
        "emergency": EMERGENCY.get(practice.country, ANYWHERE),
        "crisis": crisis,
        "crisis_extra": " y marque 2" if has_spanish_menu else "",
        "poison": POISON.get(practice.country, EMERGENCY.get(practice.country, ANYWHERE)),
    }


def client_text(key: str, client: Client, practice: Practice, **values: object) -> str:
    """A text to a client, in their language."""
    if key in ("help", "visit") and not practice.phone:
        key = f"{key}_no_phone"
    filled = contact_values(practice, client.language) | {"first": client.first_name} | values
    return text(key, client.language, **filled)


def visit_values(starts_at: datetime, client: Client) -> dict[str, object]:
    """Date and time of a visit as the client says them, on their clock."""
    local = starts_at.astimezone(ZoneInfo(client.timezone))
    if client.language == "es":
        return {"date": f"{local.day} de {MONTHS_ES[local.month - 1]}", "time": f"{local:%H:%M}"}
    return {"date": day_in_words(local.date()), "time": time_in_words(local.time())}


def score_in_words(score: float) -> str:
    """7, not 7.0; 6.5 stays."""
    return f"{score:g}"
