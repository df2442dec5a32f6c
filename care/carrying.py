"""What a client carries in a day: the home programmes of all their providers side by side, in minutes.

Of our own plan an exercise is whoever's who gave it first, in an unbroken row of versions up to today's.
Figures are in docs/measures.md. They say what there is to do, not whether it is done.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Assignment, Client, OutsideProgram, Plan, User
from care.outside_programs import list_outside_programs
from care.plan_words import routine_in_words
from care.plans import current_plan, is_running_on, list_assignments, schedule_of
from care.precautions import list_precautions
from care.program_reading import OutsideExercise, exercise_from
from care.recurrence import today_in
from care.rounds import seconds_for, seconds_of_dose
from care.saying import counted
from care.searching import words_of
from care.vocabulary import PRECAUTIONS, REGIONS

A_WEEK = 7
SOMEBODY = "This practice"


@dataclass(frozen=True)
class Carried:
    """One exercise. `seconds_a_day` is a mean over the week; None where no dose was told."""

    name: str
    region: str
    words: str
    seconds_a_day: float | None
    avoid_if: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """What one provider gives. `outside` is its row; None for somebody of the practice."""

    provider: str
    items: tuple[Carried, ...]
    outside: OutsideProgram | None = None

    @property
    def minutes(self) -> int:
        return minutes_of(self.items)

    @property
    def is_at_least(self) -> bool:
        """Some exercise has no dose that could be counted."""
        return any(one.seconds_a_day is None for one in self.items)


@dataclass(frozen=True)
class Overlap:
    """A region, or an exercise, that several providers have the client work on."""

    what: str
    providers: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class SideBySide:
    programs: tuple[Program, ...]
    regions: tuple[Overlap, ...]
    doubles: tuple[Overlap, ...]
    conflicts: tuple[str, ...]

    @property
    def items(self) -> tuple[Carried, ...]:
        return tuple(item for one in self.programs for item in one.items)

    @property
    def minutes(self) -> int:
        return minutes_of(self.items)

    @property
    def is_at_least(self) -> bool:
        return any(one.is_at_least for one in self.programs)


def side_by_side(session: Session, client: Client, now: datetime) -> SideBySide:
    """Our own first. What is paused today is not carried, so it is left out."""
    programs = (*_ours(session, client, now), *map(_theirs, list_outside_programs(session, client)))
    here = [one.code for one in list_precautions(session, client)]
    return SideBySide(
        programs=programs,
        regions=tuple(_by_region(programs)),
        doubles=tuple(_doubles(programs)),
        conflicts=tuple(_conflicts(programs, here)),
    )


def minutes_of(items: Iterable[Carried]) -> int:
    """Whole minutes a day. What has no dose adds nothing."""
    return round(sum(one.seconds_a_day or 0 for one in items) / 60)


def _ours(session: Session, client: Client, now: datetime) -> Iterator[Program]:
    plan, today = current_plan(session, client), today_in(client.timezone, now)
    given = list_assignments(session, plan) if plan else []
    running = [
        one for one in given if is_running_on(one, today) and not (one.ends_on and one.ends_on < today)
    ]
    givers = _givers(session, client) if running else {}
    by_giver: dict[str, list[Carried]] = {}
    for one in running:
        by_giver.setdefault(givers.get(one.exercise_id, SOMEBODY), []).append(_own(one))
    for name, items in by_giver.items():
        yield Program(name, tuple(items))


def _givers(session: Session, client: Client) -> dict[int, str]:
    """By exercise: who gave it first, as long as every version since then has it."""
    rows = session.execute(
        select(Assignment.exercise_id, Plan.version, User.name)
        .join(Plan, Plan.id == Assignment.plan_id)
        .outerjoin(User, User.id == Plan.created_by_id)
        .where(Plan.client_id == client.id)
        .order_by(Plan.version.desc())
    ).all()
    versions = sorted({version for _, version, _ in rows}, reverse=True)
    place = {version: number for number, version in enumerate(versions)}
    seen: dict[int, int] = {}
    givers: dict[int, str] = {}
    for exercise_id, version, name in rows:
        if place[version] - seen.get(exercise_id, -1) <= 1:
            seen[exercise_id] = place[version]
            givers[exercise_id] = name or SOMEBODY
    return givers


def _own(one: Assignment) -> Carried:
    schedule = schedule_of(one)
    share = 1 / one.every_days if one.every_days else len(one.weekdays) / A_WEEK
    return Carried(
        name=one.exercise.name,
        region=one.exercise.body_region,
        words=routine_in_words(one, one.exercise.laterality, schedule),
        seconds_a_day=seconds_for(one) * len(one.times) * share,
        avoid_if=tuple(one.exercise.avoid_if),
    )


def _theirs(row: OutsideProgram) -> Program:
    return Program(row.provider, tuple(_told(exercise_from(one)) for one in row.exercises), row)


def _told(one: OutsideExercise) -> Carried:
    seconds = None
    if one.has_dose:
        once = seconds_of_dose(
            one.sets or 1,
            one.reps or 1,
            one.hold_seconds or 0,
            one.duration_seconds or 0,
            is_each_side=one.is_each_side,
        )
        seconds = once * (one.times_per_day or 1) * (one.days_per_week or A_WEEK) / A_WEEK
    return Carried(one.name, one.region, told_in_words(one), seconds)


def told_in_words(one: OutsideExercise) -> str:
    """What they said, and nothing that they did not."""
    parts = []
    if one.sets and one.reps:
        parts.append(f"{one.sets} x {one.reps}")
    elif one.reps:
        parts.append(counted(one.reps, "time"))
    if one.hold_seconds:
        parts.append(f"hold {one.hold_seconds} s")
    if one.duration_seconds:
        parts.append(f"{one.duration_seconds} s")
    if one.is_each_side:
        parts.append("each side")
    if one.times_per_day:
        parts.append(f"{counted(one.times_per_day, 'time')} a day")
    if one.days_per_week:
        parts.append(f"{counted(one.days_per_week, 'day')} a week")
    return ", ".join([*parts, *([one.note] if one.note else [])]) or "no dose told"


def _by_region(programs: Sequence[Program]) -> Iterator[Overlap]:
    for code, label in REGIONS.items():
        found = [(one.provider, item) for one in programs for item in one.items if item.region == code]
        providers = tuple(dict.fromkeys(provider for provider, _ in found))
        if len(providers) > 1:
            yield Overlap(label, providers, minutes_of(item for _, item in found))


def _doubles(programs: Sequence[Program]) -> Iterator[Overlap]:
    by_words: dict[str, list[tuple[str, Carried]]] = {}
    for one in programs:
        for item in one.items:
            by_words.setdefault(words_of(item.name), []).append((one.provider, item))
    for found in by_words.values():
        if len(found) > 1:
            providers = tuple(dict.fromkeys(provider for provider, _ in found))
            yield Overlap(found[0][1].name, providers, minutes_of(item for _, item in found))


def _conflicts(programs: Sequence[Program], here: Sequence[str]) -> Iterator[str]:
    told = dict.fromkeys(here, "this record")
    for one in programs:
        for code in one.outside.precautions if one.outside else ():
            if code not in told:
                yield f"{one.provider} names {PRECAUTIONS.get(code, code)}, which is not on this record."
            told.setdefault(code, one.provider)
    for one in programs:
        for item in one.items:
            for code in item.avoid_if:
                if code in told:
                    label = PRECAUTIONS.get(code, code)
                    yield f"{one.provider} gives {item.name}; {label} ({told[code]}) speaks against it."
        for avoided in one.outside.avoid if one.outside else ():
            for other, name in _named(programs, avoided):
                yield f"{one.provider} says to avoid {avoided}; {other} gives {name}."


def _named(programs: Sequence[Program], avoided: str) -> Iterator[tuple[str, str]]:
    """Exercises whose name holds every word of what is to be avoided."""
    words = set(words_of(avoided).split())
    for one in programs:
        for item in one.items:
            if words and words <= set(words_of(item.name).split()):
                yield one.provider, item.name
