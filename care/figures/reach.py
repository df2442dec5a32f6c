"""Contacts: hands and feet brought to what they touch, the elbow or knee bending where its pole says."""

from itertools import pairwise
from math import sqrt

from care.figures import body
from care.figures.kinematics import (
    PALM_POINT,
    Frame,
    Skeleton,
    hang_arm,
    hang_foot,
    hang_hand,
    hang_leg,
    out,
    shoulder_place,
    stand_by_angles,
)
from care.figures.pose import Contact, Pose
from care.figures.shape import lowest
from care.figures.vectors import (
    Turn,
    Vec,
    about_y,
    about_z,
    add,
    apply,
    between,
    cross,
    dot,
    framed,
    length,
    scale,
    square_to,
    sub,
    then,
    unit,
)

ROUNDS = 4
"""A raised arm lifts its own shoulder, so a reach is solved a few times over; it settles in three."""


def solve(pose: Pose) -> Skeleton:
    """The skeleton in its room: angles, then its place, then feet, then hands."""
    skeleton = _placed(stand_by_angles(pose), pose)
    for name, contact in pose.contacts.items():
        if name.startswith("foot"):
            _reach_foot(skeleton, pose, name[-1], contact)
    for name, contact in pose.contacts.items():
        if name.startswith("hand"):
            _reach_hand(skeleton, pose, name[-1], contact)
    return skeleton


def _placed(skeleton: Skeleton, pose: Pose) -> Skeleton:
    if pose.pin:
        name, at = pose.pin
        return skeleton.moved(sub(at, skeleton.point(name)))
    if pose.pelvis:
        return skeleton.moved(pose.pelvis)
    pinned = {f"{limb}_{name[-1]}" for name in pose.contacts for limb in LIMBS_OF[name[:-2]]}
    return skeleton.moved((0.0, -lowest(skeleton, pose, leave_out=pinned), 0.0))


LIMBS_OF = {"foot": ("thigh", "shank", "foot"), "hand": ("upper_arm", "forearm", "hand")}


def two_bones(root: Vec, target: Vec, upper: float, lower: float, pole: Vec) -> tuple[Vec, Vec]:
    """Middle and end of a two-bone chain; a target out of reach is pointed at, and then missed."""
    line = sub(target, root)
    span = min(max(length(line), abs(upper - lower) + 0.1), upper + lower - 0.02)
    along = unit(line)
    share = (upper**2 - lower**2 + span**2) / (2 * span)
    height = sqrt(max(upper**2 - share**2, 0.0))
    aside = square_to(pole, along)
    middle = add(root, add(scale(along, share), scale(aside, height)))
    return middle, add(root, scale(along, span))


def bone_turn(along: Vec, fold_towards: Vec) -> Turn:
    """The turn of a bone that points along a direction, its x axis on the side of `fold_towards`."""
    return framed(scale(along, -1), fold_towards)


def _target(skeleton: Skeleton, contact: Contact) -> tuple[Vec, Vec | None]:
    """The point to touch, and which way a palm faces there."""
    if contact.on is None:
        return contact.at or (0.0, 0.0, 0.0), contact.face
    first, second, share = contact.on
    a, b = skeleton.point(first), skeleton.point(second)
    axis = unit(sub(b, a))
    side = square_to(contact.side, axis) if first != second else unit(contact.side)
    depth = _radius_between(first, second, share) + contact.gap
    return add(between(a, b, share), scale(side, depth)), contact.face or scale(side, -1)


def _radius_between(first: str, second: str, share: float) -> float:
    joints = {"hip": "thigh", "knee": "shank", "shoulder": "upper_arm", "elbow": "forearm"}
    ends = {"thigh": "knee", "shank": "ankle", "upper_arm": "elbow", "forearm": "wrist"}
    limb = joints.get(first[:-2])
    if limb is None or ends[limb] != second[:-2]:
        return 0.0
    spheres = body.LIMBS[limb]
    along = share * -spheres[-1][0][1]
    for (a, near), (b, far) in pairwise(spheres):
        if along <= -b[1] + 1e-9:
            return near + (far - near) * (along + a[1]) / (a[1] - b[1])
    return spheres[-1][1]


def _reach_hand(skeleton: Skeleton, pose: Pose, side: str, contact: Contact) -> None:
    target, face = _target(skeleton, contact)
    trunk = skeleton.frames["thorax_2"].turn
    pole = contact.pole if contact.pole != (0, 0, 0) else apply(trunk, (-0.6, -1, 0.5 * out(side)))
    hand, wrist = None, target
    for _ in range(ROUNDS):
        shoulder = skeleton.point(f"shoulder_{side}")
        if contact.part == "palm":
            hand = _hand_turn(contact, face, unit(sub(target, shoulder)), skeleton)
            wrist = sub(target, apply(hand, PALM_POINT))
        elbow, end = two_bones(shoulder, wrist, body.UPPER_ARM, body.FOREARM, pole)
        fold = square_to(sub(end, elbow), unit(sub(elbow, shoulder)))
        upper = bone_turn(unit(sub(elbow, shoulder)), fold if fold != (0, 0, 0) else scale(pole, -1))
        hang_arm(skeleton, pose, side, Frame(shoulder_place(skeleton, pose, side, upper), upper))
        _aim_forearm(skeleton, pose, side, end, hand)
    touched = f"palm_{side}" if contact.part == "palm" else f"wrist_{side}"
    skeleton.misses[f"hand_{side}"] = length(sub(skeleton.point(touched), target))


def _aim_forearm(skeleton: Skeleton, pose: Pose, side: str, wrist: Vec, hand: Turn | None) -> None:
    elbow = skeleton.frames[f"forearm_{side}"].origin
    z = skeleton.frames[f"upper_arm_{side}"].turn[2]
    y = unit(sub(elbow, wrist))
    turn: Turn = (cross(y, z), y, z)
    skeleton.frames[f"forearm_{side}"] = Frame(elbow, turn)
    hang_hand(skeleton, pose, side, hand)


def _hand_turn(contact: Contact, face: Vec | None, reach: Vec, skeleton: Skeleton) -> Turn:
    """Palm to what it touches; fingers where the file says, else across a limb or on in the arm's line."""
    palm = unit(face or (0.0, -1.0, 0.0))
    fingers = contact.point
    if fingers is None and contact.on and contact.on[0] != contact.on[1]:
        axis = sub(skeleton.point(contact.on[1]), skeleton.point(contact.on[0]))
        around = unit(cross(axis, palm))
        fingers = around if dot(around, reach) >= 0 else scale(around, -1)
    y = scale(square_to(fingers or reach, palm), -1)
    return (palm, y, cross(palm, y))


def _reach_foot(skeleton: Skeleton, pose: Pose, side: str, contact: Contact) -> None:
    target, _ = _target(skeleton, contact)
    hip = skeleton.frames[f"thigh_{side}"].origin
    foot = _foot_turn(pose, contact) if contact.part == "sole" or contact.point else None
    ankle = target
    if contact.part == "sole" and foot:
        ball = add(target, apply(foot, (body.TOE_HINGE, 0, 0)))
        foot = then(foot, about_z(-contact.heel_up))
        ankle = add(ball, apply(foot, (-body.TOE_HINGE, body.SOLE, 0)))
    pelvis = skeleton.frames["pelvis"].turn
    pole = contact.pole if contact.pole != (0, 0, 0) else apply(pelvis, (1.0, 0.0, 0.15 * out(side)))
    knee, end = two_bones(hip, ankle, body.THIGH, body.SHANK, pole)
    along = unit(sub(knee, hip))
    fold = square_to(sub(knee, end), along)
    thigh = bone_turn(along, fold if fold != (0, 0, 0) else pole)
    hang_leg(skeleton, pose, side, Frame(hip, thigh))
    y = unit(sub(knee, end))
    shank: Turn = (cross(y, thigh[2]), y, thigh[2])
    skeleton.frames[f"shank_{side}"] = Frame(knee, shank)
    bend = pose.hinges.get(f"ankle_{side}", 0.0)
    hang_foot(skeleton, pose, side, foot or then(shank, about_z(bend)), contact.heel_up or None)
    skeleton.misses[f"foot_{side}"] = length(sub(skeleton.point(f"ankle_{side}"), ankle))


def _foot_turn(pose: Pose, contact: Contact) -> Turn:
    """Sole down unless `face` says where it looks; toes ahead unless `point` says otherwise."""
    ahead = contact.point or apply(about_y(-pose.turn), (1.0, 0.0, 0.0))
    up = scale(contact.face, -1) if contact.face else (0.0, 1.0, 0.0)
    return framed(up, ahead)
