"""Whole-message commands: what clients can steer by text, and the answers our own texts invite.

    TIME 7pm, DAYS MWF, PAUSE 7, RESUME, LIST, CALL ME    and the same in Spanish
    C to a visit text, GOOD, HARD or CALL to a nudge

None of them is a word that carriers act on (STOP, END, CANCEL, QUIT, YES, START, HELP ...).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from reminders.moments import CLOCK, ClockTime, clock_time_of, in_figures, weekdays_in
from reminders.replies.cleaning import clean

USUAL_PAUSE_DAYS = 7
ARTICLES = frozenset(("a", "an", "un", "una"))


class Command(StrEnum):
    """Those that say all in one word."""

    CONFIRM = "confirm"
    GOING_WELL = "going_well"
    HARD = "hard"
    CALL = "call"
    RESUME = "resume"
    LINK = "link"


@dataclass(frozen=True)
class MoveTime:
    """The reminders should come at another time; None when the time could not be read."""

    clock: ClockTime | None


@dataclass(frozen=True)
class ChooseDays:
    """They should come on these days (0 is Monday); None when the days could not be read."""

    weekdays: frozenset[int] | None


@dataclass(frozen=True)
class Pause:
    """No texts for so many days, today counted."""

    days: int


Steer = Command | MoveTime | ChooseDays | Pause

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
    "llamame": Command.CALL,
    "llameme": Command.CALL,
    "llamenme": Command.CALL,
    "resume": Command.RESUME,
    "reanudar": Command.RESUME,
    "reanuda": Command.RESUME,
    # Not "lista": she who is ready says so in Spanish.
    "list": Command.LINK,
    "link": Command.LINK,
    "my list": Command.LINK,
    "my link": Command.LINK,
    "my exercises": Command.LINK,
    "plan": Command.LINK,
    "mi plan": Command.LINK,
    "enlace": Command.LINK,
    "mis ejercicios": Command.LINK,
}
TIME = re.compile(
    r"(?:(?:reminder )?time|hora)\b\s*[:=]?\s*(?:to |at |a las? |a )?(?P<rest>.+)"
    r"|(?:change|move|set|switch|make)\s+(?:my |the )?(?:(?:reminders?|texts?)(?: time)?|time)"
    r"\s+(?:to |at |for )(?P<en>.+)"
    r"|(?:cambiar?|cambie|cambien|mover?|poner|pon|ponga)\s+(?:la |mi |el |mis )?(?:hora|recordatorios?)"
    r"\s+(?:a|para)\s+(?:las? )?(?P<es>.+)"
)
DAYS = re.compile(r"(?:days?|dias?)\b\s*[:=]?\s*(?:to |on )?(?P<rest>.+)")
PAUSE = re.compile(
    r"(?:pause|pausa|pausar)"
    r"(?:\s+(?:for |por )?(?P<count>\d{1,4}|an?|una?)\s*(?P<unit>days?|dias?|weeks?|semanas?)?)?"
)
NO_CLOCK = re.compile(
    r"(?:the |in the |at |por la |en la |la )?"
    r"(?:midnight|medianoche|mornings?|afternoons?|evenings?|nights?|tonight|manana|tarde|noche)"
)
# 7:30, however it is written.
WITHOUT_COLON = re.compile(r"^(\d{1,2})([0-5]\d)(?=\D|$)")

POLITE = re.compile(r"^please |,? (?:please|por favor|thanks|gracias)$")
ONLY_CLOCK = re.compile(CLOCK)
# "time for my appointment?" is no command: what follows must at least begin like a time or a day.
LONGEST_COMMAND = 60


def read_command(body: str) -> Steer | None:
    """The command when the message is nothing else, whatever its case, accents and punctuation."""
    text = " ".join(clean(body).split())
    if len(text) > LONGEST_COMMAND or text.endswith("?"):
        return None
    text = POLITE.sub("", text.strip(" .!'\""))
    if word := WORDS.get(text):
        return word
    return _time(text) or _days(text) or _pause(text)


def _time(text: str) -> MoveTime | None:
    if text in ("time", "hora", "reminder time"):
        return MoveTime(None)
    found = TIME.fullmatch(text)
    if found is None:
        return None
    wanted = in_figures((found["rest"] or found["en"] or found["es"]).strip())
    wanted = WITHOUT_COLON.sub(r"\1:\2", wanted)
    clock = ONLY_CLOCK.fullmatch(wanted)
    if clock is not None:
        return MoveTime(clock_time_of(clock))
    return MoveTime(None) if wanted[0].isdecimal() or NO_CLOCK.fullmatch(wanted) else None


def _days(text: str) -> ChooseDays | None:
    if text in ("days", "dias"):
        return ChooseDays(None)
    found = DAYS.fullmatch(text)
    if found is None:
        return None
    wanted = found["rest"].strip()
    weekdays = weekdays_in(wanted)
    is_meant = weekdays is not None or (text.startswith(("days", "dias")) and _means_days(wanted))
    return ChooseDays(weekdays) if is_meant else None


def _means_days(wanted: str) -> bool:
    """Days we could not read: a word alone, figures, "M-S", or days with something after them. "Day 3" and
    "days are long" say something else.
    """
    words = wanted.split()
    is_one_word = len(words) == 1 and (not words[0].isalnum() or words[0].isalpha() or words[0].isdecimal())
    return is_one_word or any(weekdays_in(" ".join(words[:count])) for count in range(1, len(words)))


def _pause(text: str) -> Pause | None:
    found = PAUSE.fullmatch(in_figures(text))
    if found is None or (found["count"] in ARTICLES and not found["unit"]):
        return None
    given = found["count"] or str(USUAL_PAUSE_DAYS)
    count = 1 if given in ARTICLES else int(given)
    return Pause(count * 7 if (found["unit"] or "").startswith(("week", "semana")) else count)
