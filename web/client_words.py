"""What the client's own page says, in the client's language, and how a dose is told in it."""

import tomllib
from collections.abc import Callable, Sequence
from datetime import datetime, time
from functools import cache
from importlib.resources import files

from care.models import Assignment, Client, Exercise, Laterality, Practice, Side, Visit
from care.plans import dose_in_words
from care.saying import time_in_words
from reminders.wording import contact_values, visit_values

Say = Callable[..., str]


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("web").joinpath("client_words.toml").read_text("utf-8"))


def language_of(client: Client | None) -> str:
    """Theirs, where the page exists in it."""
    return client.language if client is not None and client.language in _words() else "en"


def sayer(client: Client, practice: Practice) -> Say:
    """Says what the page says; every sentence may name the client, the practice and its numbers."""
    language = language_of(client)
    values = contact_values(practice, language) | {"first": client.first_name}
    texts = _words()[language]

    def say(key: str, **more: object) -> str:
        return texts[key].format(**values | more)

    return say


def stranger_words() -> dict[str, str]:
    """For a token that was never ours: nobody knows whose language to speak."""
    return _words()["en"]


def counted_key(name: str, count: int) -> str:
    return f"{name}_{'one' if count == 1 else 'many' if count else 'none'}"


def visit_in_words(visit: Visit, client: Client, language: str) -> str:
    values = visit_values(visit.starts_at, client)
    joint = " a las " if language == "es" else ", "
    return f"{values['date']}{joint}{values['time']}"


def clock_in_words(at: time | datetime, language: str) -> str:
    at = at.time() if isinstance(at, datetime) else at
    return f"{at:%H:%M}" if language == "es" else time_in_words(at)


def name_of(exercise: Exercise, language: str) -> str:
    return exercise.name_es or exercise.name if language == "es" else exercise.name


def how_to(exercise: Exercise, language: str) -> tuple[str, Sequence[str], str]:
    """Cue, steps and caution; in the language they exist in."""
    if language == "es":
        return (
            exercise.cue_es or exercise.cue,
            exercise.steps_es or exercise.steps,
            exercise.caution_es or exercise.caution,
        )
    return exercise.cue, exercise.steps, exercise.caution


def dose_of(assignment: Assignment, language: str) -> str:
    """ "Hold 30 seconds. 3 times, right side", in the client's words."""
    laterality = assignment.exercise.laterality
    return _dose_es(assignment, laterality) if language == "es" else dose_in_words(assignment, laterality)


def _dose_es(dose: Assignment, laterality: Laterality) -> str:
    said = []
    if dose.duration_seconds:
        whole = dose.duration_seconds >= 120 and dose.duration_seconds % 60 == 0
        length = f"{dose.duration_seconds // 60} minutos" if whole else f"{dose.duration_seconds} segundos"
        said.append(f"{length}.")
    if dose.hold_seconds:
        said.append(f"Aguante {dose.hold_seconds} segundo{'s' if dose.hold_seconds > 1 else ''}.")
    count = "1 vez" if dose.reps == 1 else f"{dose.reps} veces"
    if dose.sets > 1:
        count = f"{dose.sets} series de {dose.reps}"
    words = " ".join([*said, count])
    if dose.side is not Side.BOTH:
        return f"{words}, lado {'izquierdo' if dose.side is Side.LEFT else 'derecho'}"
    return f"{words}, de cada lado" if laterality is Laterality.EACH_SIDE else words
