"""The clinical numbers as pages name them, each with where its default comes from: `threshold_words.toml`."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from care.thresholds import BOUNDS


@dataclass(frozen=True)
class ThresholdWords:
    name: str
    label: str
    unit: str
    source: str


@dataclass(frozen=True)
class Group:
    title: str
    numbers: tuple[ThresholdWords, ...]


def _read() -> tuple[Group, ...]:
    table = tomllib.loads((files("web") / "threshold_words.toml").read_text("utf-8"))
    return tuple(
        Group(
            group["title"],
            tuple(
                ThresholdWords(name, label, unit, table["sources"][source])
                for name, label, unit, source in group["numbers"]
            ),
        )
        for group in table["group"]
    )


GROUPS = _read()
WORDS = {one.name: one for group in GROUPS for one in group.numbers}


def is_within(name: str, typed: str) -> bool:
    """Whether what was typed is a whole number this one may be."""
    low, high = BOUNDS[name]
    return typed.isascii() and typed.isdecimal() and len(typed) < 5 and low <= int(typed) <= high


def bounds_sentence(name: str) -> str:
    """What is said where a number is not one it may be."""
    low, high = BOUNDS[name]
    return f"{WORDS[name].label} must be {low} to {high}."
