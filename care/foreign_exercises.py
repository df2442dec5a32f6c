"""Exercises of other libraries, read from their files: words alone, cleaned, with where they are from. Pure.

Known are the JSON of free-exercise-db (a list of exercises) and of wger (`exerciseinfo`, with translations).
Neither carries a dose, a side or a caution: a therapist adds them before anybody gets such an exercise.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from care.errors import Refused
from care.models import ExerciseType

LARGEST_FILE = 8 * 1024 * 1024
MOST_ENTRIES = 5000
LONGEST_NAME, LONGEST_STEP = 80, 200
FREE_EXERCISE_DB, WGER = "free-exercise-db", "wger"
# wger numbers its languages.
WGER_ENGLISH, WGER_SPANISH = 2, 4
# And its licences, where a translation has another than its entry.
WGER_LICENCES = {1: "CC-BY-SA 3", 2: "CC-BY-SA 4", 3: "CC0", 4: "CC-BY 4"}
LONGEST_LICENCE, LONGEST_AUTHOR = 80, 120
WHOLE_BODY = "whole_body"
# Beginnings of their words for muscles and categories, and the region they stand for; the first that fits.
REGIONS_BY_WORD = (
    ("neck", "neck"), ("trap", "neck"), ("shoulder", "shoulder"), ("delt", "shoulder"), ("chest", "chest"),
    ("pector", "chest"), ("serratus", "chest"), ("tricep", "upper_arm"), ("bicep", "upper_arm"),
    ("brachialis", "upper_arm"), ("arm", "upper_arm"), ("forearm", "forearm"), ("abdominal", "abdomen"),
    ("abs", "abdomen"), ("obliq", "abdomen"), ("lower back", "low_back"), ("erector", "low_back"),
    ("middle back", "upper_back"), ("lat", "upper_back"), ("back", "upper_back"), ("glute", "glute"),
    ("abductor", "hip"), ("adductor", "thigh_medial"), ("quad", "thigh_anterior"),
    ("hamstring", "thigh_posterior"), ("cal", "lower_leg"), ("gastroc", "lower_leg"), ("soleus", "lower_leg"),
    ("leg", "thigh_anterior"),
)  # fmt: skip
SKIPPED_TAGS = frozenset({"script", "style", "template", "iframe", "object", "svg", "head", "title"})
LINE_TAGS = frozenset({"p", "li", "br", "div", "ol", "ul", "h1", "h2", "h3", "h4"})


@dataclass(frozen=True)
class ForeignExercise:
    """One entry, its words cleaned, each step short enough for us. There may be more steps than a client is
    given: all are kept for the therapist who finishes it. `ref` is its key where it comes from; `licence`
    and `author` say of which language each holds, where they differ.
    """

    source: str
    ref: str
    name: str
    steps: tuple[str, ...]
    region: str
    type: ExerciseType
    muscles: tuple[str, ...]
    equipment: tuple[str, ...]
    licence: str
    author: str
    spanish_name: str = ""
    spanish_steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """`left_out` says of how many entries nothing could be made: no English name, or no words."""

    exercises: list[ForeignExercise]
    left_out: int


def read_foreign(text: str) -> Found:
    """Raises Refused with a sentence for what is neither of the two formats, or too large."""
    entries, source = _entries(_parsed(text))
    if len(entries) > MOST_ENTRIES:
        raise Refused(f"This file holds more than {MOST_ENTRIES:,} exercises. Import a part of it at a time.")
    make = _from_wger if source == WGER else _from_free
    made = [make(entry) if isinstance(entry, dict) else None for entry in entries]
    exercises = [one for one in made if one is not None]
    if not exercises:
        raise Refused("There is no exercise in this file that we can read.")
    return Found(exercises, len(made) - len(exercises))


def _parsed(text: str) -> Any:
    if len(text) > LARGEST_FILE:
        raise Refused("This file is larger than 8 MB. Import a part of it at a time.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("This file is not JSON.") from None


def _entries(parsed: Any) -> tuple[list[Any], str]:
    if isinstance(parsed, dict):
        parsed = parsed.get("results", [parsed])
    entries = parsed if isinstance(parsed, list) else []
    first = next((one for one in entries if isinstance(one, dict)), {})
    if "translations" in first:
        return entries, WGER
    if "instructions" in first and "name" in first:
        return entries, FREE_EXERCISE_DB
    raise Refused("This is neither the JSON of free-exercise-db nor of wger.")


def _from_free(entry: Mapping[str, Any]) -> ForeignExercise | None:
    name = _line(entry.get("name"), LONGEST_NAME)
    steps = _steps(_texts(entry.get("instructions")))
    if not name or not steps:
        return None
    muscles = [*_texts(entry.get("primaryMuscles")), *_texts(entry.get("secondaryMuscles"))]
    return ForeignExercise(
        source=FREE_EXERCISE_DB,
        ref=_line(entry.get("id"), 60) or name[:60],
        name=name,
        steps=steps,
        region=_region([*muscles, name]),
        type=_type(name, _line(entry.get("category"), 40)),
        muscles=_lines(muscles),
        equipment=_equipment([entry.get("equipment")]),
        licence="Unlicense",
        author="",
    )


def _from_wger(entry: Mapping[str, Any]) -> ForeignExercise | None:
    told = {one.get("language"): one for one in _objects(entry.get("translations"))}
    english, spanish = told.get(WGER_ENGLISH, {}), told.get(WGER_SPANISH, {})
    name, steps = _line(english.get("name"), LONGEST_NAME), _steps(_told(english))
    if not name or not steps:
        return None
    muscles = [
        _text(one.get("name_en")) or _text(one.get("name"))
        for one in [*_objects(entry.get("muscles")), *_objects(entry.get("muscles_secondary"))]
    ]
    category = _line(_object(entry.get("category")).get("name"), 40)
    spanish_name, spanish_steps = _line(spanish.get("name"), LONGEST_NAME), _steps(_told(spanish))
    used = [english, spanish] if spanish_name or spanish_steps else [english]
    return ForeignExercise(
        source=WGER,
        ref=_line(entry.get("uuid"), 60) or _line(entry.get("id"), 60) or name[:60],
        name=name,
        steps=steps,
        region=_region([*muscles, category, name]),
        type=_type(name, category),
        muscles=_lines(muscles),
        equipment=_equipment(one.get("name") for one in _objects(entry.get("equipment"))),
        licence=_each([_licence(one, entry) for one in used], LONGEST_LICENCE),
        author=_each(
            [one.get("license_author") or entry.get("license_author") for one in used], LONGEST_AUTHOR
        ),
        spanish_name=spanish_name,
        spanish_steps=spanish_steps,
    )


def _licence(translation: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Its own where it has one, else the entry's."""
    own, whole = translation.get("license"), _object(entry.get("license"))
    if isinstance(own, int) and own != whole.get("id"):
        return WGER_LICENCES.get(own, f"licence {own} of wger")
    stated = _object(own) or whole
    return _text(stated.get("short_name")) or _text(stated.get("full_name")) or "not stated"


def _each(values: list[Any], longest: int) -> str:
    """What holds for the English and the Spanish words; of which it holds, where it is not the same."""
    shares = [_line(value, longest) for value in values]
    if len(set(shares)) == 1:
        return shares[0]
    room = longest // 2 - len(" (en),")
    named = zip(shares, ("en", "es"), strict=True)
    return ", ".join(f"{share[:room].rstrip()} ({code})" for share, code in named if share)


def _told(translation: Mapping[str, Any]) -> list[str]:
    """The description, then the short notes that stand beside it (older exports call them comments)."""
    beside = [*_objects(translation.get("notes")), *_objects(translation.get("comments"))]
    return [_text(translation.get("description")), *(_text(one.get("comment")) for one in beside)]


def _region(words: Iterable[str]) -> str:
    """Of the first word that names one."""
    for word in words:
        for beginning, region in REGIONS_BY_WORD:
            if re.search(rf"\b{beginning}", word.casefold()):
                return region
    return WHOLE_BODY


def _type(name: str, category: str) -> ExerciseType:
    folded = name.casefold()
    if "foam roll" in folded or re.search(r"\bsmr\b", folded):
        return ExerciseType.SELF_RELEASE
    return ExerciseType.STRETCH if "stretch" in f"{folded} {category.casefold()}" else ExerciseType.STRENGTH


def _equipment(values: Iterable[Any]) -> tuple[str, ...]:
    bare = ("", "none", "body only", "none (bodyweight exercise)")
    named = [line for line in _lines(values) if line.casefold() not in bare]
    return tuple(named) or ("none",)


# Cleaning


def _steps(texts: Iterable[str]) -> tuple[str, ...]:
    """All the words, each step at most 200 characters, cut between sentences where it can be, else words."""
    steps: list[str] = []
    for text in texts:
        for line in _plain(text).splitlines():
            steps += _cut(" ".join(line.split()))
    return tuple(steps)


def _cut(line: str) -> Iterator[str]:
    held = ""
    for sentence in re.split(r"(?<=[.!?]) ", line):
        joined = f"{held} {sentence}".strip()
        if len(joined) <= LONGEST_STEP:
            held = joined
            continue
        if held:
            yield held
        *whole, held = textwrap.wrap(sentence, LONGEST_STEP) or [""]
        yield from whole
    if held:
        yield held


def _line(value: Any, longest: int) -> str:
    return " ".join(_plain(_text(value)).split())[:longest].rstrip()


def _lines(values: Iterable[Any]) -> tuple[str, ...]:
    """Each once, up to eight."""
    found = dict.fromkeys(line for line in (_line(value, 60) for value in values) if line)
    return tuple(found)[:8]


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _plain(text: str) -> str:
    """The words of HTML alone, a line for each paragraph or point; no control or private characters."""
    if "<" in text or "&" in text:
        reader = _Words()
        reader.feed(text)
        reader.close()
        text = "".join(reader.words)
    return "".join(one for one in text if one == "\n" or one.isprintable())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in SKIPPED_TAGS:
            self._inside += 1
        elif tag in LINE_TAGS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED_TAGS and self._inside:
            self._inside -= 1
        elif tag in LINE_TAGS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words.append(data)
