"""From a pose to a skeleton: every segment's place and turn, first by angles, then by contacts."""

from dataclasses import dataclass, field

from care.figures import body
from care.figures.pose import ROOTS, SIDES, Bend, Pose
from care.figures.vectors import (
    Turn,
    Vec,
    about_x,
    about_y,
    about_z,
    add,
    apply,
    cross,
    then,
)


@dataclass(frozen=True)
class Frame:
    """Where a segment begins and how it is turned; its own y axis runs against its length."""

    origin: Vec
    turn: Turn

    def place(self, local: Vec) -> Vec:
        return add(self.origin, apply(self.turn, local))


@dataclass
class Skeleton:
    """All frames by name (`thigh_r`), and how far each contact stayed from what it should touch."""

    frames: dict[str, Frame] = field(default_factory=dict)
    misses: dict[str, float] = field(default_factory=dict)

    def point(self, name: str) -> Vec:
        frame, local = POINTS[name]
        return self.frames[frame].place(local)

    def moved(self, by: Vec) -> "Skeleton":
        return Skeleton({k: Frame(add(f.origin, by), f.turn) for k, f in self.frames.items()}, self.misses)


def _points() -> dict[str, tuple[str, Vec]]:
    points: dict[str, tuple[str, Vec]] = {
        "pelvis": ("pelvis", (0, 0, 0)),
        "tail": ("pelvis", (-10, -4, 0)),
        "belly": ("pelvis", (10, 8, 0)),
        "waist": ("lumbar_2", (0, 0, 0)),
        "low_back": ("lumbar_2", (-8.5, 0, 0)),
        "upper_back": ("thorax_2", (-9, 2, 0)),
        "chest": ("thorax_2", (9, 2, 0)),
        "neck": ("neck", (0, 0, 0)),
        "head": ("head", body.HEAD_CENTRE),
        "crown": ("head", (1.4, 18, 0)),
        "nose": ("head", (12, 5, 0)),
        "chin": ("head", (9, -1, 0)),
        "back_of_head": ("head", (-7.5, 8, 0)),
    }
    for side, out in (("r", 1), ("l", -1)):
        points |= {
            f"hip_{side}": (f"thigh_{side}", (0, 0, 0)),
            f"knee_{side}": (f"shank_{side}", (0, 0, 0)),
            f"ankle_{side}": (f"foot_{side}", (0, 0, 0)),
            f"sole_{side}": (f"foot_{side}", (0, -body.SOLE, 0)),
            f"heel_{side}": (f"foot_{side}", (-6, -6, 0)),
            f"ball_{side}": (f"foot_{side}", (body.TOE_HINGE, -4.6, 0)),
            f"toe_{side}": (f"toes_{side}", (8, -1, 0)),
            f"shoulder_{side}": (f"upper_arm_{side}", (0, 0, 0)),
            f"elbow_{side}": (f"forearm_{side}", (0, 0, 0)),
            f"wrist_{side}": (f"hand_{side}", (0, 0, 0)),
            f"palm_{side}": (f"hand_{side}", PALM_POINT),
            f"grip_{side}": (f"hand_{side}", (3.2, -8.5, 0)),
            f"fingertip_{side}": (f"hand_{side}", (0, -17, 0)),
            f"side_of_head_{side}": ("head", (1.4, 9, 8.5 * out)),
            f"flank_{side}": ("lumbar_2", (0.8, 0, 16 * out)),
            f"seat_{side}": ("pelvis", (-6, -8, 8 * out)),
        }
    return points


PALM_POINT: Vec = (2.2, -6.5, 0)
POINTS = _points()


def out(side: str) -> int:
    """+1 where a right turn opens the limb, -1 on the left."""
    return 1 if side == "r" else -1


def ball_turn(bend: Bend, side: str) -> Turn:
    """A hip or shoulder: flexion, then abduction, then outward rotation, all seen from the trunk."""
    sign = out(side)
    return then(about_z(bend.flex), then(about_x(-sign * bend.abd), about_y(-sign * bend.rot)))


def stand_by_angles(pose: Pose) -> Skeleton:
    """The pose by its angles alone, hips in the origin."""
    skeleton = Skeleton()
    skeleton.frames["pelvis"] = Frame((0, 0, 0), _root_turn(pose))
    _stack_spine(skeleton, pose)
    for side in SIDES:
        hip = skeleton.frames["pelvis"].place((0, 0, body.HIP_OUT * out(side)))
        hang_leg(skeleton, pose, side, Frame(hip, _ball(skeleton, pose, "pelvis", f"hip_{side}")))
        turn = _ball(skeleton, pose, "thorax_2", f"shoulder_{side}")
        hang_arm(skeleton, pose, side, Frame(shoulder_place(skeleton, pose, side, turn), turn))
    return skeleton


def _root_turn(pose: Pose) -> Turn:
    belly, head = ROOTS[pose.root]
    lying: Turn = (belly, head, cross(belly, head))
    own = then(about_z(-pose.tilt), then(about_x(pose.lean), about_y(-pose.spin)))
    return then(about_y(-pose.turn), then(lying, own))


def _stack_spine(skeleton: Skeleton, pose: Pose) -> None:
    """Each region's bend is shared by its segments, so that a back rounds instead of breaking."""
    plan = (
        ("lumbar_1", "pelvis", body.SACRUM, "lumbar", 0.5),
        ("lumbar_2", "lumbar_1", body.LUMBAR, "lumbar", 0.5),
        ("thorax_1", "lumbar_2", body.LUMBAR, "thorax", 0.5),
        ("thorax_2", "thorax_1", body.THORAX, "thorax", 0.5),
        ("neck", "thorax_2", body.THORAX, "neck", 0.6),
        ("head", "neck", body.NECK, "neck", 0.4),
    )
    for name, below, rise, region, share in plan:
        base = skeleton.frames[below]
        bend = pose.spine.get(region, Bend())
        turn = then(base.turn, spine_turn(bend, share))
        shift: Vec = (0, rise, 0)
        if name == "head":
            turn = then(turn, spine_turn(pose.spine.get("head", Bend()), 1))
            shift = (pose.glide, rise, 0)
        skeleton.frames[name] = Frame(base.place(shift), turn)


def spine_turn(bend: Bend, share: float) -> Turn:
    twist = then(about_z(-bend.flex * share), about_x(bend.abd * share))
    return then(twist, about_y(-bend.rot * share))


def _ball(skeleton: Skeleton, pose: Pose, base: str, joint: str) -> Turn:
    return then(skeleton.frames[base].turn, ball_turn(pose.balls.get(joint, Bend()), joint[-1]))


def shoulder_place(skeleton: Skeleton, pose: Pose, side: str, arm: Turn) -> Vec:
    """The shoulder rises with a raised arm, as the blade does in life; `blades` adds to that."""
    trunk = skeleton.frames["thorax_2"]
    raised = (1 - sum(a * b for a, b in zip(arm[1], trunk.turn[1], strict=True))) / 2
    up, forward = pose.blades.get(side, (0.0, 0.0))
    local: Vec = (-0.8 + forward, body.THORAX - body.SHOULDER_DROP + up + 4.5 * raised, 0)
    inward = 2.5 * raised
    return trunk.place(add(local, (0, 0, (body.SHOULDER_OUT - inward) * out(side))))


def hang_leg(skeleton: Skeleton, pose: Pose, side: str, thigh: Frame) -> None:
    skeleton.frames[f"thigh_{side}"] = thigh
    shank_turn = then(thigh.turn, about_z(-pose.hinges.get(f"knee_{side}", 0.0)))
    skeleton.frames[f"shank_{side}"] = Frame(thigh.place((0, -body.THIGH, 0)), shank_turn)
    hang_foot(skeleton, pose, side, then(shank_turn, about_z(pose.hinges.get(f"ankle_{side}", 0.0))))


def hang_foot(skeleton: Skeleton, pose: Pose, side: str, turn: Turn, toes_up: float | None = None) -> None:
    ankle = skeleton.frames[f"shank_{side}"].place((0, -body.SHANK, 0))
    foot = Frame(ankle, turn)
    skeleton.frames[f"foot_{side}"] = foot
    bend = pose.hinges.get(f"toes_{side}", 0.0) if toes_up is None else toes_up
    skeleton.frames[f"toes_{side}"] = Frame(foot.place((body.TOE_HINGE, -4.6, 0)), then(turn, about_z(bend)))


def hang_arm(skeleton: Skeleton, pose: Pose, side: str, upper: Frame) -> None:
    skeleton.frames[f"upper_arm_{side}"] = upper
    turn = then(upper.turn, about_z(pose.hinges.get(f"elbow_{side}", 0.0)))
    skeleton.frames[f"forearm_{side}"] = Frame(upper.place((0, -body.UPPER_ARM, 0)), turn)
    hang_hand(skeleton, pose, side)


def hang_hand(skeleton: Skeleton, pose: Pose, side: str, turn: Turn | None = None) -> None:
    """`forearm` 0 is palm up, 90 the thumb in front, 180 palm down."""
    forearm = skeleton.frames[f"forearm_{side}"]
    if turn is None:
        twist = about_y(out(side) * pose.hinges.get(f"forearm_{side}", 90.0))
        turn = then(forearm.turn, then(twist, about_z(pose.hinges.get(f"wrist_{side}", 0.0))))
    skeleton.frames[f"hand_{side}"] = Frame(forearm.place((0, -body.FOREARM, 0)), turn)
