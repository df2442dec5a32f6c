"""Where one looks from: parallel projection, so that lengths and contacts keep their proportions."""

from dataclasses import dataclass
from math import cos, radians, sin

from care.figures.shape import Hull
from care.figures.vectors import Vec, dot

Spot = tuple[float, float]
"""A place in the picture: centimetres to the right and down."""
Circle = tuple[float, float, float]

VIEWS: dict[str, tuple[float, float]] = {
    "side": (0, 0),
    "side_high": (12, 14),
    "three_quarter": (48, 8),
    "front": (90, 0),
    "back": (-90, 0),
    "back_quarter": (-48, 8),
    "from_feet": (52, 26),
    "from_head": (-52, 26),
    "above": (0, 62),
}
"""Named cameras: yaw 0 sees the body's right side, 90 its face; pitch lifts the eye."""


@dataclass(frozen=True)
class Camera:
    yaw: float = 0.0
    pitch: float = 0.0

    @property
    def towards_eye(self) -> Vec:
        yaw, pitch = radians(self.yaw), radians(self.pitch)
        return (sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch))

    @property
    def rightwards(self) -> Vec:
        return (cos(radians(self.yaw)), 0.0, -sin(radians(self.yaw)))

    @property
    def upwards(self) -> Vec:
        yaw, pitch = radians(self.yaw), radians(self.pitch)
        return (-sin(yaw) * sin(pitch), cos(pitch), -cos(yaw) * sin(pitch))

    def spot(self, point: Vec) -> Spot:
        return (dot(self.rightwards, point), -dot(self.upwards, point))

    def depth(self, point: Vec) -> float:
        """How near the eye: the larger is painted later."""
        return dot(self.towards_eye, point)

    def circles(self, hull: Hull) -> list[Circle]:
        return [(*self.spot(centre), radius) for centre, radius in hull]
