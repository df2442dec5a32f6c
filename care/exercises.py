"""The practice's library of exercises: the seed it starts with, and the practice's own entries."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from care.checks import check_codes, check_line, check_number
from care.errors import NotFound, Refused
from care.library_search import best_first, matches
from care.models import Exercise, ExerciseSource, ExerciseType, Laterality, Practice, Precaution, User
from care.precautions import precaution_in_words
from care.searching import fold, words_of
from care.seeds import seed_rows
from care.translating import Told, checked_steps, checked_translations, keep_translations
from care.vocabulary import PRECAUTIONS, REGIONS

LONGEST_HOLD, LONGEST_DURATION = 600, 3600
LONGEST_ADDRESS = 300
SHORT_CODE = re.compile(r"[A-Z0-9-]{1,12}", re.ASCII)
# A host with a dot, no name or password before it, and nothing that would end an attribute or a line.
VIDEO_URL = re.compile(
    r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?([/?][!#-&(-;=?-\[\]-~]*)?", re.ASCII | re.IGNORECASE
)
READ_BY_CLIENTS = ("name", "cue", "caution", "steps", "translations", "video_url")
START_POSITIONS = {
    "standing": "standing",
    "seated": "seated",
    "supine": "lying on the back",
    "prone": "lying on the front",
    "side_lying": "lying on the side",
    "kneeling": "kneeling",
    "half_kneeling": "on one knee",
    "quadruped": "on hands and knees",
}


@dataclass(frozen=True)
class ExerciseDetails:
    """What a practice writes down about an exercise of its own; the dose is where assigning starts."""

    name: str
    body_region: str
    start_position: str
    type: ExerciseType
    cue: str
    laterality: Laterality = Laterality.BOTH
    sets: int = 1
    reps: int = 1
    hold_seconds: int = 0
    duration_seconds: int = 0
    times_per_day: int = 1
    days_per_week: int = 7
    level: int = 1
    caution: str = ""
    target_muscles: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    avoid_if: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    translations: Mapping[str, Told] = field(default_factory=dict)
    short_code: str = ""
    video_url: str = ""


@dataclass(frozen=True)
class OwnTouch:
    """What a practice may change of any entry, seed entries too: the dose to start from, code and video."""

    sets: int
    reps: int
    hold_seconds: int
    duration_seconds: int
    short_code: str = ""
    video_url: str = ""


def seed_library(session: Session, practice: Practice) -> int:
    """Add the seed entries the practice does not have yet; says how many. Own changes stay."""
    present = set(session.scalars(select(Exercise.slug).where(Exercise.practice_id == practice.id)))
    rows = [row | {"practice_id": practice.id} for row in seed_rows() if row["slug"] not in present]
    if rows:
        session.execute(insert(Exercise), rows)
    return len(rows)


class Shelf(StrEnum):
    """Where an entry stands: offered to clients, or hidden."""

    OFFERED = "offered"
    RETIRED = "retired"


def list_exercises(
    session: Session,
    practice_id: int,
    *,
    query: str | None = None,
    region: str | None = None,
    include_retired: bool = False,
    shelf: Shelf | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Exercise]:
    """By name; with a query, names that begin with it first, then names that hold all its words.

    Every word of the query must begin a word of the name (in any language), region, muscles, equipment
    or slug. One shelf when it is named; else those offered, with `include_retired` all.
    """
    where = _wanted(session, practice_id, query, region, shelf, include_retired)
    order = best_first(query or "")
    found = select(Exercise).where(*where)
    if limit is not None:
        # Sorted by number alone, and whole rows read for those on the page: four times as fast at 5,000.
        page = select(Exercise.id).where(*where).order_by(*order).limit(limit).offset(offset)
        found = select(Exercise).where(Exercise.id.in_(page))
    return list(session.scalars(found.order_by(*order)))


def count_exercises(
    session: Session,
    practice_id: int,
    *,
    query: str | None = None,
    region: str | None = None,
    shelf: Shelf = Shelf.OFFERED,
) -> int:
    where = _wanted(session, practice_id, query, region, shelf, False)
    return session.scalar(select(func.count()).select_from(Exercise).where(*where)) or 0


def exercises_by_id(session: Session, practice_id: int, ids: Iterable[int]) -> dict[int, Exercise]:
    """Those of these that are in the practice's library, retired ones too."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = session.scalars(
        select(Exercise).where(Exercise.practice_id == practice_id, Exercise.id.in_(wanted))
    )
    return {exercise.id: exercise for exercise in found}


def get_exercise(session: Session, practice_id: int, exercise_id: int) -> Exercise:
    wanted = select(Exercise).where(Exercise.practice_id == practice_id, Exercise.id == exercise_id)
    exercise = session.scalar(wanted)
    if exercise is None:
        raise NotFound
    return exercise


def add_exercise(
    session: Session, practice: Practice, details: ExerciseDetails, user: User, now: datetime
) -> Exercise:
    """Whoever writes an entry vouches for it."""
    values = _checked(details)
    _refuse_taken_name(session, practice.id, values["name"])
    values["short_code"] = _short_code(session, practice.id, details.short_code)
    slug = slug_maker(session, practice.id)(values["name"])
    exercise = Exercise(practice_id=practice.id, slug=slug, source=ExerciseSource.OWN, **values)
    session.add(exercise)
    review_exercise(session, exercise, user, now)
    return exercise


def update_exercise(
    session: Session, exercise: Exercise, details: ExerciseDetails, user: User, now: datetime
) -> None:
    """The slug stays: it is the stable key. Doses already assigned stay as they were. Whoever changes
    what clients read vouches for it.
    """
    values = _checked(details)
    _refuse_taken_name(session, exercise.practice_id, values["name"], of=exercise)
    values["short_code"] = _short_code(session, exercise.practice_id, details.short_code, of=exercise)
    if any(getattr(exercise, name) != values[name] for name in READ_BY_CLIENTS):
        review_exercise(session, exercise, user, now)
    for name, value in values.items():
        setattr(exercise, name, value)
    session.flush()


def touch_exercise(session: Session, exercise: Exercise, touch: OwnTouch) -> None:
    """Doses already given stay as they were. Raises Refused with a sentence that begins with the field."""
    _check_dose(touch)
    code = _short_code(session, exercise.practice_id, touch.short_code, of=exercise)
    values = asdict(touch) | {"short_code": code, "video_url": _video_url(touch.video_url)}
    for name, value in values.items():
        setattr(exercise, name, value)
    session.flush()


def review_exercise(session: Session, exercise: Exercise, user: User, now: datetime) -> None:
    """A person of the practice has read what clients read, and stands by it: it stays as they read it."""
    keep_translations(exercise)
    exercise.reviewed_by_id, exercise.reviewed_at = user.id, now
    session.flush()


def retire_exercise(session: Session, exercise: Exercise) -> None:
    """Hidden from now on; plans that hold it keep it."""
    exercise.is_retired = True
    session.flush()


def restore_exercise(session: Session, exercise: Exercise) -> None:
    if exercise.is_waiting:
        raise Refused("Add its dose, side and caution first.")
    _refuse_taken_name(session, exercise.practice_id, exercise.name, of=exercise)
    exercise.is_retired = False
    session.flush()


def warnings_for(exercise: Exercise, precautions: Iterable[Precaution]) -> list[str]:
    """A sentence for each of the client's precautions that this exercise asks care with."""
    caution = f" ({exercise.caution})" if exercise.caution else "."
    return [
        f"Precaution: {precaution_in_words(precaution)}. {exercise.name} asks for care{caution}"
        for precaution in precautions
        if precaution.ended_on is None and precaution.code in exercise.avoid_if
    ]


def _wanted(
    session: Session,
    practice_id: int,
    query: str | None,
    region: str | None,
    shelf: Shelf | None,
    include_retired: bool,
) -> list[ColumnElement[bool]]:
    where = [matches(session, practice_id, query or "")]
    if region:
        where.append(Exercise.body_region == region)
    if shelf is Shelf.RETIRED:
        where += [Exercise.is_retired.expression, ~Exercise.is_waiting]
    elif shelf is Shelf.OFFERED or not include_retired:
        where.append(~Exercise.is_retired)
    return where


def _checked(details: ExerciseDetails) -> dict[str, Any]:
    check_codes("Region", [details.body_region], REGIONS)
    check_codes("Start position", [details.start_position], START_POSITIONS)
    _check_dose(details)
    check_number("Times a day", details.times_per_day, 1, 6)
    check_number("Days a week", details.days_per_week, 1, 7)
    check_number("Level", details.level, 1, 3)
    return asdict(details) | {
        "name": check_line("Name", details.name, 80),
        "cue": check_line("Cue", details.cue, 200),
        "caution": check_line("Caution", details.caution, 300, may_be_empty=True),
        "target_muscles": [check_line("Muscle", muscle, 60) for muscle in details.target_muscles],
        "equipment": [check_line("Equipment", item, 60) for item in details.equipment],
        "avoid_if": check_codes("Precautions", details.avoid_if, PRECAUTIONS),
        "steps": checked_steps("Steps", details.steps),
        "translations": checked_translations(details.translations),
        "video_url": _video_url(details.video_url),
    }


def _check_dose(dose: ExerciseDetails | OwnTouch) -> None:
    check_number("Sets", dose.sets, 1, 10)
    check_number("Repetitions", dose.reps, 1, 100)
    check_number("Hold", dose.hold_seconds, 0, LONGEST_HOLD, "seconds")
    check_number("Time", dose.duration_seconds, 0, LONGEST_DURATION, "seconds")


def _short_code(session: Session, practice_id: int, typed: str, of: Exercise | None = None) -> str | None:
    """In capitals; None where the entry has no code."""
    code = typed.strip().upper()
    if not code:
        return None
    if not SHORT_CODE.fullmatch(code):
        raise Refused("Short code must be 1 to 12 letters and digits, like HS1.")
    wanted = select(Exercise).where(Exercise.practice_id == practice_id, Exercise.short_code == code)
    other = session.scalar(wanted)
    if other is not None and other is not of:
        raise Refused(f"Short code {code} is taken by {other.name}. Choose another.")
    return code


def _video_url(typed: str) -> str:
    """A whole https address, or nothing."""
    address = typed.strip()
    if not address:
        return ""
    if len(address) > LONGEST_ADDRESS or not VIDEO_URL.fullmatch(address):
        raise Refused("Video must be a whole address that begins with https://.")
    return address


def _refuse_taken_name(session: Session, practice_id: int, name: str, of: Exercise | None = None) -> None:
    wanted = select(Exercise).where(Exercise.practice_id == practice_id, ~Exercise.is_retired)
    same = session.scalars(wanted.where(Exercise.search_name == words_of(name)))
    if any(one is not of for one in same):
        raise Refused(f"There is already an exercise called {name}. Choose another name.")


def slug_maker(session: Session, practice_id: int) -> Callable[[str], str]:
    """Makes a key of a name, another one each time."""
    taken = set(session.scalars(select(Exercise.slug).where(Exercise.practice_id == practice_id)))

    def make(name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:52] or "exercise"
        slug, number = base, 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        taken.add(slug)
        return slug

    return make
