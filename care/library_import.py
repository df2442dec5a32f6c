"""Exercises of other libraries in a practice's own: hidden until a therapist added dose, side and caution."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.checks import check_line
from care.exercises import ExerciseDetails, slug_maker, update_exercise
from care.foreign_exercises import ForeignExercise
from care.models import Exercise, ExerciseSource, Laterality, Practice, User
from care.searching import words_of


@dataclass(frozen=True)
class Imported:
    """`known` came from the same place before, `taken` are names that the practice's library has already."""

    added: int
    known: int
    taken: int


def import_exercises(
    session: Session, practice: Practice, found: Iterable[ForeignExercise], now: datetime
) -> Imported:
    """Each once, however often its file is read. Text alone: nothing is fetched, no picture is taken over."""
    here = select(Exercise).where(Exercise.practice_id == practice.id)
    rows = session.execute(here.with_only_columns(Exercise.search_name, Exercise.came_from, Exercise.came_as))
    names, present = set(), set()
    for row in rows:
        names.add(row.search_name)
        present.add((row.came_from, row.came_as))
    free_slug = slug_maker(session, practice.id)
    added = known = taken = 0
    for one in found:
        name = words_of(one.name)
        if (one.source, one.ref) in present:
            known += 1
        elif name in names:
            taken += 1
        else:
            session.add(_row(practice.id, one, free_slug(one.name), now))
            names.add(name)
            present.add((one.source, one.ref))
            added += 1
    session.flush()
    return Imported(added, known, taken)


def list_waiting(session: Session, practice_id: int, limit: int, offset: int = 0) -> list[Exercise]:
    """Those that wait for a therapist, by name."""
    wanted = select(Exercise).where(Exercise.practice_id == practice_id, Exercise.is_waiting)
    ordered = wanted.order_by(Exercise.search_name, Exercise.id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def count_waiting(session: Session, practice_id: int) -> int:
    wanted = select(func.count()).select_from(Exercise)
    return session.scalar(wanted.where(Exercise.practice_id == practice_id, Exercise.is_waiting)) or 0


def finish_import(
    session: Session, exercise: Exercise, details: ExerciseDetails, user: User, now: datetime
) -> None:
    """Offered from now on, and vouched for. Raises Refused while a caution or a dose is missing."""
    check_line("Caution", details.caution, 300)
    update_exercise(session, exercise, details, user, now)
    exercise.is_waiting = exercise.is_retired = False
    session.flush()


def _row(practice_id: int, one: ForeignExercise, slug: str, now: datetime) -> Exercise:
    spanish_cue = one.spanish_steps[0] if one.spanish_steps else ""
    spanish = {
        "name": one.spanish_name,
        "cue": spanish_cue,
        "caution": "",
        "steps": list(one.spanish_steps),
    }
    return Exercise(
        practice_id=practice_id,
        slug=slug,
        name=one.name,
        body_region=one.region,
        start_position="standing",
        type=one.type,
        target_muscles=list(one.muscles),
        equipment=list(one.equipment),
        # Neither is known: the form asks for both.
        laterality=Laterality.BOTH,
        sets=0,
        reps=0,
        hold_seconds=0,
        duration_seconds=0,
        cue=one.steps[0],
        steps=list(one.steps),
        translations={"es": spanish} if one.spanish_name or one.spanish_steps else {},
        source=ExerciseSource.IMPORT,
        came_from=one.source,
        came_as=one.ref,
        licence=one.licence,
        author=one.author,
        came_at=now,
        is_waiting=True,
        is_retired=True,
    )
