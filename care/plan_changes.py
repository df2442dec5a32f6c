"""What changed in a client's home care and when: versions of the plan, exercises ended or paused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.models import Assignment, Client, Plan, User
from care.pain import start_of
from care.saying import counted, short_day


@dataclass(frozen=True)
class PlanChange:
    """One change, in words for staff. `detail` names the exercises, `by` who did it when we know."""

    at: datetime
    words: str
    detail: str = ""
    by: str = ""
    plan_id: int | None = None


def list_plan_changes(
    session: Session, client: Client, since: datetime | None = None, until: datetime | None = None
) -> list[PlanChange]:
    """Oldest first. A pause stands at its first day, which may lie ahead."""
    plans = session.execute(
        select(Plan, User.name)
        .outerjoin(User, User.id == Plan.created_by_id)
        .where(Plan.client_id == client.id)
        .order_by(Plan.version)
    ).all()
    given = _given(session, client)
    found: list[PlanChange] = []
    before: list[Assignment] = []
    for plan, by in plans:
        here = given.get(plan.id, [])
        found += [_started(plan, here, before, by or ""), *_within(plan, here, client.timezone)]
        before = here
    found += _ended([plan for plan, _by in plans])
    wanted = [one for one in found if (since or one.at) <= one.at <= (until or one.at)]
    return sorted(wanted, key=lambda one: one.at)


def _given(session: Session, client: Client) -> dict[int, list[Assignment]]:
    rows = session.scalars(
        select(Assignment)
        .where(Assignment.client_id == client.id)
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.position)
    )
    given: dict[int, list[Assignment]] = {}
    for assignment in rows:
        given.setdefault(assignment.plan_id, []).append(assignment)
    return given


def _started(plan: Plan, here: Sequence[Assignment], before: Sequence[Assignment], by: str) -> PlanChange:
    """The first version names what it holds, a later one what is different."""
    words = f"Plan {plan.version} started, {counted(len(here), 'exercise')}"
    now, then = [one.exercise.name for one in here], [one.exercise.name for one in before]
    if not before:
        return PlanChange(plan.created_at, words, ", ".join(now), by, plan.id)
    added = [f"{name} added" for name in now if name not in then]
    removed = [f"{name} taken out" for name in then if name not in now]
    detail = ", ".join(added + removed) or "the same exercises"
    return PlanChange(plan.created_at, words, detail, by, plan.id)


def _within(plan: Plan, here: Sequence[Assignment], zone: str) -> Iterator[PlanChange]:
    """Exercises that ended before their plan did, and pauses."""
    for one in here:
        if one.ended_at is not None and one.ended_at != plan.ended_at:
            yield PlanChange(one.ended_at, f"{one.exercise.name} ended", one.end_reason or "", "", plan.id)
        if one.paused_from is not None:
            until = f" until {short_day(one.paused_until)}" if one.paused_until else ""
            words = f"{one.exercise.name} paused{until}"
            yield PlanChange(start_of(one.paused_from, zone), words, "", "", plan.id)


def _ended(plans: Sequence[Plan]) -> Iterator[PlanChange]:
    """A version that ended because the next one began is told by that one."""
    begun = {plan.created_at for plan in plans}
    for plan in plans:
        if plan.ended_at is not None and plan.ended_at not in begun:
            yield PlanChange(plan.ended_at, f"Plan {plan.version} ended", "", "", plan.id)
