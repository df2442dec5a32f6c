"""The library a practice begins with: its rows, and what their words are in other languages."""

import csv
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from care.figures import find_figure
from care.languages import ENGLISH, EXERCISES, LANGUAGES, English, keys, language
from care.models import ExerciseSource, ExerciseType, Laterality

LISTS = ("target_muscles", "equipment", "avoid_if")
NUMBERS = ("level", "sets", "reps", "hold_seconds", "duration_seconds", "times_per_day", "days_per_week")


@cache
def seed_rows() -> tuple[dict[str, Any], ...]:
    """Every seed entry as a row of the library, with its words in all languages there are."""
    return tuple(row | {"translations": translations_of(row["slug"])} for row in _rows())


def translations_of(slug: str) -> dict[str, Any]:
    """What the catalogs have of a seed entry, by language; only what is translated."""
    found = {code: _translated(slug, code) for code in LANGUAGES if code != ENGLISH}
    return {code: words for code, words in found.items() if words}


def english_of_seeds() -> Iterator[tuple[str, English]]:
    """What there is to translate, by the key of the catalog."""
    for row in _rows():
        slug, figure = row["slug"], find_figure(row["slug"])
        for field in ("name", "cue", "caution"):
            yield f"{slug}.{field}", English(row[field])
        for number, step in enumerate(row["steps"], 1):
            yield f"{slug}.step{number}", English(step)
        if figure is not None:
            yield f"{slug}.picture", English(figure.words)


@cache
def _translated(slug: str, code: str) -> dict[str, Any]:
    tongue, known = language(code), set(keys(EXERCISES))
    found: dict[str, Any] = {
        field: tongue.find(EXERCISES, f"{slug}.{field}")
        for field in ("name", "cue", "caution")
        if f"{slug}.{field}" in known
    }
    steps = [key for key in (f"{slug}.step{number}" for number in range(1, 7)) if key in known]
    told = [tongue.find(EXERCISES, key) for key in steps]
    # Half of the steps in another language would be worse than none.
    found["steps"] = told if all(told) else []
    return {field: words for field, words in found.items() if words}


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    data = files("care").joinpath("data")
    words = tomllib.loads(data.joinpath("instructions.toml").read_text(encoding="utf-8"))
    table = data.joinpath("exercises.csv").read_text(encoding="utf-8")
    return tuple(_typed(row) | words[row["slug"]] for row in csv.DictReader(table.splitlines()))


def _typed(row: dict[str, str]) -> dict[str, Any]:
    lists = {name: [part.strip() for part in row[name].split(";") if part.strip()] for name in LISTS}
    numbers = {name: int(row[name]) for name in NUMBERS}
    kinds = {"type": ExerciseType(row["type"]), "laterality": Laterality(row["laterality"])}
    return row | lists | numbers | kinds | {"source": ExerciseSource.SEED}
