"""Where the marked muscles lie on the body, as lines of stations in centimetres."""

from dataclasses import dataclass

from care.figures.vectors import Vec

Station = tuple[str, Vec]


@dataclass(frozen=True)
class Strip:
    """A line of stations, each in its segment's frame (z outward), and the body part it lies on."""

    part: str
    stations: tuple[Station, ...]
    width: float
    is_pad: bool = False


def _on(segment: str, *locals_: Vec) -> tuple[Station, ...]:
    return tuple((segment, local) for local in locals_)


STRIPS: dict[str, Strip] = {
    "hamstrings": Strip("thigh", _on("thigh", (-5, -5, 0), (-4.6, -18, 0), (-3.4, -36, 0)), 5.5),
    "quadriceps": Strip("thigh", _on("thigh", (4.6, -6, 0), (4.6, -20, 0), (3.4, -38, 0)), 5.2),
    "adductors": Strip("thigh", _on("thigh", (1, -5, -5), (0.5, -18, -4.6), (0, -36, -3)), 6.5),
    "outer_thigh": Strip("thigh", _on("thigh", (0, 5, 6), (0, -10, 7), (0, -32, 4.5)), 4.2),
    "hip_flexor": Strip("thigh", (("pelvis", (6, 8, 7)), ("thigh", (5, -4, 0)), ("thigh", (5, -24, 0))), 5.9),
    "glute": Strip(
        "thigh", (("pelvis", (-5, 7, 7)), ("pelvis", (-8, -1, 9)), ("thigh", (-6, -8, 1))), 6.4, is_pad=True
    ),
    "side_glute": Strip(
        "thigh", (("pelvis", (-2, 12, 13)), ("pelvis", (-3, 2, 15)), ("thigh", (0, -12, 7))), 6.6, is_pad=True
    ),
    "calf": Strip("shank", _on("shank", (-3.6, -2, 0), (-4.4, -13, 0), (-2.4, -29, 0)), 5.3),
    "lower_calf": Strip("shank", _on("shank", (-4, -12, 0), (-3, -24, 0), (-2, -36, 0)), 5.0),
    "shin": Strip("shank", _on("shank", (2.8, -6, 1), (2.6, -18, 1), (1.6, -38, 0)), 4.8),
    "low_back": Strip(
        "trunk",
        (
            ("pelvis", (-8, 4, 3)),
            ("lumbar_1", (-7.4, 2, 4)),
            ("lumbar_2", (-7.4, 4, 4)),
            ("thorax_1", (-8, 6, 4)),
        ),
        5.2,
    ),
    "back": Strip(
        "trunk",
        (
            ("pelvis", (-8, 6, 2)),
            ("lumbar_1", (-7, 4, 3)),
            ("lumbar_2", (-7.4, 4, 3)),
            ("thorax_1", (-8, 6, 3)),
            ("thorax_2", (-8, 4, 3)),
        ),
        3.6,
    ),
    "upper_back": Strip(
        "trunk", (("lumbar_2", (-7.6, 4, 3)), ("thorax_2", (-9, -1, 3)), ("thorax_2", (-7, 9, 3))), 5.6
    ),
    "blade": Strip("trunk", _on("thorax_2", (-8.5, 8, 3), (-9, 1, 6), (-8.5, -6, 8)), 7.0, is_pad=True),
    "back_of_shoulder": Strip(
        "upper_arm",
        (("thorax_2", (-8, 3, 8)), ("thorax_2", (-6, 5, 15)), ("upper_arm", (-3, -5, 2))),
        5.9,
        is_pad=True,
    ),
    "side_shoulder": Strip(
        "upper_arm", _on("upper_arm", (0, 4, 1), (0, -3, 3), (0, -12, 2)), 6.9, is_pad=True
    ),
    "chest": Strip(
        "trunk",
        (("thorax_2", (9.5, -5, 5)), ("thorax_2", (9, -1, 11)), ("thorax_2", (4, 4, 17.5))),
        6.6,
        is_pad=True,
    ),
    "upper_chest": Strip(
        "trunk",
        (("thorax_2", (8.5, -5, 7)), ("thorax_2", (8, 1, 11)), ("thorax_2", (4, 6, 15))),
        6.0,
        is_pad=True,
    ),
    "lats": Strip(
        "trunk", (("lumbar_2", (-3, 0, 14)), ("thorax_1", (-2, 4, 16)), ("thorax_2", (-2, 3, 18))), 5.8
    ),
    "flank": Strip(
        "trunk", (("pelvis", (0, 9, 15)), ("lumbar_2", (0, 0, 15)), ("thorax_1", (0, 6, 16.5))), 6.4
    ),
    "ribs": Strip(
        "trunk", (("lumbar_2", (2, 3, 14)), ("thorax_1", (3, 6, 16)), ("thorax_2", (2, 3, 18))), 4.6
    ),
    "belly": Strip(
        "trunk",
        (
            ("pelvis", (8.5, 3, 3)),
            ("lumbar_1", (9, 4, 3)),
            ("lumbar_2", (9.5, 6, 3)),
            ("thorax_1", (10, 6, 3)),
        ),
        6.0,
    ),
    "neck_side": Strip(
        "neck", (("head", (-1, 4, 5)), ("neck", (-1, 3, 5.5)), ("thorax_2", (-2, 11, 13))), 4.0
    ),
    "neck_back": Strip("neck", (("head", (-5, 3, 2.5)), ("neck", (-5, 3, 4)), ("thorax_2", (-7, 9, 9))), 3.4),
    "neck_front": Strip("neck", (("head", (2, 0, 4)), ("neck", (4, 4, 4)), ("thorax_2", (5, 10, 5))), 3.6),
    "skull_base": Strip("head", _on("head", (-6, 5, 2), (-6, 1, 2.5), (-4.5, -3, 3)), 4),
    "triceps": Strip("upper_arm", _on("upper_arm", (-3.2, -2, 0), (-3.2, -13, 0), (-2, -27, 0)), 4.8),
    "biceps": Strip("upper_arm", _on("upper_arm", (3, -3, 0), (3.2, -14, 0), (2, -27, 0)), 4.8),
    "forearm_front": Strip("forearm", _on("forearm", (1.8, -2, 0), (1.8, -9, 0), (1, -21, 0)), 3.0),
    "arm_nerve": Strip(
        "forearm", (("upper_arm", (2, -8, 0)), ("forearm", (1.5, 0, 0)), ("forearm", (1, -22, 0))), 3.8
    ),
}
