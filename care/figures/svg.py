"""Frames laid out on white paper as SVG: attributes only, no ids, no text but the drawn 1 and 2."""

from dataclasses import dataclass

from care.figures import arrows
from care.figures.camera import Spot
from care.figures.figure import Figure
from care.figures.furniture import MAT_THICKNESS
from care.figures.ink import Shape, colour
from care.figures.outline import box_of, holds, number
from care.figures.scene import Scene, Stage, add_arrow, ground, paint

MARGIN, GAP = 4.0, 7.0
BADGE = 0.04
"""The number's radius as a share of the whole picture's width: the same size on every card."""
PIXELS = 3
"""Pixels per centimetre at the drawn size."""
WIDE = 1.25
"""Frames wider than this, for their height, stand one above the other."""
DISC = 7
DIGITS = {
    1: "M-1.7 -2.1L0.7 -3.8V4",
    2: "M-2.5 -1.6C-2.5 -4.6 2.6 -4.8 2.5 -1.5C2.4 0.6 -1.2 1.8 -2.6 3.7H2.8",
}

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawing:
    """Both frames painted, and the window that shows all of both."""

    scenes: tuple[Scene, Scene]
    curves: list[arrows.Curve]
    floor: list[Shape]
    window: Box
    badge: Spot
    radius: float
    stacked: bool

    @property
    def size(self) -> tuple[float, float]:
        return self.window[2] - self.window[0], self.window[3] - self.window[1]


def compose(figure: Figure) -> Drawing:
    """Paints both frames and finds their common window, with a free corner for the number."""
    stage = Stage(figure.camera, figure.nearer)
    first = paint(stage, figure.start, figure.props, ())
    second = paint(stage, figure.end, figure.props, figure.muscles)
    curves = [add_arrow(second, arrow, figure.camera, first.skeleton) for arrow in figure.arrows]
    has_mat = any(prop.kind == "mat" for prop in figure.props)
    is_bare = figure.crop is not None or (has_mat and figure.camera.pitch >= 4)
    floor = [] if is_bare else ground([first, second], figure.camera, -MAT_THICKNESS if has_mat else 0.0)
    window = _window(figure, (first, second), curves)
    stacked = _is_stacked(figure, window)
    radius = (window[2] - window[0]) * BADGE * (1 if stacked else 2)
    badge, window = _badge(window, radius, [p for s in (first, second) for p in s.body + s.things])
    return Drawing((first, second), curves, floor, window, badge, radius, stacked)


def _is_stacked(figure: Figure, window: Box) -> bool:
    if figure.layout:
        return figure.layout == "stacked"
    width, height = window[2] - window[0], window[3] - window[1]
    return figure.crop is None and (width > height * WIDE or figure.crop_ahead is not None)


def _window(figure: Figure, scenes: tuple[Scene, Scene], curves: list[arrows.Curve]) -> Box:
    spots = [spot for scene in scenes for polygon in scene.body + scene.things for spot in polygon]
    bottom, end = _edges(figure)
    left, top, right, low = box_of([s for s in spots if s[1] <= bottom and s[0] <= end])
    for x, y in [spot for curve in curves for spot in (curve.start, curve.at(0.5), curve.tip)]:
        left, right, top = min(left, x - 4), max(right, x + 4), min(top, y - 2)
    low = low + MARGIN if figure.crop is None else bottom
    right = right + MARGIN if figure.crop_ahead is None else end
    return (left - MARGIN, top - MARGIN, right, low)


def _edges(figure: Figure) -> Spot:
    """Where the picture is cut off: below a height, or ahead of a place; nowhere unless the file says so."""
    camera = figure.camera
    bottom = 1e9 if figure.crop is None else camera.spot((0.0, figure.crop, 0.0))[1]
    end = 1e9 if figure.crop_ahead is None else camera.spot((figure.crop_ahead, 0.0, 0.0))[0]
    return (bottom, end)


def _badge(window: Box, radius: float, polygons: list[tuple[Spot, ...]]) -> tuple[Spot, Box]:
    """The number goes top left, else top right, else the frame grows a strip above."""
    left, top, right, _ = window
    reach = radius + 2
    for x in (left + reach, right - reach):
        if not any(_touches(polygon, (x, top + reach), reach + 1) for polygon in polygons):
            return (x, top + reach), window
    return (left + reach, top - reach), (left, top - 2 * reach, right, window[3])


def _touches(polygon: tuple[Spot, ...], spot: Spot, reach: float) -> bool:
    near = any((x - spot[0]) ** 2 + (y - spot[1]) ** 2 < reach**2 for x, y in polygon)
    around = [
        (spot[0] + dx * reach, spot[1] + dy * reach) for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    return near or (len(polygon) > 2 and any(holds(polygon, p) for p in around))


def draw(figure: Figure, *, side: str = "right") -> str:
    """Both frames in one SVG; for the left side of the body the same drawing mirrored."""
    drawing = compose(figure)
    width, height = drawing.size
    if drawing.stacked:
        size, second = (width, height * 2 + GAP), (0.0, height + GAP)
        between = f"M4 {number(height + GAP / 2)}h{number(width - 8)}"
    else:
        size, second = (width * 2 + GAP, height), (width + GAP, 0.0)
        between = f"M{number(width + GAP / 2)} 4v{number(height - 8)}"
    divider = _element(Shape(between, "none", colour("prop_side"), 0.8))
    return _document(size, _frame(drawing, 1, (0.0, 0.0), side) + divider + _frame(drawing, 2, second, side))


def frames(figure: Figure, side: str = "right") -> tuple[str, str]:
    """The two frames as two pictures of the same size."""
    drawing = compose(figure)
    return (
        _document(drawing.size, _frame(drawing, 1, (0.0, 0.0), side)),
        _document(drawing.size, _frame(drawing, 2, (0.0, 0.0), side)),
    )


def _document(size: tuple[float, float], content: str) -> str:
    width, height = (number(value) for value in size)
    pixels = f'width="{round(size[0] * PIXELS)}" height="{round(size[1] * PIXELS)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {pixels}>'
        f'<path fill="#ffffff" d="M0 0h{width}v{height}h-{width}Z"/>{content}</svg>\n'
    )


def _frame(drawing: Drawing, which: int, at: Spot, side: str) -> str:
    left, top, right, _ = drawing.window
    x, y = at
    badge_x = drawing.badge[0] - left
    if side == "left":
        place = f"matrix(-1 0 0 1 {number(x + right)} {number(y - top)})"
        badge_x = right - left - badge_x
    else:
        place = f"translate({number(x - left)} {number(y - top)})"
    shapes = drawing.floor + drawing.scenes[which - 1].shapes
    body = "".join(_element(shape) for shape in shapes if shape.path)
    mark = _numeral(which, drawing.radius, x + badge_x, y + drawing.badge[1] - top)
    return f'<g stroke-linejoin="round" stroke-linecap="round" transform="{place}">{body}</g>{mark}'


def _numeral(which: int, radius: float, x: float, y: float) -> str:
    """A white digit on a dark disc, drawn, so that no font decides how it looks."""
    disc = f'<circle r="{DISC}" fill="{colour("line")}"/>'
    digit = _element(Shape(DIGITS[which], "none", "#ffffff", 1.7))
    place = f"translate({number(x)} {number(y)}) scale({radius / DISC:.2f})"
    return f'<g transform="{place}" stroke-linecap="round">{disc}{digit}</g>'


def _element(shape: Shape) -> str:
    stroke = f' stroke="{shape.stroke}" stroke-width="{shape.width:g}"' if shape.stroke else ""
    return f'<path fill="{shape.fill}"{stroke} d="{shape.path}"/>'
