"""One frame, painted from the back to the front: props, limbs, muscles, and the arrow on top."""

from dataclasses import dataclass, field
from math import cos, pi, sin

from care.figures import arrows, muscles, props, shape
from care.figures.camera import Camera, Spot
from care.figures.head import head_layer
from care.figures.ink import LINE, THIN, Layer, Shape, colour
from care.figures.kinematics import Skeleton
from care.figures.outline import Outline, area, clip, convex, holds, line_path, polygon_path, wrap
from care.figures.pose import Pose
from care.figures.reach import solve

FAR_BEHIND = 6.0
"""Centimetres that one hip or shoulder must lie behind the other before its limb is drawn darker."""
IN_FRONT_OF_TRUNK = 5.0
THIGHS = ("thigh_r", "thigh_l")
COLLAR = 0.3
"""The neck is painted over the shirt when the chest looks towards the eye by more than this cosine."""
NEAR_FLOOR, STRIPE = 25.0, 12.0


@dataclass
class Scene:
    """A painted frame, before it is laid out on paper."""

    skeleton: Skeleton
    shapes: list[Shape] = field(default_factory=list)
    body: list[tuple[Spot, ...]] = field(default_factory=list)
    things: list[tuple[Spot, ...]] = field(default_factory=list)
    marks: list[tuple[tuple[Spot, ...], list[tuple[Spot, ...]]]] = field(default_factory=list)
    """The marked muscles, each with what was painted over it."""

    def seen(self) -> float:
        """How many square centimetres of the marked muscles nothing hides."""
        return sum(_seen(lens, over) for lens, over in self.marks)


@dataclass(frozen=True)
class Stage:
    """What both frames share: the camera, what stands in the room, and who is painted before whom."""

    camera: Camera
    nearer: dict[str, float]


def paint(stage: Stage, pose: Pose, things: tuple[props.Prop, ...], marked: tuple[str, ...]) -> Scene:
    """A frame without its arrow."""
    skeleton = solve(pose)
    scene = Scene(skeleton)
    layers = [layer for prop in things for layer in props.layers(prop, stage.camera, skeleton)]
    layers += _body_layers(stage, skeleton, pose, marked)
    layers.sort(key=lambda layer: layer.depth)
    lenses = [(muscles.part_of(name), muscles.outline(name, skeleton, stage.camera)) for name in marked]
    for i, layer in enumerate(layers):
        scene.shapes += layer.shapes
        (scene.body if layer.is_body else scene.things).extend(layer.polygons)
        over = [polygon for later in layers[i + 1 :] for polygon in later.polygons]
        scene.marks += [(lens, over) for part, lens in lenses if part == layer.name and layer.is_body]
    return scene


def _seen(lens: tuple[Spot, ...], over: list[tuple[Spot, ...]]) -> float:
    return float(sum(1 for spot in muscles.samples(lens) if not any(holds(p, spot) for p in over)))


def _body_layers(stage: Stage, skeleton: Skeleton, pose: Pose, marked: tuple[str, ...]) -> list[Layer]:
    camera, made = stage.camera, shape.parts(skeleton, pose)
    far = _far_parts(skeleton, camera)
    depths = _depths(made, skeleton, stage, from_the_side=bool(far & set(THIGHS)))
    skins = {name: _wraps(part.hulls, camera) for name, part in made.items()}
    head = head_layer(skeleton.frames["head"], camera)
    head.depth = max(head.depth, depths["neck"] + 0.5) + stage.nearer.get("head", 0.0)
    done = [head]
    for name, part in made.items():
        polygons = [skin.points for skin in skins[name]]
        layer = Layer(name, depths[name], _skin(part, skins[name], camera, name in far), polygons)
        for other in _joined(part, made):
            if depths[name] > depths[other.name] and (name in far) == (other.name in far):
                layer.shapes += _joint(part, other, skins[other.name], camera, name in far)
        done.append(layer)
    for layer in done:
        for name in marked:
            if muscles.part_of(name) == layer.name:
                layer.shapes += muscles.shapes(muscles.outline(name, skeleton, camera))
    return done


def _depths(
    made: dict[str, shape.Part], skeleton: Skeleton, stage: Stage, *, from_the_side: bool
) -> dict[str, float]:
    """The nearer is painted later; the neck goes by the collar, and from the front thighs cover the trunk."""
    depths = {name: _depth(part, stage) for name, part in made.items()}
    facing = stage.camera.depth(skeleton.frames["thorax_2"].turn[0])
    depths["neck"] = depths["trunk"] + (facing - COLLAR) * 3
    if not from_the_side:
        for thigh in THIGHS:
            depths[thigh] = max(depths[thigh], depths["trunk"] + 0.1)
    return depths


def _depth(part: shape.Part, stage: Stage) -> float:
    balls = shape.balls(part)
    middle = sum(stage.camera.depth(centre) for centre, _ in balls) / len(balls)
    limb = part.name.split("_")[0]
    ahead = IN_FRONT_OF_TRUNK if limb in ("thigh", "upper") else 0.0
    nearer = stage.nearer.get(part.name, stage.nearer.get(part.name[:-2], 0.0))
    return middle + ahead + nearer


def _far_parts(skeleton: Skeleton, camera: Camera) -> set[str]:
    far: set[str] = set()
    for joint, limbs in (("hip", ("thigh", "shank", "foot")), ("shoulder", ("upper_arm", "forearm", "hand"))):
        gap = camera.depth(skeleton.point(f"{joint}_r")) - camera.depth(skeleton.point(f"{joint}_l"))
        if abs(gap) > FAR_BEHIND * 2:
            far |= {f"{limb}_{'l' if gap > 0 else 'r'}" for limb in limbs}
    return far


def _joined(part: shape.Part, made: dict[str, shape.Part]) -> list[shape.Part]:
    """Its parent and its children: whoever shares a joint with it."""
    found = [made[part.joins]] if part.joins else []
    return found + [other for other in made.values() if other.joins == part.name]


def _wraps(hulls: tuple[shape.Hull, ...], camera: Camera) -> list[Outline]:
    return [wrap(camera.circles(hull)) for hull in hulls]


def _skin(part: shape.Part, skins: list[Outline], camera: Camera, is_far: bool) -> list[Shape]:
    """First everything a little wider in ink, then the fill: one silhouette line per part."""
    line = colour("line")
    bare = "".join(skin.path for skin in skins)
    covers = [("".join(s.path for s in wraps), c) for c, wraps in _covers_seen(part, camera)]
    shapes = [Shape(bare + "".join(path for path, _ in covers), line, line, LINE * 2)]
    shapes.append(Shape(bare, colour(part.colour, is_far)))
    for path, cover in covers:
        if cover.hem:
            shapes.append(Shape(path, line, line, THIN * 2))
        shapes.append(Shape(path, colour(cover.colour, is_far)))
    return shapes


def _covers_seen(part: shape.Part, camera: Camera) -> list[tuple[shape.Cover, list[Outline]]]:
    """Without the stripe of a sole that points at the eye: it would be a white dot on the toe."""
    found = [(cover, _wraps(cover.hulls, camera)) for cover in part.covers]
    return [(cover, wraps) for cover, wraps in found if cover.hem or area(wraps[0].points) > STRIPE]


def _joint(
    part: shape.Part, other: shape.Part, under: list[Outline], camera: Camera, is_far: bool
) -> list[Shape]:
    """Wipes the line across a joint where the earlier part shows the same colour under the later one."""
    child = part if part.joins == other.name else other
    if child.joint is None:
        return []
    centre, radius = child.joint
    disc = wrap([(*camera.spot(centre), radius + LINE + 0.5)]).points
    if other.covers and other.name != "trunk":
        under = under + _wraps(other.covers[0].hulls, camera)
    pieces = [clip(disc, skin.points) for skin in under]
    path = "".join(polygon_path(piece) for piece in pieces if len(piece) > 2)
    paint = child.covers[0].colour if child.covers else child.colour
    return [Shape(path, colour(paint, is_far))] if path else []


def add_arrow(scene: Scene, arrow: arrows.Arrow, camera: Camera, start: Skeleton) -> arrows.Curve:
    curve = arrows.curve_of(arrow, camera, start, scene.skeleton)
    scene.shapes += arrows.shapes(curve, arrow.both)
    scene.things.append(tuple(curve.spots()))
    return curve


def ground(scenes: list[Scene], camera: Camera, level: float) -> list[Shape]:
    """A line seen from the side; from higher up a pale patch under all that stands on it."""
    if camera.pitch < 4:
        spots = [s for scene in scenes for p in scene.body + scene.things for s in p]
        left, right = min(s[0] for s in spots) - 4, max(s[0] for s in spots) + 4
        return [Shape(line_path([(left, -level), (right, -level)]), "none", colour("prop_line"), 1.6)]
    low = [f.origin for scene in scenes for f in scene.skeleton.frames.values() if f.origin[1] < NEAR_FLOOR]
    xs, zs = [p[0] for p in low], [p[2] for p in low]
    x, z = (min(xs) + max(xs)) / 2, (min(zs) + max(zs)) / 2
    long, wide = (max(xs) - min(xs)) / 2 + 24, (max(zs) - min(zs)) / 2 + 16
    turns = [2 * pi * i / 32 for i in range(32)]
    rim = convex([camera.spot((x + long * cos(t), level, z + wide * sin(t))) for t in turns])
    for scene in scenes:
        scene.things.append(rim)
    return [Shape(polygon_path(rim), colour("floor"))]
