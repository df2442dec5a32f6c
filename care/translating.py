"""What clients read of an exercise in their language; field by field English where there is nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from care.checks import check_line
from care.errors import Refused
from care.languages import ENGLISH, LANGUAGES
from care.models import Exercise, ExerciseSource
from care.seeds import translations_of

MOST_STEPS = 6


@dataclass(frozen=True)
class Told:
    """An exercise in the words of one language; empty where it has none."""

    name: str = ""
    cue: str = ""
    caution: str = ""
    steps: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == Told()


def told_in(exercise: Exercise, code: str) -> Told:
    """As a client of this language reads it."""
    english = Told(exercise.name, exercise.cue, exercise.caution, tuple(exercise.steps))
    if code == ENGLISH:
        return english
    own = translation(exercise, code)
    return Told(
        own.name or english.name,
        own.cue or english.cue,
        own.caution or english.caution,
        own.steps or english.steps,
    )


def parts_in_english(exercise: Exercise, code: str) -> frozenset[str]:
    """Which parts a client of this language reads in English, for want of others: their names in `Told`."""
    if code == ENGLISH:
        return frozenset()
    own, read = translation(exercise, code), told_in(exercise, code)
    return frozenset(
        part.name for part in fields(Told) if getattr(read, part.name) and not getattr(own, part.name)
    )


def translation(exercise: Exercise, code: str) -> Told:
    """What there is in this language alone. A seed entry knows languages that came after it."""
    stored = _object(exercise.translations).get(code)
    if stored is None and exercise.source is ExerciseSource.SEED:
        stored = translations_of(exercise.slug).get(code)
    words = _object(stored)
    steps = words.get("steps")
    return Told(
        _text(words.get("name")),
        _text(words.get("cue")),
        _text(words.get("caution")),
        tuple(step for step in map(_text, steps) if step) if isinstance(steps, list) else (),
    )


def keep_translations(exercise: Exercise) -> None:
    """What clients read stays as it is now, whatever a later version of the catalogs says."""
    found = {code: translation(exercise, code) for code in LANGUAGES if code != ENGLISH}
    exercise.translations = {**_object(exercise.translations), **_as_stored(found)}


def checked_translations(given: Mapping[str, Told]) -> dict[str, Any]:
    """As they are stored. Raises Refused with a sentence that begins with the field."""
    return _as_stored({code: _checked(told, LANGUAGES[code]) for code, told in given.items()})


def checked_steps(name: str, steps: tuple[str, ...]) -> list[str]:
    if len(steps) > MOST_STEPS:
        raise Refused(f"{name} must be {MOST_STEPS} at most. Join two of them.")
    return [check_line(name, step, 200) for step in steps]


def _checked(told: Told, language: str) -> Told:
    return Told(
        check_line(f"Name in {language}", told.name, 80, may_be_empty=True),
        check_line(f"Cue in {language}", told.cue, 200, may_be_empty=True),
        check_line(f"Caution in {language}", told.caution, 300, may_be_empty=True),
        tuple(checked_steps(f"Steps in {language}", told.steps)),
    )


def _as_stored(found: Mapping[str, Told]) -> dict[str, Any]:
    return {
        code: {"name": told.name, "cue": told.cue, "caution": told.caution, "steps": list(told.steps)}
        for code, told in found.items()
        if not told.is_empty
    }


def _object(value: object) -> dict[str, Any]:
    """What an import brought may be anything."""
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
