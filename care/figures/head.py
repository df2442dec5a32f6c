"""The head: hair, face, nose, ear, eyes and mouth, so that one sees at once which way it looks."""

from math import cos, pi, radians, sin

from care.figures import body
from care.figures.camera import Camera, Spot
from care.figures.ink import LINE, Layer, Shape, colour
from care.figures.kinematics import Frame
from care.figures.outline import at, convex, line_path, number, polygon_path, wrap
from care.figures.shape import placed
from care.figures.vectors import Vec, add, apply, cross, dot, scale, square_to, undo, unit

FACE_WAY: Vec = unit((1.0, -0.6, 0.0))
HAIRLINE = 0.28
"""The face is the part of the skull's ball that looks along FACE_WAY, as far as this cosine."""


def head_layer(frame: Frame, camera: Camera) -> Layer:
    skull = wrap(camera.circles(((frame.place(body.HEAD_CENTRE), body.HEAD_RADIUS),)))
    face = wrap(camera.circles(placed(frame, body.FACE)))
    nose = wrap(camera.circles(placed(frame, body.NOSE)))
    line = colour("line")
    shapes = [
        Shape(skull.path + face.path + nose.path, line, line, LINE * 2),
        Shape(face.path + nose.path, colour("skin")),
        *_skull(frame, camera, skull.path),
    ]
    if dot(apply(frame.turn, (1, 0, 0)), camera.towards_eye) > -0.35:
        shapes.append(Shape(_lower_face(frame, camera), colour("skin")))
    shapes += _features(frame, camera)
    depth = camera.depth(frame.place(body.HEAD_CENTRE))
    return Layer("head", depth, shapes, [skull.points, face.points])


def _lower_face(frame: Frame, camera: Camera) -> str:
    """Cheek and jaw over the hair's edge, a little inside the head's outline."""
    level = tuple((centre, radius - 0.25) for centre, radius in body.FACE[1:])
    cheek: body.Level = (((4.6, 5.0, 0), 4.6),)
    return wrap(camera.circles(placed(frame, level + cheek))).path


def _skull(frame: Frame, camera: Camera, whole: str) -> list[Shape]:
    """Hair over all of the ball and the face on it, or the other way round when the face looks away."""
    way = apply(frame.turn, FACE_WAY)
    if dot(way, camera.towards_eye) >= 0:
        patch = _cap(frame, camera, way, HAIRLINE)
        return [Shape(whole, colour("hair")), Shape(polygon_path(patch), colour("skin"))]
    patch = _cap(frame, camera, scale(way, -1), -HAIRLINE)
    return [Shape(whole, colour("skin")), Shape(polygon_path(patch), colour("hair"))]


def _cap(frame: Frame, camera: Camera, way: Vec, cosine: float) -> tuple[Spot, ...]:
    """The visible part of a ball's cap: its rim where one sees it, and the ball's edge inside it."""
    eye = camera.towards_eye
    side = square_to((0.3, 0.2, 0.9), way)
    up = cross(way, side)
    rim = (1 - cosine**2) ** 0.5
    right = camera.rightwards
    above = camera.upwards
    normals: list[Vec] = []
    for i in range(48):
        c, s = cos(2 * pi * i / 48), sin(2 * pi * i / 48)
        n = add(scale(way, cosine), add(scale(side, rim * c), scale(up, rim * s)))
        edge = add(scale(right, c), scale(above, s))
        normals += [n] if dot(n, eye) >= 0 else []
        normals += [edge] if dot(edge, way) >= cosine else []
    centre = frame.place(body.HEAD_CENTRE)
    return convex([camera.spot(add(centre, scale(n, body.HEAD_RADIUS))) for n in normals]) if normals else ()


def _features(frame: Frame, camera: Camera) -> list[Shape]:
    eye = undo(frame.turn, camera.towards_eye)
    line = colour("line")
    shapes: list[Shape] = []
    for out in (1, -1):
        if eye[2] * out > 0.25:
            shapes.append(_ear(frame, camera, out, eye[2] * out))
        if dot(unit((body.EYE[0], 0.5, body.EYE[2] * out)), eye) > 0.3:
            spot = camera.spot(frame.place((body.EYE[0], body.EYE[1], body.EYE[2] * out)))
            shapes.append(Shape(_dot(spot, 0.95), line))
    if eye[0] > 0.2 and abs(eye[2]) < 0.85:
        shapes.append(Shape(line_path([camera.spot(frame.place(p)) for p in body.MOUTH]), "none", line, 0.6))
    if eye[0] > 0.75:
        tip = [(11.6, 6.6, 0.0), (12.4, 4.2, 0.6), (11.6, 3.7, -0.6)]
        shapes.append(Shape(line_path([camera.spot(frame.place(p)) for p in tip]), "none", line, 0.6))
    return shapes


def _ear(frame: Frame, camera: Camera, out: int, facing: float) -> Shape:
    rim: list[Spot] = []
    for i in range(16):
        angle = radians(360 * i / 16)
        local: Vec = (body.EAR[0] + 1.6 * cos(angle), body.EAR[1] + 2.5 * sin(angle), body.EAR[2] * out)
        rim.append(camera.spot(frame.place(local)))
    return Shape(polygon_path(convex(rim)), colour("skin"), colour("line"), 0.6 if facing > 0.4 else 0.4)


def _dot(spot: Spot, radius: float) -> str:
    x, y = spot
    turn = f"A{number(radius)} {number(radius)} 0 1 1"
    return f"M{at((x - radius, y))}{turn} {at((x + radius, y))}{turn} {at((x - radius, y))}Z"
