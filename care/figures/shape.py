"""The flesh on the bones: each part as groups of spheres, every group wrapped into one convex skin."""

from dataclasses import dataclass
from itertools import pairwise

from care.figures import body
from care.figures.kinematics import Frame, Skeleton, out
from care.figures.pose import SIDES, Pose
from care.figures.vectors import Vec

Ball = tuple[Vec, float]
Hull = tuple[Ball, ...]


@dataclass(frozen=True)
class Cover:
    """Spheres painted over a part in another colour: a sleeve, a leg of the shorts, a sole."""

    hulls: tuple[Hull, ...]
    colour: str
    hem: bool = True


@dataclass(frozen=True)
class Part:
    """One thing the painter puts down at once, with the joint it shares with the part it hangs from."""

    name: str
    hulls: tuple[Hull, ...]
    colour: str
    covers: tuple[Cover, ...] = ()
    joins: str | None = None
    joint: Ball | None = None


def parts(skeleton: Skeleton, pose: Pose) -> dict[str, Part]:
    made = [trunk(skeleton), _neck(skeleton)]
    for side in SIDES:
        made += [_limb(skeleton, f"thigh_{side}", "trunk"), _limb(skeleton, f"shank_{side}", f"thigh_{side}")]
        made += [_limb(skeleton, f"upper_arm_{side}", "trunk")]
        made += [_limb(skeleton, f"forearm_{side}", f"upper_arm_{side}")]
        made += [_foot(skeleton, side), _hand(skeleton, pose, side)]
    return {part.name: part for part in made}


def lowest(skeleton: Skeleton, pose: Pose, leave_out: frozenset[str] | set[str] = frozenset()) -> float:
    """The height of the lowest point of the body, or of what is left of it."""
    spheres = [
        ball for part in parts(skeleton, pose).values() if part.name not in leave_out for ball in balls(part)
    ]
    spheres.append((skeleton.frames["head"].place(body.HEAD_CENTRE), body.HEAD_RADIUS))
    return min(centre[1] - radius for centre, radius in spheres)


def balls(part: Part) -> list[Ball]:
    return [ball for hull in part.hulls for ball in hull]


def placed(frame: Frame, level: body.Level, wider: float = 0.0) -> Hull:
    return tuple((frame.place(centre), radius + wider) for centre, radius in level)


def chained(levels: list[Hull]) -> tuple[Hull, ...]:
    return tuple(a + b for a, b in pairwise(levels))


def trunk(skeleton: Skeleton) -> Part:
    levels = [placed(skeleton.frames[frame], level) for frame, level in body.TRUNK]
    shorts = chained(levels[: body.SHORTS_LEVELS])
    return Part("trunk", chained(levels), "shirt", (Cover(shorts, "shorts"),))


def _neck(skeleton: Skeleton) -> Part:
    level = placed(skeleton.frames["neck"], body.NECK_SPHERES)
    top = placed(skeleton.frames["head"], (((0.2, 1.0, 0), 4.7), ((-1.0, 4.0, 0), 4.7)))
    return Part("neck", chained([level, top]), "skin")


def _limb(skeleton: Skeleton, name: str, joins: str) -> Part:
    frame, limb = skeleton.frames[name], name[:-2]
    spheres = placed(frame, body.LIMBS[limb])
    hulls = chained([(ball,) for ball in spheres])
    if limb not in body.COVERED:
        return Part(name, hulls, "skin", (), joins, spheres[0])
    sleeve = _upper_share(frame, body.LIMBS[limb], body.COVERED[limb])
    cloth = "shorts" if limb == "thigh" else "shirt"
    return Part(name, hulls, "skin", (Cover(sleeve, cloth),), joins, sleeve[0][0])


def _upper_share(frame: Frame, spheres: tuple[body.Sphere, ...], share: float) -> tuple[Hull, ...]:
    """The first share of a limb, a little wider than the limb: cloth."""
    end = spheres[-1][0][1] * share
    kept = [ball for ball in spheres if ball[0][1] > end]
    below = spheres[len(kept)]
    above = kept[-1]
    t = (end - above[0][1]) / (below[0][1] - above[0][1])
    cut: Vec = (above[0][0] + (below[0][0] - above[0][0]) * t, end, 0.0)
    kept.append((cut, above[1] + (below[1] - above[1]) * t))
    return chained([(ball,) for ball in placed(frame, tuple(kept), wider=0.7)])


def _foot(skeleton: Skeleton, side: str) -> Part:
    foot, toes = skeleton.frames[f"foot_{side}"], skeleton.frames[f"toes_{side}"]
    shift = (-body.TOE_HINGE, 4.6, 0.0)

    def ahead(level: body.Level) -> Hull:
        return placed(toes, tuple(((c[0] + shift[0], c[1] + shift[1], c[2]), r) for c, r in level))

    hulls = (placed(foot, body.FOOT[0]), placed(foot, body.FOOT[1][:2]) + ahead(body.FOOT[1][2:]))
    sole = Cover((placed(foot, body.SOLE_SPHERES), ahead(body.TOE_SOLE)), "sole", hem=False)
    return Part(f"foot_{side}", hulls, "shoe", (sole,))


def _hand(skeleton: Skeleton, pose: Pose, side: str) -> Part:
    frame = skeleton.frames[f"hand_{side}"]
    contact = pose.contacts.get(f"hand_{side}")
    is_flat = contact is not None and contact.part == "palm" and contact.on is None
    curl = pose.hinges.get(f"fingers_{side}", 0.0 if is_flat else 12.0)
    hulls = tuple(placed(frame, level) for level in body.hand(out(side), curl))
    joint = (frame.origin, 2.4)
    return Part(f"hand_{side}", hulls, "skin", (), f"forearm_{side}", joint)
