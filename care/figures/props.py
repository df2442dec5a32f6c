"""What stands in the room: boxes, rollers, balls, cushions and bands, and furniture made of them."""

from dataclasses import dataclass
from math import cos, pi, sin

from care.figures.camera import Camera, Spot
from care.figures.furniture import BLOCKS, FURNITURE, Box
from care.figures.ink import THIN, Layer, Shape, colour
from care.figures.kinematics import Skeleton
from care.figures.outline import convex, line_path, polygon_path, wrap
from care.figures.vectors import Vec, about_y, add, apply, cross, dot, scale, square_to


@dataclass(frozen=True)
class Prop:
    """A thing by kind; `size` is along x, y, z, `path` the points a strap runs through."""

    kind: str
    at: Vec = (0.0, 0.0, 0.0)
    size: Vec | None = None
    turn: float = 0.0
    radius: float = 0.0
    path: tuple[str | Vec, ...] = ()
    nearer: float = 0.0


ROUND = {"roller": 7.5, "ball": 4.0, "two_balls": 3.5, "towel": 4.5, "pillow": 5.0}
BANDS = {"strap", "band"}
KINDS = {*FURNITURE, *BLOCKS, *ROUND, *BANDS}


def layers(prop: Prop, camera: Camera, skeleton: Skeleton) -> list[Layer]:
    if prop.kind in BANDS:
        return [_band(prop, camera, skeleton)]
    if prop.kind in ROUND:
        return [_round(prop, camera)]
    if prop.kind in FURNITURE:
        return [_block(prop, box, camera) for box in FURNITURE[prop.kind]]
    standard, paint = BLOCKS[prop.kind]
    x, y, z = prop.size or standard
    low, high = (-y, 0.0) if prop.kind == "mat" else (0.0, y)
    return [_block(prop, Box((-x / 2, low, -z / 2), (x / 2, high, z / 2), paint), camera)]


def _block(prop: Prop, box: Box, camera: Camera) -> Layer:
    """The faces one sees, the upper one light and the upright ones a shade darker."""
    turn = about_y(-prop.turn)

    def corner(i: int) -> Vec:
        x, y, z = (box.high[k] if i >> k & 1 else box.low[k] for k in range(3))
        return add(prop.at, apply(turn, (x, y, z)))

    corners = [corner(i) for i in range(8)]
    shapes = [
        Shape(polygon_path(convex([camera.spot(c) for c in corners])), "none", colour("prop_line"), 1.4)
    ]
    for axis in range(3):
        for is_high in (False, True):
            normal = scale(turn[axis], 1 if is_high else -1)
            if dot(normal, camera.towards_eye) > 0.02:
                face = [camera.spot(c) for i, c in enumerate(corners) if bool(i >> axis & 1) == is_high]
                shade = box.paint if _is_light(normal, camera) else f"{box.paint}_side"
                shapes.append(Shape(polygon_path(convex(face)), colour(shade), colour("prop_line"), THIN * 2))
    middle = scale(add(corners[0], corners[7]), 0.5)
    outline = convex([camera.spot(c) for c in corners])
    return Layer(prop.kind, _depth(prop, middle, corners, camera), shapes, [outline], is_body=False)


def _is_light(normal: Vec, camera: Camera) -> bool:
    return normal[1] > 0.5 or (camera.pitch < 4 and dot(normal, camera.towards_eye) > 0.9)


def _depth(prop: Prop, middle: Vec, corners: list[Vec], camera: Camera) -> float:
    """Mats and walls lie behind everybody; other blocks stand where their middle is."""
    if prop.kind in ("mat", "wall"):
        return min(camera.depth(c) for c in corners) - 200 + prop.nearer
    return camera.depth(middle) + prop.nearer


def _round(prop: Prop, camera: Camera) -> Layer:
    """Balls, and rolls that lie along z before their turn."""
    radius = prop.radius or ROUND[prop.kind]
    half = (
        (prop.size[2] / 2)
        if prop.size
        else {"roller": 30.0, "towel": 10.0, "pillow": 18.0}.get(prop.kind, 0.0)
    )
    along = apply(about_y(-prop.turn), (0, 0, 1))
    ends = [add(prop.at, scale(along, half)), add(prop.at, scale(along, -half))]
    paint = "pillow" if prop.kind in ("pillow", "towel") else "ball"
    if prop.kind == "pillow":
        across = apply(about_y(-prop.turn), ((prop.size or (30, 0, 0))[0] / 2, 0, 0))
        ends = [add(e, scale(across, s)) for e in ends for s in (1, -1)]
    if prop.kind == "two_balls":
        ends = [add(prop.at, scale(along, s * radius)) for s in (1, -1)]
        return _balls(prop, camera, ends, radius)
    if prop.kind == "roller":
        return _roller(prop, camera, ends, along, radius)
    skin = wrap([(*camera.spot(e), radius) for e in ends])
    shapes = [Shape(skin.path, colour(paint), colour("line"), 0.9)]
    return Layer(prop.kind, camera.depth(prop.at) + prop.nearer, shapes, [skin.points], is_body=False)


def _balls(prop: Prop, camera: Camera, ends: list[Vec], radius: float) -> Layer:
    skins = [wrap([(*camera.spot(e), radius)]) for e in ends]
    shapes = [Shape(s.path, colour("ball"), colour("line"), 0.9) for s in skins]
    depth = camera.depth(prop.at) + prop.nearer
    return Layer(prop.kind, depth, shapes, [s.points for s in skins], is_body=False)


def _roller(prop: Prop, camera: Camera, ends: list[Vec], along: Vec, radius: float) -> Layer:
    side = square_to((0, 1, 0), along)
    ahead = cross(along, side)
    rims = [[camera.spot(add(end, _spoke(side, ahead, radius, i))) for i in range(24)] for end in ends]
    whole = convex(rims[0] + rims[1])
    near = rims[0] if dot(along, camera.towards_eye) >= 0 else rims[1]
    shapes = [
        Shape(polygon_path(whole), colour("ball"), colour("line"), 0.9),
        Shape(polygon_path(convex(near)), colour("pillow"), colour("line"), 0.7),
    ]
    return Layer(prop.kind, camera.depth(prop.at) + prop.nearer, shapes, [whole], is_body=False)


def _spoke(side: Vec, ahead: Vec, radius: float, i: int) -> Vec:
    angle = 2 * pi * i / 24
    return add(scale(side, radius * cos(angle)), scale(ahead, radius * sin(angle)))


def _band(prop: Prop, camera: Camera, skeleton: Skeleton) -> Layer:
    """A strap or band through points of the room or the body."""
    points = [skeleton.point(p) if isinstance(p, str) else p for p in prop.path]
    spots: list[Spot] = [camera.spot(p) for p in points]
    path = line_path(spots)
    shapes = [
        Shape(path, "none", colour("white"), 3.2),
        Shape(path, "none", colour(prop.kind), 2.0),
    ]
    depth = max(camera.depth(p) for p in points) + 12 + prop.nearer
    return Layer(prop.kind, depth, shapes, [], is_body=False)
