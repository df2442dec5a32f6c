"""Every word that goes out: which text, in which language, with what filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from care.languages import LANGUAGES, TEXTS, WORDS, dated_for_client, keys, phrase, time_for_client
from care.models import Practice
from care.phones import show_phone
from care.recurrence import today_in
from reminders.batch_rows import AnyClient
from reminders.help_lines import LIFELINE, help_line
from reminders.linting import fill, names_in
from reminders.segments import count_parts, plain

# The texts a practice may word itself. Never safety, help, or what is said about stopping and starting.
CHANGEABLE = frozenset(
    (
        "reminder", "reminder_first", "reminder_first_pain", "reminder_pain", "pain_now", "visit",
        "visit_no_phone", "nudge", "saved", "done", "done_saved", "done_ask", "skipped", "skipped_saved",
        "skipped_ask", "later", "confirmed", "passed_on",
    )
)  # fmt: skip

HELP_NAMES = frozenset({"emergency", "crisis", "poison"})


def template(key: str, language: str) -> str:
    """The text before anything is filled in; English where a language has none."""
    return phrase(TEXTS, key, language)


def text(key: str, language: str, **values: object) -> str:
    """The text as it goes out: filled in, and in plain characters so that it fits one part where it can."""
    return plain(template(key, language).format(**values))


def own_template(key: str, practice: Practice, language: str) -> str | None:
    """The practice's own words for this text, where it has some."""
    own = (practice.wording or {}).get(language, {}).get(key) if key in CHANGEABLE else None
    return own if isinstance(own, str) and own.strip() else None


def contact_values(practice: Practice, language: str) -> dict[str, object]:
    """What any text may name: the practice, its phone, and where help is."""
    crisis = help_line(practice, "crisis")
    how = "crisis_how_texts" if crisis.takes_texts else "crisis_how"
    return {
        "practice": _line(practice.name),
        "phone": show_phone(practice.phone, practice.country) if practice.phone else "",
        "emergency": help_line(practice, "emergency").number,
        "crisis": phrase(WORDS, "lifeline", language) if crisis == LIFELINE else crisis.number,
        "crisis_how": phrase(WORDS, how, language),
        "poison": help_line(practice, "poison").number,
    }


def client_text(key: str, client: AnyClient, practice: Practice, **values: object) -> str:
    """A text to a client, in their language."""
    return text_naming(key, client, practice, contact_values(practice, client.language), **values)


def text_naming(
    key: str, client: AnyClient, practice: Practice, contact: Mapping[str, object], /, **values: object
) -> str:
    """The same where the values of `contact_values` are at hand, as they are for a batch."""
    if client.letter and (shared := f"{key}_shared") in keys(TEXTS):
        key = shared
    elif key in ("help", "visit") and not practice.phone:
        key = f"{key}_no_phone"
    names_them = {"first": _line(client.first_name), "letter": client.letter or ""}
    filled = {**contact, **names_them, **values}
    own = own_template(key, practice, client.language)
    # Words that name what is not there (an import may bring them) must not go out: then ours do.
    names = names_in(own) if own is not None else None
    if own is not None and names is not None and names <= filled.keys():
        return plain(fill(own, filled))
    return text(key, client.language, **filled)


def _line(name: str) -> str:
    """A name begins no line of its own, wherever it was brought in from."""
    return " ".join(name.split())


def visit_values(starts_at: datetime, client: AnyClient, now: datetime) -> dict[str, object]:
    """Date and time of a visit as the client says them, on their clock; the year where it is another."""
    local = starts_at.astimezone(ZoneInfo(client.timezone))
    return {
        "date": dated_for_client(local.date(), client.language, today_in(client.timezone, now)),
        "time": time_for_client(local.time(), client.language),
    }


def score_in_words(score: float) -> str:
    """7, not 7.0; 6.5 stays."""
    return f"{score:g}"


@dataclass(frozen=True)
class SafetyText:
    """One text that tells where help is, as a client gets it."""

    key: str
    language: str
    body: str
    parts: int


def safety_texts(practice: Practice) -> list[SafetyText]:
    """Every text with one of the practice's help lines in it, in every language, with the longest values."""
    instead = "help_no_phone" if practice.phone else "help"
    values = {"score": "6.5", "first": "Maximilian"}
    found = []
    for language in LANGUAGES:
        filled = contact_values(practice, language) | values
        for key in keys(TEXTS):
            if key != instead and (names_in(template(key, language)) or set()) & HELP_NAMES:
                body = text(key, language, **filled)
                found.append(SafetyText(key, language, body, count_parts(body).parts))
    return found
