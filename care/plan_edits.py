"""Changing a running plan without a visit: exercises progressed, eased, swapped, paused or taken out.

A change is a new version of the plan, so that what was done before, when, and by whom is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Assignment, AssignmentStatus, Client, Plan, User, Visit
from care.plans import Dose, NewAssignment, Pause, as_new, current_plan, list_assignments, start_plan


@dataclass(frozen=True)
class Edit:
    """What becomes of one exercise; what is None stays as it is. `NO_PAUSE` lets a paused one go on."""

    dose: Dose | None = None
    exercise_id: int | None = None
    pause: Pause | None = None
    ends: bool = False


def running_exercises(session: Session, plan: Plan) -> list[Assignment]:
    """What the client is to do now, in order, each with its library entry; paused ones too."""
    return [one for one in list_assignments(session, plan) if one.status is AssignmentStatus.ACTIVE]


def edit_plan(
    session: Session, client: Client, edits: Mapping[int, Edit], *, user: User | None, now: datetime
) -> Plan:
    """Begin the next version with these changes, by the number of the assignment; the others go on.

    Raises Refused when no plan runs, nothing would be different, or nothing would be left.
    """
    plan = current_plan(session, client)
    running = running_exercises(session, plan) if plan else []
    if plan is None or not edits.keys() <= {one.id for one in running}:
        raise Refused("The plan has changed meanwhile. Look at it again.")
    before = [as_new(one) for one in running]
    wanted = [
        _edited(given, edits.get(one.id, Edit()))
        for one, given in zip(running, before, strict=True)
        if not edits.get(one.id, Edit()).ends
    ]
    if wanted == before:
        raise Refused("Nothing is different yet.")
    if not wanted:
        raise Refused("Nothing would be left. End the whole plan instead.")
    visit = session.get(Visit, plan.visit_id) if plan.visit_id is not None else None
    started = start_plan(session, client, wanted, user=user, now=now, visit=visit)
    started.episode_id = plan.episode_id
    session.flush()
    return started


def _edited(given: NewAssignment, edit: Edit) -> NewAssignment:
    return replace(
        given,
        exercise_id=edit.exercise_id or given.exercise_id,
        dose=edit.dose or given.dose,
        pause=given.pause if edit.pause is None else edit.pause,
    )
