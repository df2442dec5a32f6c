"""One frame of a picture, as the pose file states it: where the body is, its angles, and what it touches."""

from dataclasses import dataclass, field

from care.figures.vectors import Vec

ROOTS: dict[str, tuple[Vec, Vec]] = {
    "upright": ((1, 0, 0), (0, 1, 0)),
    "supine": ((0, 1, 0), (-1, 0, 0)),
    "prone": ((0, -1, 0), (1, 0, 0)),
    "right_side_up": ((0, 0, 1), (1, 0, 0)),
    "right_side_down": ((0, 0, 1), (-1, 0, 0)),
}
"""Where the belly and the head point before turn, tilt and lean."""

SPINE = ("lumbar", "thorax", "neck", "head")
BALLS = ("hip", "shoulder")
HINGES = ("knee", "ankle", "toes", "elbow", "wrist", "forearm", "fingers")
SIDES = ("r", "l")


@dataclass(frozen=True)
class Bend:
    """Degrees in clinical words; for the spine `abd` is the bend and `rot` the turn to the body's right."""

    flex: float = 0.0
    abd: float = 0.0
    rot: float = 0.0


@dataclass(frozen=True)
class Contact:
    """A palm or a sole pinned to a point in the room, or to a place on a limb (`on`, seen from `side`)."""

    at: Vec | None = None
    on: tuple[str, str, float] | None = None
    side: Vec = (0.0, 1.0, 0.0)
    gap: float = 0.0
    pole: Vec = (0.0, 0.0, 0.0)
    point: Vec | None = None
    face: Vec | None = None
    heel_up: float = 0.0
    part: str = "palm"


@dataclass(frozen=True)
class Pose:
    """Where the body is and how it bends; `spin` rolls it about its length, `blades` go up and forward."""

    root: str = "upright"
    turn: float = 0.0
    tilt: float = 0.0
    lean: float = 0.0
    spin: float = 0.0
    pelvis: Vec | None = None
    pin: tuple[str, Vec] | None = None
    balls: dict[str, Bend] = field(default_factory=dict)
    spine: dict[str, Bend] = field(default_factory=dict)
    hinges: dict[str, float] = field(default_factory=dict)
    blades: dict[str, tuple[float, float]] = field(default_factory=dict)
    glide: float = 0.0
    contacts: dict[str, Contact] = field(default_factory=dict)
