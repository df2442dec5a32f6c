"""What the painter puts down: shapes in centimetres, in colours that stay apart in grey and to all eyes."""

from dataclasses import dataclass

from care.figures.camera import Spot

COLOURS = {
    "skin": "#ecd2bd",
    "shirt": "#86b6d9",
    "shorts": "#b3bdc8",
    "shoe": "#4b545f",
    "sole": "#dfe4e8",
    "hair": "#5a473c",
    "line": "#1e2a36",
    "muscle": "#e0571a",
    "hatch": "#7d2603",
    "white": "#ffffff",
    "arrow": "#0b4a8a",
    "prop": "#eef1f3",
    "prop_side": "#d9dfe4",
    "prop_line": "#75818c",
    "mat": "#d5e3df",
    "mat_side": "#b4c8c2",
    "strap": "#7a4b94",
    "band": "#7a4b94",
    "ball": "#c9b6d8",
    "pillow": "#f7f3e8",
    "floor": "#eceff1",
}
FAR = {"skin": "#c9ab94", "shirt": "#6494b8", "shorts": "#8d99a6", "shoe": "#39414a", "sole": "#bcc4ca"}
"""Limbs behind the trunk, darker, so that left and right stay apart in grey."""
LINE, THIN = 0.8, 0.35


@dataclass(frozen=True)
class Shape:
    """One path element. `width` is the stroke's, in centimetres."""

    path: str
    fill: str = "none"
    stroke: str = ""
    width: float = 0.0


@dataclass
class Layer:
    """All that is painted at one depth, and the outlines by which it hides what lies under it."""

    name: str
    depth: float
    shapes: list[Shape]
    polygons: list[tuple[Spot, ...]]
    is_body: bool = True


def colour(name: str, is_far: bool = False) -> str:
    return FAR.get(name, COLOURS[name]) if is_far else COLOURS[name]
