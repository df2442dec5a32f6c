"""The exercises a practice gives out."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from care.models.base import Base, InPractice


class ExerciseType(StrEnum):
    STRETCH = "stretch"
    MOBILITY = "mobility"
    STRENGTH = "strength"
    SELF_RELEASE = "self_release"


class ExerciseSource(StrEnum):
    SEED = "seed"
    OWN = "own"
    IMPORT = "import"


class Laterality(StrEnum):
    BOTH = "both"
    EACH_SIDE = "each_side"


class Exercise(InPractice, Base):
    """An entry of the practice's library, with the dose it starts from. `slug` is its stable key.

    `avoid_if` holds precaution codes: assigning it to a client who has one shows a warning. Clients read
    the `steps`, in their language; `reviewed_at` is when a person of the practice last vouched for what
    clients read, None for words of ours that nobody here has looked at. The picture of a seed entry is
    drawn from data (`care.pictures`); clients see it once `picture_approved_at` says that somebody did.
    """

    __tablename__ = "exercise"
    __table_args__ = (UniqueConstraint("practice_id", "slug"),)

    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    name_es: Mapped[str] = mapped_column(String(80), default="")
    body_region: Mapped[str] = mapped_column(String(24))
    target_muscles: Mapped[list[str]] = mapped_column(default=list)
    start_position: Mapped[str] = mapped_column(String(24))
    type: Mapped[ExerciseType]
    equipment: Mapped[list[str]] = mapped_column(default=list)
    laterality: Mapped[Laterality]
    level: Mapped[int] = mapped_column(default=1)
    sets: Mapped[int]
    reps: Mapped[int]
    hold_seconds: Mapped[int]
    duration_seconds: Mapped[int]
    times_per_day: Mapped[int] = mapped_column(default=1)
    days_per_week: Mapped[int] = mapped_column(default=7)
    cue: Mapped[str] = mapped_column(String(200))
    caution: Mapped[str] = mapped_column(String(300), default="")
    cue_es: Mapped[str] = mapped_column(String(200), default="", server_default="")
    caution_es: Mapped[str] = mapped_column(String(300), default="", server_default="")
    steps: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    steps_es: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reviewed_at: Mapped[datetime | None]
    picture_approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    picture_approved_at: Mapped[datetime | None]
    avoid_if: Mapped[list[str]] = mapped_column(default=list)
    source: Mapped[ExerciseSource]
    is_retired: Mapped[bool] = mapped_column(default=False)
