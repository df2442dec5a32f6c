"""Reading another provider's home programme: lines of text, or a FHIR R4 CarePlan. Nothing is guessed.

A line is one exercise, its name first: "Bridge, 3 x 10, hold 5 s, hip, 2 a day, 5 days a week". What a part
does not say stays unsaid, and what is not understood is kept beside the exercise as a note.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from care.errors import Refused
from care.searching import fold, words_of
from care.vocabulary import PRECAUTIONS, REGIONS

MOST_EXERCISES, MOST_CHARACTERS = 40, 60_000
LONGEST_NAME, LONGEST_NOTE = 80, 200
NO_EXERCISE = "No exercise was found. Write one a line, its name first."
NO_CARE_PLAN = "This JSON holds no FHIR CarePlan with exercises in it."
PRECAUTION, AVOID = "precaution", "avoid"
SPLIT = re.compile(r"[,;]|\.(?:\s|$)")
COUNTS = {"once": 1, "one": 1, "twice": 2, "two": 2, "three": 3}
NUMBER = r"(\d{1,3}|once|twice|one|two|three)"
SETS = re.compile(r"(\d{1,2}) ?(?:sets? ?(?:of|x)?|x|×) ?(\d{1,3})(?: ?(?:reps?|times|repetitions))?")
REPS = re.compile(r"(\d{1,3}) ?(?:x|×|times|reps?|repetitions)")
HOLD = re.compile(r"hold(?: for)? ?(\d{1,3}) ?(?:s|secs?|seconds)?|(\d{1,3}) ?(?:s|secs?|seconds) hold")
SECONDS = re.compile(r"(?:for )?(\d{1,3}) ?(?:s|secs?|seconds)")
MINUTES = re.compile(r"(?:for )?(\d{1,2}) ?(?:mins?|minutes)")
A_DAY = re.compile(NUMBER + r"(?: ?x| times?)? ?(?:a|per|/) ?day")
A_WEEK = re.compile(NUMBER + r"(?: ?x| times?| days?)? ?(?:a|per|/) ?week")
EACH_SIDE = frozenset({"each side", "both sides", "per side", "left and right"})
DAILY = frozenset({"daily", "every day", "each day"})
DAYS_IN = {"d": 1, "wk": 7, "h": 1 / 24}


@dataclass(frozen=True)
class OutsideExercise:
    """One exercise of theirs. None is what they did not say."""

    name: str
    region: str = ""
    sets: int | None = None
    reps: int | None = None
    hold_seconds: int | None = None
    duration_seconds: int | None = None
    is_each_side: bool = False
    times_per_day: int | None = None
    days_per_week: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in (None, "", False)}

    @property
    def has_dose(self) -> bool:
        """Whether how long it takes can be said at all."""
        return bool(self.reps or self.duration_seconds or self.hold_seconds)


@dataclass(frozen=True)
class ReadProgram:
    """What was understood, for a person to look at before it is kept."""

    exercises: tuple[OutsideExercise, ...]
    precautions: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()


@dataclass
class _Parts:
    found: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_program(typed: str) -> ReadProgram:
    """Text or JSON, told apart by its first character. Raises Refused when there is no exercise in it."""
    if len(typed) > MOST_CHARACTERS:
        raise Refused(f"A programme has at most {MOST_CHARACTERS:,} characters.")
    read = _read_care_plans(typed) if typed.lstrip().startswith(("{", "[")) else _read_lines(typed)
    if not read.exercises:
        raise Refused(NO_EXERCISE)
    if len(read.exercises) > MOST_EXERCISES:
        raise Refused(f"A programme has at most {MOST_EXERCISES} exercises.")
    return read


def exercise_from(stored: Mapping[str, Any]) -> OutsideExercise:
    """From a row, which may have come with an import: what is of another kind is left out."""
    kinds = {"name": str, "region": str, "note": str, "is_each_side": bool}
    fit: dict[str, Any] = {
        one.name: stored[one.name]
        for one in fields(OutsideExercise)
        if type(stored.get(one.name)) is kinds.get(one.name, int)
    }
    return OutsideExercise(**({"name": ""} | fit))


def _read_lines(typed: str) -> ReadProgram:
    exercises: list[OutsideExercise] = []
    said: dict[str, list[str]] = {PRECAUTION: [], AVOID: []}
    for line in typed.splitlines():
        head, colon, rest = line.strip(" \t-*•").partition(":")
        kind = fold(head).removesuffix("s")
        if colon and kind in said:
            said[kind] += [part.strip() for part in SPLIT.split(rest) if part.strip()]
        elif line.strip():
            exercises.append(_exercise_of_line(line.strip(" \t-*•")))
    return ReadProgram(tuple(exercises), _codes(said[PRECAUTION]), tuple(said[AVOID]))


def _exercise_of_line(line: str) -> OutsideExercise:
    name, *parts = [part.strip() for part in SPLIT.split(line) if part.strip()] or [line]
    return _exercise(name, parts)


def _exercise(name: str, parts: Sequence[str], **known: Any) -> OutsideExercise:
    read = _Parts()
    for part in parts:
        _read_part(part, read)
    read.found.setdefault("region", _region_in(name))
    note = ", ".join(read.notes)[:LONGEST_NOTE]
    return OutsideExercise(name=" ".join(name.split())[:LONGEST_NAME], note=note, **(read.found | known))


def _read_part(part: str, read: _Parts) -> None:
    """One thing said between commas; the whole part must fit, or it is a note."""
    said = " ".join(fold(part).split())
    if said in EACH_SIDE:
        read.found["is_each_side"] = True
    elif said in DAILY:
        read.found["days_per_week"] = 7
    elif match := SETS.fullmatch(said):
        read.found |= {"sets": int(match[1]), "reps": int(match[2])}
    elif match := HOLD.fullmatch(said):
        read.found["hold_seconds"] = int(match[1] or match[2])
    elif match := A_DAY.fullmatch(said):
        read.found["times_per_day"] = _count(match[1])
    elif match := A_WEEK.fullmatch(said):
        read.found["days_per_week"] = min(_count(match[1]), 7)
    elif match := REPS.fullmatch(said):
        read.found["reps"] = int(match[1])
    elif match := SECONDS.fullmatch(said):
        read.found["duration_seconds"] = int(match[1])
    elif match := MINUTES.fullmatch(said):
        read.found["duration_seconds"] = 60 * int(match[1])
    elif region := _region_named(said):
        read.found["region"] = region
    else:
        read.notes.append(part)


def _count(said: str) -> int:
    return COUNTS.get(said) or int(said)


def _region_named(said: str) -> str:
    """The code of a region that the words are the name or the code of; empty for anything else."""
    return next((code for code, label in REGIONS.items() if said in (code, fold(label))), "")


def _region_in(name: str) -> str:
    """The one region the name of an exercise names, as in "Neck stretch"; empty where none or several are."""
    words = f" {words_of(name)} "
    named = [code for code, label in REGIONS.items() if f" {words_of(label)} " in words]
    return named[0] if len(named) == 1 else ""


def _codes(said: Sequence[str]) -> tuple[str, ...]:
    """Our code where a precaution is named as we name it, else their words."""
    by_words = {words_of(label): code for code, label in PRECAUTIONS.items()}
    by_words |= {words_of(code): code for code in PRECAUTIONS}
    return tuple(dict.fromkeys(by_words.get(words_of(one), one[:LONGEST_NOTE]) for one in said))


def _read_care_plans(typed: str) -> ReadProgram:
    try:
        held = json.loads(typed)
    except (ValueError, RecursionError):
        raise Refused("This is no JSON that can be read. Copy all of it, from { to }.") from None
    details = [detail for plan in _care_plans(held) for detail in _details(plan)]
    if not details:
        raise Refused(NO_CARE_PLAN)
    given = [one for one in details if one.get("doNotPerform") is not True]
    avoided = [_name_of(one) for one in details if one.get("doNotPerform") is True]
    return ReadProgram(tuple(map(_exercise_of_detail, given)), (), tuple(one for one in avoided if one))


def _care_plans(held: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(held, list):
        for one in held:
            yield from _care_plans(one)
    elif isinstance(held, dict) and held.get("resourceType") == "Bundle":
        for entry in _dicts(held.get("entry")):
            yield from _care_plans(entry.get("resource"))
    elif isinstance(held, dict) and held.get("resourceType") == "CarePlan":
        yield held


def _details(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for activity in _dicts(plan.get("activity")):
        detail = activity.get("detail")
        is_over = isinstance(detail, dict) and detail.get("status") in ("cancelled", "stopped", "completed")
        if isinstance(detail, dict) and not is_over and _name_of(detail):
            yield detail


def _exercise_of_detail(detail: Mapping[str, Any]) -> OutsideExercise:
    description = detail.get("description")
    parts = SPLIT.split(description) if isinstance(description, str) else []
    words = [part.strip() for part in parts if part.strip() and fold(part.strip()) != fold(_name_of(detail))]
    return _exercise(_name_of(detail), words, **_timing(detail.get("scheduledTiming")))


def _timing(timing: Any) -> dict[str, int]:
    """Times a day and days a week of `Timing.repeat`; nothing where it does not come out even."""
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    if not isinstance(repeat, dict):
        return {}
    often, period, unit = repeat.get("frequency", 1), repeat.get("period"), repeat.get("periodUnit")
    if not isinstance(often, int) or period != 1 or unit not in ("d", "wk"):
        return {}
    if unit == "wk":
        return {"times_per_day": 1, "days_per_week": often} if 1 <= often <= 7 else {}
    days = repeat.get("dayOfWeek")
    return {"times_per_day": often, "days_per_week": len(days) if isinstance(days, list) and days else 7}


def _name_of(detail: Mapping[str, Any]) -> str:
    code = detail.get("code")
    if not isinstance(code, dict):
        return ""
    names = [code.get("text"), *(one.get("display") for one in _dicts(code.get("coding")))]
    return next((name.strip() for name in names if isinstance(name, str) and name.strip()), "")


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
