"""Furniture as blocks: chairs, tables, beds, doorways, walls, mats; centimetres from where it stands."""

from dataclasses import dataclass

from care.figures.vectors import Vec

MAT_THICKNESS = 2.0


@dataclass(frozen=True)
class Box:
    """A block from its low to its high corner, before the prop's turn about its own place."""

    low: Vec
    high: Vec
    paint: str = "prop"


FURNITURE: dict[str, tuple[Box, ...]] = {
    "chair": (
        Box((-21, 0, -21), (-17, 42, -17)),
        Box((-21, 0, 17), (-17, 42, 21)),
        Box((17, 0, -21), (21, 42, -17)),
        Box((17, 0, 17), (21, 42, 21)),
        Box((-21, 42, -21), (22, 46, 21)),
        Box((-25, 46, -20), (-21, 66, -16)),
        Box((-25, 46, 16), (-21, 66, 20)),
        Box((-25, 62, -21), (-21, 88, 21)),
    ),
    "table": (
        Box((-24, 0, -34), (-20, 70, -30)),
        Box((-24, 0, 30), (-20, 70, 34)),
        Box((20, 0, -34), (24, 70, -30)),
        Box((20, 0, 30), (24, 70, 34)),
        Box((-26, 70, -36), (26, 74, 36)),
    ),
    "bed": (
        Box((-84, 0, -38), (-78, 26, -32)),
        Box((-84, 0, 32), (-78, 26, 38)),
        Box((74, 0, -38), (80, 26, -32)),
        Box((74, 0, 32), (80, 26, 38)),
        Box((-86, 26, -42), (82, 34, 42)),
        Box((-86, 34, -42), (82, 48, 42), "mat"),
    ),
    "doorway": (
        Box((-6, 0, -64), (6, 190, -48)),
        Box((-6, 0, 48), (6, 190, 64)),
        Box((-6, 190, -64), (6, 203, 64)),
    ),
}
BLOCKS: dict[str, tuple[Vec, str]] = {
    "wall": ((7, 168, 110), "prop"),
    "mat": ((190, MAT_THICKNESS, 66), "mat"),
    "step": ((40, 14, 50), "prop"),
    "post": ((5, 190, 5), "prop"),
}
"""Single blocks, standing on their place; a mat lies under it."""
