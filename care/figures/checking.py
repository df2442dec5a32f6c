"""What a picture must keep to: joints within their norms, contacts that touch, nothing under the floor."""

from math import acos, asin, atan2, degrees

from care.figures import shape
from care.figures.figure import Figure
from care.figures.kinematics import Skeleton, out
from care.figures.pose import SIDES, Pose
from care.figures.svg import compose
from care.figures.vectors import Turn, Vec, dot, undo

TOUCH = 1.0
"""Centimetres a contact may miss by, and a body may sink into the floor."""
TOLERANCE = 12.0
"""Degrees beyond the norm of a single movement that a combined one may show."""
LEAST_MARK = 0.01
"""Share of the frame that the marked muscle must fill, unhidden."""
NORMS: dict[str, tuple[float, float]] = {
    "hip flexion": (-30, 120),
    "hip abduction": (-30, 45),
    "hip rotation": (-45, 50),
    "knee flexion": (0, 150),
    "ankle flexion": (-50, 20),
    "shoulder elevation": (0, 180),
    "shoulder extension": (0, 60),
    "elbow flexion": (0, 150),
    "wrist flexion": (-80, 80),
    "neck flexion": (-45, 50),
    "neck side bend": (-45, 45),
    "neck turn": (-80, 80),
    "trunk flexion": (-30, 80),
    "trunk side bend": (-35, 35),
    "trunk turn": (-45, 45),
}
"""Degrees, minus first: the larger of the two published norms. Wrist extension bears weight up to 80."""


def findings(figure: Figure) -> list[str]:
    """Everything that is wrong with a figure, in words; empty when it may be shown to a therapist."""
    drawing = compose(figure)
    found: list[str] = []
    for name, pose, scene in zip(("start", "end"), (figure.start, figure.end), drawing.scenes, strict=True):
        found += [f"{name}: {finding}" for finding in _pose_findings(figure, pose, scene.skeleton)]
    width, height = drawing.size
    share = drawing.scenes[1].seen() / (width * height)
    if share < LEAST_MARK:
        found.append(f"the marked muscle fills {share:.1%} of the frame")
    return found


def _pose_findings(figure: Figure, pose: Pose, skeleton: Skeleton) -> list[str]:
    found = [f"{name} misses by {miss:.1f} cm" for name, miss in skeleton.misses.items() if miss > TOUCH]
    low = shape.lowest(skeleton, pose)
    if low < -TOUCH:
        found.append(f"{-low:.1f} cm under the floor")
    for joint, movement, angle in angles(skeleton, pose):
        least, most = NORMS[movement]
        if not least - TOLERANCE <= angle <= most + TOLERANCE and joint not in figure.loose:
            found.append(f"{joint}: {movement} {angle:.0f}, norm {least:.0f} to {most:.0f}")
    return found


def angles(skeleton: Skeleton, pose: Pose) -> list[tuple[str, str, float]]:
    """Clinical angles measured on the finished skeleton: what contacts made of it, not what the file said."""
    found = _spine_angles(pose)
    for side in SIDES:
        found += (
            _hip_angles(skeleton, side) + _hinge_angles(skeleton, side) + _shoulder_angles(skeleton, side)
        )
    return found


def _spine_angles(pose: Pose) -> list[tuple[str, str, float]]:
    found: list[tuple[str, str, float]] = []
    for region, joints in (("neck", ("neck", "head")), ("trunk", ("lumbar", "thorax"))):
        bends = [pose.spine[j] for j in joints if j in pose.spine]
        found += [
            (region, f"{region} flexion", sum(b.flex for b in bends)),
            (region, f"{region} side bend", sum(b.abd for b in bends)),
            (region, f"{region} turn", sum(b.rot for b in bends)),
        ]
    return found


def _hip_angles(skeleton: Skeleton, side: str) -> list[tuple[str, str, float]]:
    flexion, abduction, rotation = ball_angles(_relative(skeleton, "pelvis", f"thigh_{side}"), side)
    joint = f"hip_{side}"
    found = [(joint, "hip flexion", flexion), (joint, "hip abduction", abduction)]
    straight = _fold(skeleton, f"thigh_{side}", f"shank_{side}") < 20
    return found if straight else [*found, (joint, "hip rotation", rotation)]


def _shoulder_angles(skeleton: Skeleton, side: str) -> list[tuple[str, str, float]]:
    along = _relative(skeleton, "thorax_2", f"upper_arm_{side}")[1]
    elevation = degrees(acos(max(-1.0, min(1.0, along[1]))))
    found = [(f"shoulder_{side}", "shoulder elevation", elevation)]
    if along[0] > 0 and along[1] > 0:
        found.append((f"shoulder_{side}", "shoulder extension", degrees(asin(along[0]))))
    return found


def _hinge_angles(skeleton: Skeleton, side: str) -> list[tuple[str, str, float]]:
    knee = _fold(skeleton, f"thigh_{side}", f"shank_{side}")
    elbow = _fold(skeleton, f"upper_arm_{side}", f"forearm_{side}")
    foot = undo(skeleton.frames[f"shank_{side}"].turn, skeleton.frames[f"foot_{side}"].turn[0])
    arm = skeleton.frames[f"forearm_{side}"].turn[1]
    hand = skeleton.frames[f"hand_{side}"].turn
    wrist = degrees(asin(max(-1.0, min(1.0, dot(arm, hand[0])))))
    return [
        (f"knee_{side}", "knee flexion", knee),
        (f"elbow_{side}", "elbow flexion", elbow),
        (f"ankle_{side}", "ankle flexion", degrees(asin(max(-1.0, min(1.0, foot[1]))))),
        (f"wrist_{side}", "wrist flexion", wrist),
    ]


def _fold(skeleton: Skeleton, upper: str, lower: str) -> float:
    a, b = skeleton.frames[upper].turn[1], skeleton.frames[lower].turn[1]
    return degrees(acos(max(-1.0, min(1.0, dot(a, b)))))


def _relative(skeleton: Skeleton, base: str, limb: str) -> Turn:
    frame = skeleton.frames[base].turn
    x, y, z = (undo(frame, axis) for axis in skeleton.frames[limb].turn)
    return (x, y, z)


def ball_angles(turn: Turn, side: str) -> Vec:
    """Flexion, abduction and outward rotation of a hip, the reverse of `kinematics.ball_turn`."""
    x, y, z = turn
    sign = out(side)
    abduction = degrees(asin(max(-1.0, min(1.0, -y[2])))) * sign
    flexion = degrees(atan2(-y[0], y[1]))
    rotation = degrees(atan2(x[2], z[2])) * sign
    return (flexion, abduction, rotation)
