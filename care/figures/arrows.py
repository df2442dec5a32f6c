"""The arrow: from where a point was in frame 1 to where it is in frame 2, beside the body."""

from dataclasses import dataclass
from math import atan2, cos, hypot, sin

from care.figures.camera import Camera, Spot
from care.figures.ink import Shape, colour
from care.figures.kinematics import Skeleton
from care.figures.outline import at, polygon_path

SHORTEST, LONGEST = 25.0, 42.0
"""Centimetres: below that an arrow is not seen on a phone."""
HEAD_LENGTH, HEAD_HALF, SHAFT, HALO = 9.0, 5.6, 3.2, 1.5


@dataclass(frozen=True)
class Arrow:
    """Follows a point; `shift` moves it aside (right, up), `way` and `size` overrule where it points."""

    of: str
    shift: Spot = (0.0, 0.0)
    bend: float = 0.0
    way: Spot | None = None
    size: float = 0.0
    both: bool = False


@dataclass(frozen=True)
class Curve:
    start: Spot
    middle: Spot
    tip: Spot

    def at(self, t: float) -> Spot:
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        return (
            a * self.start[0] + b * self.middle[0] + c * self.tip[0],
            a * self.start[1] + b * self.middle[1] + c * self.tip[1],
        )

    def spots(self) -> list[Spot]:
        return [self.at(i / 12) for i in range(13)]


def curve_of(arrow: Arrow, camera: Camera, start: Skeleton, end: Skeleton) -> Curve:
    """At least SHORTEST long; a short movement is drawn longer backwards from its tip."""
    tip = _shifted(camera.spot(end.point(arrow.of)), arrow.shift)
    tail = _shifted(camera.spot(start.point(arrow.of)), arrow.shift)
    dx, dy = (arrow.way[0], -arrow.way[1]) if arrow.way else (tip[0] - tail[0], tip[1] - tail[1])
    size = max(arrow.size or min(hypot(tip[0] - tail[0], tip[1] - tail[1]), LONGEST), SHORTEST)
    along = hypot(dx, dy) or 1.0
    dx, dy = dx / along * size, dy / along * size
    tail = (tip[0] - dx, tip[1] - dy)
    middle = ((tip[0] + tail[0]) / 2 + dy * arrow.bend, (tip[1] + tail[1]) / 2 - dx * arrow.bend)
    return Curve(tail, middle, tip)


def _shifted(spot: Spot, shift: Spot) -> Spot:
    return (spot[0] + shift[0], spot[1] - shift[1])


def shapes(curve: Curve, both: bool = False) -> list[Shape]:
    heads = [_head(curve.middle, curve.tip)] + ([_head(curve.middle, curve.start)] if both else [])
    shaft = _shaft(curve, both)
    white, ink = colour("white"), colour("arrow")
    over = [Shape(polygon_path(head), white, white, HALO * 2) for head in heads]
    return [
        Shape(shaft, "none", white, SHAFT + HALO * 2),
        *over,
        Shape(shaft, "none", ink, SHAFT),
        *[Shape(polygon_path(head), ink) for head in heads],
    ]


def _head(behind: Spot, tip: Spot) -> tuple[Spot, ...]:
    angle = atan2(tip[1] - behind[1], tip[0] - behind[0])
    c, s = cos(angle), sin(angle)
    base = (tip[0] - HEAD_LENGTH * c, tip[1] - HEAD_LENGTH * s)
    return (
        tip,
        (base[0] - HEAD_HALF * s, base[1] + HEAD_HALF * c),
        (base[0] + HEAD_HALF * s, base[1] - HEAD_HALF * c),
    )


def _shaft(curve: Curve, both: bool) -> str:
    """The line ends inside the head, so that its blunt end does not show at the point."""
    start = _back(curve.middle, curve.start) if both else curve.start
    end = _back(curve.middle, curve.tip)
    return f"M{at(start)}Q{at(curve.middle)} {at(end)}"


def _back(behind: Spot, tip: Spot) -> Spot:
    angle = atan2(tip[1] - behind[1], tip[0] - behind[0])
    short = HEAD_LENGTH - 1.0
    return (tip[0] - short * cos(angle), tip[1] - short * sin(angle))
