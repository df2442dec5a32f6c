"""Pictures of the seed exercises: drawn from data, and shown to clients once a person here approved them."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.errors import NotFound
from care.figures import Figure, draw, find_figure
from care.models import Exercise, ExerciseSource, Practice, Side, User

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


def is_shown_to_clients(exercise: Exercise) -> bool:
    return exercise.picture_approved_at is not None and figure_of(exercise) is not None


def approve_picture(session: Session, exercise: Exercise, user: User, now: datetime) -> None:
    """Raises NotFound where there is no picture."""
    if figure_of(exercise) is None:
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
