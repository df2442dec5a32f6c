"""Lists of exercises that a practice begins plans from."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from care.models.base import Base, InPractice
from care.models.library import Exercise, ExerciseSource
from care.models.plan import Side


class TemplateDays(StrEnum):
    """On which days a plan of a template is done, as the After visit form offers them."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    ALTERNATE = "alternate"
    NO_TEXTS = "no_texts"


class Template(InPractice, Base):
    """A list of exercises to start a plan from, shared by the whole practice.

    It may say when they are done and what follows too: `times` as "HH:MM", for so many `weeks`, pain asked
    `ask_days` after the visit (0: not at all), the next visit after `next_visit_days`. What is None or empty
    it leaves open.
    """

    __tablename__ = "template"

    name: Mapped[str] = mapped_column(String(60))
    condition_category: Mapped[str] = mapped_column(String(24), default="other")
    source: Mapped[ExerciseSource]
    is_retired: Mapped[bool] = mapped_column(default=False)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    changed_at: Mapped[datetime]
    days: Mapped[TemplateDays | None]
    times: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    weeks: Mapped[int | None]
    ask_days: Mapped[int | None]
    next_visit_days: Mapped[int | None]

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
