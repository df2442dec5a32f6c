"""Pictures of exercises, drawn from joint angles and contacts: two frames, start and end, as SVG."""

import tomllib
from functools import cache
from importlib.resources import files

from care.figures.figure import Figure
from care.figures.reading import PoseMistake, Table, read_figure
from care.figures.svg import draw, frames

__all__ = ["Figure", "PoseMistake", "draw", "find_figure", "frames", "list_figures"]

FOLDER = files("care.figures") / "poses"


@cache
def list_figures() -> list[str]:
    """The slugs of all exercises that have a picture, sorted."""
    names = [entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".toml")]
    return sorted(name.removesuffix(".toml") for name in names)


@cache
def find_figure(slug: str) -> Figure | None:
    """The picture of an exercise, or None where words must do. A faulty file raises PoseMistake."""
    if slug not in list_figures():
        return None
    return read_figure(slug, (FOLDER / f"{slug}.toml").read_text("utf-8"), _postures())


@cache
def _postures() -> Table:
    return tomllib.loads((files("care.figures") / "postures.toml").read_text("utf-8"))
