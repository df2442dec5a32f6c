"""The exercises a practice gives out."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, Text, UniqueConstraint, event, false
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from care.models.base import Base, InPractice
from care.searching import words_of
from care.vocabulary import REGIONS


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


SEARCHED = ("name", "short_code", "translations", "body_region", "slug", "target_muscles", "equipment")


def searched_words(row: Mapping[str, Any]) -> str:
    """All that a search for an exercise looks at: names, region, code, muscles and equipment."""
    region = row.get("body_region", "")
    code = row.get("short_code") or ""
    texts = (row.get("name", ""), code, REGIONS.get(region, region), row.get("slug", ""))
    names = translated_names(row.get("translations"))
    return words_of(*texts, *names, *row.get("target_muscles", ()), *row.get("equipment", ()))


def translated_names(translations: object) -> list[str]:
    """The names in other languages. An import may have brought anything."""
    found = translations.values() if isinstance(translations, dict) else ()
    names = [one.get("name") for one in found if isinstance(one, dict)]
    return [name for name in names if isinstance(name, str) and name]


def _parameters(context: DefaultExecutionContext) -> dict[str, Any]:
    return dict(context.get_current_parameters())  # type: ignore[no-untyped-call]  # SQLAlchemy left it without types


def _name_to_search(context: DefaultExecutionContext) -> str:
    return words_of(_parameters(context)["name"])


def _words_to_search(context: DefaultExecutionContext) -> str:
    return searched_words(_parameters(context))


class Exercise(InPractice, Base):
    """An entry of the practice's library, with the dose it starts from. `slug` is its stable key.

    `avoid_if` holds precaution codes: assigning it to a client who has one shows a warning. Clients read
    the `steps`, in their language: `translations` holds name, cue, caution and steps by language, as
    `care.translating` reads them. `reviewed_at` is when a person of the practice last vouched for what
    clients read, None for words of ours that nobody here has looked at. The picture of a seed entry is
    drawn from data (`care.pictures`), an own entry may have a photo (`care.photos`); clients see either once
    `picture_approved_at` says that somebody approved it. A `short_code` is the practice's own, to find by.

    An imported entry keeps where it `came_from`, its key there, licence and author. While it `is_waiting`
    for a therapist to add dose, side and caution, it is retired too.

    `search_name` and `search_words` follow from the others whenever a row is written; the database keeps
    its full-text index on them (`care.library_search`).
    """

    __tablename__ = "exercise"
    __table_args__ = (
        UniqueConstraint("practice_id", "slug"),
        Index("uq_exercise_practice_id_short_code", "practice_id", "short_code", unique=True),
    )

    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
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
    steps: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reviewed_at: Mapped[datetime | None]
    picture_approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    picture_approved_at: Mapped[datetime | None]
    avoid_if: Mapped[list[str]] = mapped_column(default=list)
    short_code: Mapped[str | None] = mapped_column(String(12))
    video_url: Mapped[str] = mapped_column(String(300), default="", server_default="")
    has_photo: Mapped[bool] = mapped_column(default=False, server_default=false())
    source: Mapped[ExerciseSource]
    came_from: Mapped[str] = mapped_column(String(40), default="", server_default="")
    came_as: Mapped[str] = mapped_column(String(60), default="", server_default="")
    licence: Mapped[str] = mapped_column(String(80), default="", server_default="")
    author: Mapped[str] = mapped_column(String(120), default="", server_default="")
    came_at: Mapped[datetime | None]
    is_waiting: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_retired: Mapped[bool] = mapped_column(default=False)
    search_name: Mapped[str] = mapped_column(Text, default=_name_to_search, server_default="")
    search_words: Mapped[str] = mapped_column(Text, default=_words_to_search, server_default="")


class ExercisePhoto(InPractice, Base):
    """The photo of an own exercise, made anew from what was sent. Apart, so that lists do not read it."""

    __tablename__ = "exercise_photo"

    exercise_id: Mapped[int] = mapped_column(ForeignKey("exercise.id", ondelete="CASCADE"), unique=True)
    jpeg: Mapped[bytes]


@event.listens_for(Exercise, "before_update")
def _keep_it_found(_mapper: Mapper[Exercise], _connection: Connection, exercise: Exercise) -> None:
    columns = {name: getattr(exercise, name) for name in SEARCHED}
    exercise.search_name, exercise.search_words = words_of(exercise.name), searched_words(columns)
