"""Lists of exercises that a practice begins plans from."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models.base import Base, InPractice
from care.models.library import Exercise, ExerciseSource
from care.models.plan import Side


class Template(InPractice, Base):
    """A list of exercises to start a plan from, shared by the whole practice."""

    __tablename__ = "template"

    name: Mapped[str] = mapped_column(String(60))
    condition_category: Mapped[str] = mapped_column(String(24), default="other")
    source: Mapped[ExerciseSource]
    is_retired: Mapped[bool] = mapped_column(default=False)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    changed_at: Mapped[datetime]

    items: Mapped[list["TemplateItem"]] = relationship(
        order_by="TemplateItem.position", cascade="all, delete-orphan", lazy="raise"
    )


class TemplateItem(InPractice, Base):
    """One exercise of a template, with the dose it was kept with."""

    __tablename__ = "template_item"

    template_id: Mapped[int] = mapped_column(ForeignKey("template.id", ondelete="CASCADE"), index=True)
    exercise_id: Mapped[int] = mapped_column(ForeignKey("exercise.id"), index=True)
    position: Mapped[int]
    sets: Mapped[int]
    reps: Mapped[int]
    hold_seconds: Mapped[int]
    duration_seconds: Mapped[int]
    side: Mapped[Side]
    load: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(300), default="")

    exercise: Mapped[Exercise] = relationship(lazy="raise")
