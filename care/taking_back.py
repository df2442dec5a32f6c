"""Taking back what an After visit form, or a change of plan, did a moment ago: as if it had not been sent."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    FollowUp,
    FollowUpStatus,
    Occurrence,
    Plan,
    PlanStatus,
    Rating,
    Reminder,
    ReminderStatus,
    Visit,
    VisitStatus,
)
from care.plans import PLAN_CHANGED
from care.scope import withdraw_requests
from care.visits import VISIT_FIELDS
from care.withdrawal import cancel_reminders, replan_client, withdraw_follow_ups, withdraw_occurrences

STILL_HERE = (ReminderStatus.PLANNED, ReminderStatus.CANCELLED)


@dataclass
class Did:
    """What sending did, by id. `visit_before` and `next_before` are rows as they were; None for new ones.
    `link_before` is the link that waited for its text before.
    """

    plan_id: int | None = None
    plan_before_id: int | None = None
    visit_id: int | None = None
    visit_before: dict[str, Any] | None = None
    next_id: int | None = None
    next_before: dict[str, Any] | None = None
    added: list[int] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    link_before: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def visit_as_it_is(visit: Visit) -> dict[str, Any]:
    """For `Did`: all that recording, moving or cancelling it may change."""
    kept = {name: getattr(visit, name) for name in VISIT_FIELDS}
    return kept | {"starts_at": visit.starts_at.isoformat(), "status": visit.status.value}


def take_back(session: Session, client: Client, did: Did, now: datetime) -> None:
    """Raises Refused when a text of it went out, or the client has answered: then it is history."""
    plan = session.get(Plan, did.plan_id) if did.plan_id else None
    if plan is None or plan.client_id != client.id or plan.status is not PlanStatus.ACTIVE:
        raise Refused("The plan has changed since. Nothing was taken back.")
    _refuse_once_told(session, client, plan, did)
    ids = list(session.scalars(select(Assignment.id).where(Assignment.plan_id == plan.id)))
    withdraw_occurrences(session, ids, plan.created_at, "plan_changed")
    _reopen_plan(session, did.plan_before_id, plan.created_at)
    _take_back_checks(session, did)
    began = plan.created_at
    withdraw_requests(session, client, plan, now)
    session.execute(delete(Plan).where(Plan.id == plan.id))
    session.expunge(plan)
    _put_visit_back(session, did.visit_id, did.visit_before)
    _put_visit_back(session, did.next_id, did.next_before)
    client.link_to_tell = did.link_before
    session.flush()
    replan_client(session, client.id, began)


def _refuse_once_told(session: Session, client: Client, plan: Plan, did: Did) -> None:
    of_plan = select(Assignment.id).where(Assignment.plan_id == plan.id)
    occurrence = Occurrence.assignment_id.in_(of_plan)
    if session.scalar(select(exists().where(occurrence, Occurrence.answered_at.is_not(None)))):
        raise Refused(f"{client.first_name} has answered already. Change the plan instead.")
    of_it = or_(
        Reminder.id.in_(select(Occurrence.reminder_id).where(occurrence)),
        Reminder.follow_up_id.in_(did.added),
    )
    if session.scalar(select(exists().where(of_it, Reminder.status.not_in(STILL_HERE)))):
        raise Refused("The text has gone out already. Change the plan instead.")


def _reopen_plan(session: Session, plan_id: int | None, ended_at: datetime) -> None:
    """The plan before, with those of its exercises that ended to make room."""
    plan = session.get(Plan, plan_id) if plan_id else None
    if plan is None:
        return
    plan.status, plan.ended_at = PlanStatus.ACTIVE, None
    ended = select(Assignment).where(
        Assignment.plan_id == plan.id,
        Assignment.ended_at == ended_at,
        Assignment.end_reason == PLAN_CHANGED,
    )
    for one in session.scalars(ended):
        one.status, one.ended_at, one.end_reason = AssignmentStatus.ACTIVE, None, None
    session.flush()


def _take_back_checks(session: Session, did: Did) -> None:
    added = list(session.scalars(select(FollowUp).where(FollowUp.id.in_(did.added))))
    withdraw_follow_ups(session, added, reason="follow_up_cancelled")
    session.flush()
    session.execute(delete(FollowUp).where(FollowUp.id.in_(did.added)))
    for one in session.scalars(select(FollowUp).where(FollowUp.id.in_(did.cancelled))):
        one.status, one.planned_until = FollowUpStatus.OPEN, None


def _put_visit_back(session: Session, visit_id: int | None, before: dict[str, Any] | None) -> None:
    """As it was; a visit that was not there goes, and so does the rating that was asked at it."""
    visit = session.get(Visit, visit_id) if visit_id else None
    if visit is None:
        return
    if visit.status is VisitStatus.HAPPENED:
        session.execute(delete(Rating).where(Rating.visit_id == visit.id))
    if before is None:
        texts = session.scalars(select(Reminder.id).where(Reminder.visit_id == visit.id)).all()
        cancel_reminders(session, texts, "visit_changed")
        session.delete(visit)
        return
    for name in VISIT_FIELDS:
        setattr(visit, name, before[name])
    visit.starts_at = datetime.fromisoformat(before["starts_at"])
    visit.status = VisitStatus(before["status"])
