"""The body that is drawn: a person of 170 cm, bone lengths, and the spheres that give each part its shape."""

from math import cos, radians, sin

from care.figures.vectors import Vec

HIP_OUT = 9.0
THIGH, SHANK, SOLE = 42.0, 40.0, 7.5
SHOULDER_OUT, SHOULDER_DROP = 17.0, 4.5
UPPER_ARM, FOREARM, PALM = 29.0, 25.0, 8.5
TOE_HINGE = 12.5
SACRUM, LUMBAR, THORAX, NECK = 10.0, 9.5, 12.0, 9.0
"""The spine from the hips up: sacrum, two lumbar and two thoracic segments, neck."""

Sphere = tuple[Vec, float]
Level = tuple[Sphere, ...]
"""Spheres in a part's own frame; neighbouring levels are wrapped into one skin."""


def _pair(x: float, y: float, z: float, radius: float) -> Level:
    return (((x, y, -z), radius), ((x, y, z), radius))


TRUNK: tuple[tuple[str, Level], ...] = (
    ("pelvis", (*_pair(-3.2, -2.5, 8.0, 8.6), *_pair(2.0, -1.0, 8.0, 7.6))),
    ("pelvis", (*_pair(-2.4, 5.0, 8.8, 8.8), *_pair(1.6, 5.0, 8.0, 8.0))),
    ("lumbar_1", _pair(0.6, 1.0, 8.4, 8.8)),
    ("lumbar_2", _pair(0.8, 0.0, 7.6, 8.8)),
    ("lumbar_2", _pair(0.8, 7.0, 7.8, 9.2)),
    ("thorax_1", _pair(1.0, 5.0, 8.2, 9.8)),
    ("thorax_2", _pair(0.8, 0.5, 8.8, 10.0)),
    ("thorax_2", (*_pair(-0.4, 6.0, 10.5, 8.2), ((1.5, 4.0, 0.0), 8.8))),
    ("thorax_2", (*_pair(-0.8, 8.6, 12.5, 4.6), ((-0.8, 9.5, 0.0), 6.0))),
)
"""Hips to shoulders; the first two levels wear shorts, the others the shirt."""
SHORTS_LEVELS = 2

LIMBS: dict[str, tuple[Sphere, ...]] = {
    "thigh": (
        ((0, 0, 0), 8.6), ((0.4, -9, 0), 8.5), ((0.7, -20, 0), 7.5), ((0.5, -32, 0), 6.0), ((0, -42, 0), 5.3),
    ),
    "shank": (
        ((0, 0, 0), 5.3), ((-0.9, -7, 0), 5.4), ((-1.3, -14, 0), 5.5), ((-0.6, -25, 0), 4.3),
        ((0, -35, 0), 3.4), ((0, -40, 0), 3.5),
    ),
    "upper_arm": (((0, 0, 0), 5.2), ((0.2, -9, 0), 4.7), ((0.2, -20, 0), 4.1), ((0, -29, 0), 3.6)),
    "forearm": (((0, 0, 0), 3.6), ((0.2, -6, 0), 3.9), ((0, -15, 0), 3.2), ((0, -25, 0), 2.4)),
}  # fmt: skip
COVERED = {"thigh": 0.62, "upper_arm": 0.6}
"""How much of a limb the clothes hide, from its root."""

NECK_SPHERES: Level = (((-0.6, -1.5, 0), 5.7), ((0.0, 3.0, 0), 4.9))

FOOT: tuple[Level, ...] = (
    (((-4.2, -3.9, 0), 3.6), ((-0.4, 0, 0), 4.1), ((5.0, -2.6, 0), 3.9), *_pair(12.5, -4.6, 1.6, 2.9)),
    (*_pair(12.5, -4.6, 1.6, 2.9), *_pair(18.0, -5.1, 1.2, 2.4)),
)
SOLE_SPHERES: Level = (((-5.2, -6.6, 0), 0.9), ((12.5, -6.6, 0), 0.9))
TOE_SOLE: Level = (((12.5, -6.6, 0), 0.9), ((18.6, -6.6, 0), 0.9))

HEAD_CENTRE: Vec = (1.4, 9.2, 0)
HEAD_RADIUS = 8.7
FACE: Level = (((3.6, 7.0, 0), 6.6), *_pair(5.4, 1.9, 1.6, 4.4))
NOSE: Level = (((9.6, 7.4, 0), 1.0), ((11.2, 4.9, 0), 1.5))
EAR: Vec = (0.2, 6.4, 8.3)
EYE: Vec = (8.9, 8.0, 3.2)
MOUTH: tuple[Vec, ...] = ((9.3, 1.9, -2.0), (9.9, 1.4, 0), (9.3, 1.9, 2.0))


def hand(thumb: float, curl: float) -> tuple[Level, ...]:
    """A mitten: palm, fingers bent by `curl` degrees towards the palm (local x), thumb on side +1 or -1."""
    bend, tip = radians(curl), radians(min(curl * 1.7, 170))
    knuckle: Vec = (0.2, -PALM, 0.0)
    middle: Vec = (knuckle[0] + 4.8 * sin(bend), knuckle[1] - 4.8 * cos(bend), 0.0)
    end: Vec = (middle[0] + 4.4 * sin(tip), middle[1] - 4.4 * cos(tip), 0.0)
    palm: Level = (((0, 0, 0), 2.5), *_pair(0.2, -3.6, 2.0, 2.2), *_pair(knuckle[0], knuckle[1], 2.5, 2.0))
    fingers: Level = (*_pair(knuckle[0], knuckle[1], 2.5, 2.0), *_pair(middle[0], middle[1], 2.2, 1.7))
    tips: Level = (*_pair(middle[0], middle[1], 2.2, 1.7), *_pair(end[0], end[1], 1.4, 1.5))
    root: Sphere = ((0.6, -2.8, 2.2 * thumb), 1.9)
    joint: Sphere = ((1.2, -6.6, 4.9 * thumb), 1.5)
    nail: Sphere = ((1.6, -9.6, 5.6 * thumb), 1.3)
    return (palm, fingers, tips, (root, joint), (joint, nail))
