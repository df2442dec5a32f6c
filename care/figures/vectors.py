"""Points, directions and turns in the room: x forward, y up, z to the body's right, in centimetres."""

from math import cos, radians, sin, sqrt

Vec = tuple[float, float, float]
Turn = tuple[Vec, Vec, Vec]
"""A rotation: the three local axes as they point in the room."""


def add(a: Vec, b: Vec) -> Vec:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def sub(a: Vec, b: Vec) -> Vec:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scale(a: Vec, by: float) -> Vec:
    return (a[0] * by, a[1] * by, a[2] * by)


def dot(a: Vec, b: Vec) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec, b: Vec) -> Vec:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def length(a: Vec) -> float:
    return sqrt(dot(a, a))


def unit(a: Vec) -> Vec:
    size = length(a)
    return scale(a, 1 / size) if size > 1e-9 else (0.0, 0.0, 0.0)


def between(a: Vec, b: Vec, share: float) -> Vec:
    return add(a, scale(sub(b, a), share))


def square_to(a: Vec, axis: Vec) -> Vec:
    """The part of a direction that stands square to a unit axis, as a unit; zero when there is none."""
    return unit(sub(a, scale(axis, dot(a, axis))))


def apply(turn: Turn, local: Vec) -> Vec:
    x, y, z = turn
    return (
        x[0] * local[0] + y[0] * local[1] + z[0] * local[2],
        x[1] * local[0] + y[1] * local[1] + z[1] * local[2],
        x[2] * local[0] + y[2] * local[1] + z[2] * local[2],
    )


def undo(turn: Turn, v: Vec) -> Vec:
    """A direction of the room as the turned body sees it."""
    return (dot(turn[0], v), dot(turn[1], v), dot(turn[2], v))


def then(outer: Turn, inner: Turn) -> Turn:
    return (apply(outer, inner[0]), apply(outer, inner[1]), apply(outer, inner[2]))


def about_x(degrees: float) -> Turn:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return ((1.0, 0.0, 0.0), (0.0, c, s), (0.0, -s, c))


def about_y(degrees: float) -> Turn:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return ((c, 0.0, -s), (0.0, 1.0, 0.0), (s, 0.0, c))


def about_z(degrees: float) -> Turn:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return ((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0))


def framed(y: Vec, towards_x: Vec) -> Turn:
    """The turn whose y axis is given and whose x axis leans towards a direction as far as it can."""
    up = unit(y)
    x = square_to(towards_x, up)
    if x == (0.0, 0.0, 0.0):
        x = square_to((0.31, 0.17, 0.93), up)
    return (x, up, cross(x, up))
