"""The places to feel: named strips that lie on the body, drawn in orange with a hatch and a white rim."""

from math import pi, sin

from care.figures.camera import Camera, Spot
from care.figures.ink import Shape, colour
from care.figures.kinematics import Skeleton, out
from care.figures.outline import holds, line_path, polygon_path, wrap
from care.figures.strips import STRIPS, Strip
from care.figures.vectors import Vec

ALONE = {"pelvis", "lumbar_1", "lumbar_2", "thorax_1", "thorax_2", "neck", "head"}
TRUNK_PARTS = {"trunk", "neck", "head"}
STEPS = 20


def split(name: str) -> tuple[str, str]:
    """`calf_r` is the strip "calf" on side "r"."""
    return name[:-2], name[-1]


def part_of(name: str) -> str:
    strip, side = split(name)
    part = STRIPS[strip].part
    return part if part in TRUNK_PARTS else f"{part}_{side}"


def outline(name: str, skeleton: Skeleton, camera: Camera) -> tuple[Spot, ...]:
    """A lens along the strip's line: pointed ends, its full width in the middle. A pad is rounder."""
    strip, side = split(name)
    spots = [camera.spot(p) for p in _places(STRIPS[strip], side, skeleton)]
    if STRIPS[strip].is_pad:
        width = STRIPS[strip].width
        return wrap(
            [(*spot, r) for spot, r in zip(spots, (width * 0.6, width, width * 0.55), strict=True)]
        ).points
    line = _smooth(spots)
    left: list[Spot] = []
    right: list[Spot] = []
    for i, (x, y) in enumerate(line):
        a, b = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        dx, dy = b[0] - a[0], b[1] - a[1]
        size = (dx * dx + dy * dy) ** 0.5 or 1.0
        half = STRIPS[strip].width * sin(pi * (0.06 + 0.88 * i / (len(line) - 1))) ** 0.75
        left.append((x - dy / size * half, y + dx / size * half))
        right.append((x + dy / size * half, y - dx / size * half))
    return tuple(left + right[::-1])


def _places(strip: Strip, side: str, skeleton: Skeleton) -> list[Vec]:
    places: list[Vec] = []
    for segment, (x, y, z) in strip.stations:
        name = segment if segment in ALONE else f"{segment}_{side}"
        places.append(skeleton.frames[name].place((x, y, z * out(side))))
    return places


def _smooth(spots: list[Spot]) -> list[Spot]:
    """A curve through the stations (Catmull and Rom), in equal small steps."""
    ends = [spots[0], *spots, spots[-1]]
    curve: list[Spot] = []
    spans = len(spots) - 1
    for i in range(STEPS * spans + 1):
        k, t = min(i // STEPS, spans - 1), 0.0
        t = i / STEPS - k
        p = ends[k : k + 4]
        curve.append((_blend(t, [q[0] for q in p]), _blend(t, [q[1] for q in p])))
    return curve[::4] if len(curve) > STEPS else curve


def _blend(t: float, p: list[float]) -> float:
    a = -p[0] + 3 * p[1] - 3 * p[2] + p[3]
    b = 2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]
    return 0.5 * (2 * p[1] + (p[2] - p[0]) * t + b * t * t + a * t**3)


def shapes(lens: tuple[Spot, ...]) -> list[Shape]:
    path = polygon_path(lens)
    return [
        Shape(path, colour("white"), colour("white"), 2.4),
        Shape(path, colour("muscle")),
        Shape(hatch(lens), "none", colour("hatch"), 0.6),
        Shape(path, "none", colour("hatch"), 0.5),
    ]


def hatch(lens: tuple[Spot, ...], gap: float = 2.2) -> str:
    """Slanted strokes inside a shape: what remains of the colour on a grey printer."""
    lows, highs = min(x + y for x, y in lens), max(x + y for x, y in lens)
    strokes: list[str] = []
    level = lows + gap
    while level < highs:
        crossings = sorted(_crossings(lens, level))
        for a, b in zip(crossings[::2], crossings[1::2], strict=False):
            strokes.append(line_path([(a, level - a), (b, level - b)]))
        level += gap
    return "".join(strokes)


def _crossings(lens: tuple[Spot, ...], level: float) -> list[float]:
    found: list[float] = []
    for a, b in zip(lens, lens[1:] + lens[:1], strict=True):
        low, high = a[0] + a[1] - level, b[0] + b[1] - level
        if (low < 0) != (high < 0):
            found.append(a[0] + (b[0] - a[0]) * low / (low - high))
    return found


def samples(lens: tuple[Spot, ...], step: float = 1.0) -> list[Spot]:
    """A grid of spots inside the shape, to measure how much of it one sees."""
    xs, ys = [p[0] for p in lens], [p[1] for p in lens]
    columns, rows = int((max(xs) - min(xs)) / step) + 1, int((max(ys) - min(ys)) / step) + 1
    grid = [(min(xs) + i * step, min(ys) + j * step) for i in range(columns) for j in range(rows)]
    return [spot for spot in grid if holds(lens, spot)]
