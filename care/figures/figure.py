"""A figure: what one exercise's file says, read and ready to be drawn."""

from dataclasses import dataclass, field

from care.figures.arrows import Arrow
from care.figures.camera import Camera
from care.figures.pose import Pose
from care.figures.props import Prop
from care.languages import ENGLISH, EXERCISES, keys, phrase


@dataclass(frozen=True)
class Figure:
    """Two poses of one exercise, seen by one camera, drawn for the right side of the body."""

    slug: str
    start_position: str
    camera: Camera
    start: Pose
    end: Pose
    muscles: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    words: str
    props: tuple[Prop, ...] = ()
    nearer: dict[str, float] = field(default_factory=dict)
    crop: float | None = None
    crop_ahead: float | None = None
    layout: str | None = None
    loose: tuple[str, ...] = ()

    def alt(self, language: str) -> str:
        """The picture in words; English where the language has none."""
        key = f"{self.slug}.picture"
        is_english = language == ENGLISH or key not in keys(EXERCISES)
        return self.words if is_english else phrase(EXERCISES, key, language)
