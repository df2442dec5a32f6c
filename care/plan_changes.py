"""What changed in a client's home care and when: versions of the plan, exercises ended or paused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from care.models import Assignment, Client, Plan, User
from care.pain import start_of
from care.saying import counted, short_day

DOSE_PARTS = {
    "sets": "sets {} to {}",
    "reps": "times {} to {}",
    "hold_seconds": "hold {} to {} s",
    "duration_seconds": "time {} to {} s",
    "side": "side {} to {}",
    "load": "load {} to {}",
}


@dataclass(frozen=True)
class PlanChange:
    """One change, in words for staff. `detail` names the exercises, `by` who did it when we know."""

    at: datetime
    words: str
    detail: str = ""
    by: str = ""
    plan_id: int | None = None


@dataclass(frozen=True)
class PlanVersion:
    """One version of a plan, who made it when we know, and what it holds in its order."""

    plan: Plan
    by: str
    assignments: list[Assignment]


def changes_among(
    versions: Sequence[PlanVersion],
    zone: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[PlanChange]:
    """What changed in these versions, oldest first. A pause stands at its first day, which may lie ahead."""
    found: list[PlanChange] = []
    before: list[Assignment] = []
    visit_id = None
    for version in versions:
        plan, here = version.plan, version.assignments
        is_edit, visit_id = plan.visit_id == visit_id, plan.visit_id
        found += [
            _started(plan, here, before, version.by, is_edit),
            *_within(plan, here, before, zone),
        ]
        before = [one for one in here if one.ended_at is None or one.ended_at == plan.ended_at]
    found += _ended([version.plan for version in versions])
    wanted = [one for one in found if (since or one.at) <= one.at <= (until or one.at)]
    return sorted(wanted, key=lambda one: one.at)


def list_versions(session: Session, client: Client) -> list[PlanVersion]:
    """Oldest first, each exercise with its library entry loaded."""
    rows = session.execute(_versions(), {"client": client.id}).all()
    found: list[PlanVersion] = []
    for (plan, by), here in groupby(rows, key=lambda row: (row[0], row[1])):
        found.append(PlanVersion(plan, by or "", [row[2] for row in here if row[2] is not None]))
    return found


@cache
def _versions() -> Select[Plan, str, Assignment]:
    """Built once: that takes as long as asking."""
    return (
        select(Plan, User.name, Assignment)
        .outerjoin(User, User.id == Plan.created_by_id)
        .outerjoin(Assignment, Assignment.plan_id == Plan.id)
        .where(Plan.client_id == bindparam("client", type_=Integer))
        .options(joinedload(Assignment.exercise))
        .order_by(Plan.version, Assignment.position)
    )


def _started(
    plan: Plan, here: Sequence[Assignment], before: Sequence[Assignment], by: str, is_edit: bool
) -> PlanChange:
    """The first version names what it holds, a later one what is different."""
    words = f"Plan {plan.version} started, {counted(len(here), 'exercise')}"
    if not before:
        names = ", ".join(one.exercise.name for one in here)
        return PlanChange(plan.created_at, words, names, by, plan.id)
    detail = ", ".join(_differences(here, before, is_edit)) or "the same exercises"
    return PlanChange(plan.created_at, words, detail, by, plan.id)


def _differences(here: Sequence[Assignment], before: Sequence[Assignment], is_edit: bool) -> Iterator[str]:
    """Each in a few words. Without a visit, what stands in the very place of another was swapped for it."""
    now = {one.exercise_id: one for one in here}
    then = {one.exercise_id: one for one in before}
    gone = [one for id, one in then.items() if id not in now]
    new = [one for id, one in now.items() if id not in then]
    places = {one.position: one for one in new} if is_edit else {}
    swapped = [(one, places[one.position]) for one in gone if one.position in places]
    for one, other in swapped:
        yield f"{one.exercise.name} swapped for {other.exercise.name}"
    yield from (f"{one.exercise.name} added" for one in new if one not in [other for _, other in swapped])
    yield from (f"{one.exercise.name} taken out" for one in gone if one not in [old for old, _ in swapped])
    for id in [id for id in now if id in then]:
        parts = [*_dose_differences(then[id], now[id])]
        if parts:
            yield f"{now[id].exercise.name}: {' and '.join(parts)}"
        if (pause := _pause_of(now[id])) != _pause_of(then[id]):
            yield f"{now[id].exercise.name} {_paused(now[id]) if pause[0] else 'goes on'}"


def _dose_differences(then: Assignment, now: Assignment) -> Iterator[str]:
    for name, words in DOSE_PARTS.items():
        old, new = getattr(then, name), getattr(now, name)
        if old != new:
            yield words.format(old or "none", new or "none")


def _pause_of(one: Assignment) -> tuple[date | None, date | None]:
    return one.paused_from, one.paused_until


def _paused(one: Assignment) -> str:
    return f"paused until {short_day(one.paused_until)}" if one.paused_until else "paused"


def _within(
    plan: Plan, here: Sequence[Assignment], before: Sequence[Assignment], zone: str
) -> Iterator[PlanChange]:
    """Exercises that ended before their plan did, and pauses. What came along from the version before, or
    is part of what is different in this one, is told already."""
    for one in here:
        if one.ended_at is not None and one.ended_at != plan.ended_at:
            yield PlanChange(one.ended_at, f"{one.exercise.name} ended", one.end_reason or "", "", plan.id)
        if one.paused_from is not None and one.exercise_id not in {old.exercise_id for old in before}:
            words = f"{one.exercise.name} {_paused(one)}"
            yield PlanChange(start_of(one.paused_from, zone), words, "", "", plan.id)


def _ended(plans: Sequence[Plan]) -> Iterator[PlanChange]:
    """A version that ended because the next one began is told by that one."""
    begun = {plan.created_at for plan in plans}
    for plan in plans:
        if plan.ended_at is not None and plan.ended_at not in begun:
            yield PlanChange(plan.ended_at, f"Plan {plan.version} ended", "", "", plan.id)
