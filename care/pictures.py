"""Pictures: drawn from data for seed exercises, photos for own ones; clients see what a person approved."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import NotFound
from care.figures import Figure, draw, find_figure
from care.models import Exercise, ExerciseSource, Practice, Side, User
from care.translating import told_in

# A picture is about 50 KB and takes 40 ms to draw; a practice shows a few dozen of them.
KEPT = 100


def figure_of(exercise: Exercise) -> Figure | None:
    """What there is to draw; None for a practice's own entries, and where words must do."""
    return find_figure(exercise.slug) if exercise.source is ExerciseSource.SEED else None


def picture_of(exercise: Exercise, side: Side = Side.BOTH) -> str:
    """Both frames as SVG, mirrored for the left side. Raises NotFound where there is no picture."""
    if figure_of(exercise) is None:
        raise NotFound
    return _drawn(exercise.slug, "left" if side is Side.LEFT else "right")


def has_picture(exercise: Exercise) -> bool:
    """A drawing or a photo, whether clients see it or not."""
    return exercise.has_photo or figure_of(exercise) is not None


def picture_in_words(exercise: Exercise, language: str) -> str:
    """Read aloud in its place: what a drawing shows, or the name of what a photo is of."""
    figure = figure_of(exercise)
    return figure.alt(language) if figure is not None else told_in(exercise, language).name


def is_shown_to_clients(exercise: Exercise) -> bool:
    return exercise.picture_approved_at is not None and has_picture(exercise)


def approve_picture(session: Session, exercise: Exercise, user: User, now: datetime) -> None:
    """Raises NotFound where there is no picture."""
    if not has_picture(exercise):
        raise NotFound
    exercise.picture_approved_by_id, exercise.picture_approved_at = user.id, now
    session.flush()


def withdraw_picture(session: Session, exercise: Exercise) -> None:
    """Clients get words alone again."""
    exercise.picture_approved_by_id = exercise.picture_approved_at = None
    session.flush()


def approve_all_pictures(session: Session, practice: Practice, user: User, now: datetime) -> None:
    """For a sample practice, which shows what it looks like when somebody has looked at all of them."""
    for exercise in session.scalars(select(Exercise).where(Exercise.practice_id == practice.id)):
        if figure_of(exercise) is not None:
            approve_picture(session, exercise, user, now)


@lru_cache(maxsize=KEPT)
def _drawn(slug: str, side: str) -> str:
    figure = find_figure(slug)
    assert figure is not None
    return draw(figure, side=side)
