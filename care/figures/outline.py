"""Flat shapes: circles wrapped into one convex outline, clipped and shrunk, as points and as path data."""

from dataclasses import dataclass
from math import acos, atan2, cos, hypot, pi, sin

from care.figures.camera import Circle, Spot

CORNERS = 24
UNIT_CIRCLE = [(cos(2 * pi * i / CORNERS), sin(2 * pi * i / CORNERS)) for i in range(CORNERS)]

Tagged = tuple[float, float, int]


def number(value: float) -> str:
    """A millimetre is the finest step, so that every machine writes the same bytes."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def at(spot: Spot) -> str:
    return f"{number(spot[0])} {number(spot[1])}"


@dataclass(frozen=True)
class Outline:
    """A convex skin around circles; `points` for measuring, `path` for drawing."""

    points: tuple[Spot, ...]
    path: str


def wrap(circles: list[Circle]) -> Outline:
    """The tightest convex outline around some circles: arcs joined by straight lines."""
    if len(circles) == 2:
        return _capsule(*circles)
    hull = _hull([(x + r * c, y + r * s, i) for i, (x, y, r) in enumerate(circles) for c, s in UNIT_CIRCLE])
    return Outline(tuple((x, y) for x, y, _ in hull), _arcs(hull, circles))


def _capsule(a: Circle, b: Circle) -> Outline:
    """Two circles, the common case, without a search: two arcs between their outer tangents."""
    span = hypot(b[0] - a[0], b[1] - a[1])
    if span <= abs(a[2] - b[2]) + 1e-6:
        return wrap([a if a[2] >= b[2] else b])
    ahead, half = atan2(b[1] - a[1], b[0] - a[0]), acos((a[2] - b[2]) / span)
    near = _arc_points(a, ahead + half, ahead - half + 2 * pi)
    far = _arc_points(b, ahead - half, ahead + half)
    first, second = _arc(a[2], half < pi / 2, near[-1]), _arc(b[2], half > pi / 2, far[-1])
    return Outline((*near, *far), f"M{at(near[0])}{first}L{at(far[0])}{second}Z")


def _arc_points(circle: Circle, start: float, end: float) -> list[Spot]:
    x, y, r = circle
    steps = max(2, int((end - start) / (2 * pi) * CORNERS + 1))
    turns = [start + (end - start) * i / steps for i in range(steps + 1)]
    return [(x + r * cos(t), y + r * sin(t)) for t in turns]


def _arc(radius: float, is_large: bool, end: Spot) -> str:
    return f"A{number(radius)} {number(radius)} 0 {int(is_large)} 1 {at(end)}"


def _hull(points: list[Tagged]) -> list[Tagged]:
    points = sorted(points)

    def half(run: list[Tagged]) -> list[Tagged]:
        kept: list[Tagged] = []
        for p in run:
            while len(kept) > 1 and _bend(kept[-2], kept[-1], p) <= 1e-9:
                kept.pop()
            kept.append(p)
        return kept[:-1]

    return half(points) + half(points[::-1])


def _bend(a: Tagged, b: Tagged, c: Tagged) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _arcs(hull: list[Tagged], circles: list[Circle]) -> str:
    """Points that follow each other on one circle become one arc."""
    start = next((i for i in range(len(hull)) if hull[i][2] != hull[i - 1][2]), None)
    if start is None:
        x, y, r = circles[hull[0][2]]
        turn = f"A{number(r)} {number(r)} 0 1 1"
        return f"M{at((x - r, y))}{turn} {at((x + r, y))}{turn} {at((x - r, y))}Z"
    hull = hull[start:] + hull[:start]
    commands: list[str] = []
    first = 0
    while first < len(hull):
        last = first
        while last + 1 < len(hull) and hull[last + 1][2] == hull[first][2]:
            last += 1
        commands.append(("L" if commands else "M") + at(hull[first][:2]))
        if last > first:
            is_large = (last - first) * 2 > CORNERS
            commands.append(_arc(circles[hull[first][2]][2], is_large, hull[last][:2]))
        first = last + 1
    return "".join(commands) + "Z"


def polygon_path(points: tuple[Spot, ...] | list[Spot]) -> str:
    return "M" + "L".join(at(p) for p in points) + "Z" if points else ""


def line_path(points: tuple[Spot, ...] | list[Spot]) -> str:
    return "M" + "L".join(at(p) for p in points)


def convex(points: list[Spot]) -> tuple[Spot, ...]:
    return tuple((x, y) for x, y, _ in _hull([(x, y, 0) for x, y in points]))


def clip(shape: tuple[Spot, ...], window: tuple[Spot, ...], inset: float = 0.0) -> tuple[Spot, ...]:
    """What two convex shapes share, the second one shrunk by an inset first."""
    kept = list(shape)
    for a, b in zip(window, window[1:] + window[:1], strict=True):
        dx, dy = b[0] - a[0], b[1] - a[1]
        size = (dx * dx + dy * dy) ** 0.5
        if size < 1e-6:
            continue
        kept = _cut(kept, a, (-dy / size, dx / size), inset)
    return tuple(kept)


def _cut(points: list[Spot], a: Spot, inward: Spot, inset: float) -> list[Spot]:
    kept: list[Spot] = []
    heights = [(p[0] - a[0]) * inward[0] + (p[1] - a[1]) * inward[1] - inset for p in points]
    for i, p in enumerate(points):
        before, height = heights[i - 1], heights[i]
        if (before < 0) != (height < 0):
            share = before / (before - height)
            q = points[i - 1]
            kept.append((q[0] + (p[0] - q[0]) * share, q[1] + (p[1] - q[1]) * share))
        if height >= 0:
            kept.append(p)
    return kept


def area(points: tuple[Spot, ...]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def holds(points: tuple[Spot, ...], spot: Spot) -> bool:
    """Is the spot inside? Any polygon, by counting crossings."""
    inside = False
    x, y = spot
    for a, b in zip(points, points[1:] + points[:1], strict=True):
        if (a[1] > y) != (b[1] > y) and x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]:
            inside = not inside
    return inside


def box_of(spots: list[Spot]) -> tuple[float, float, float, float]:
    xs, ys = [s[0] for s in spots], [s[1] for s in spots]
    return min(xs), min(ys), max(xs), max(ys)
