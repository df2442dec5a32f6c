"""What a client does at home: starting a plan and changing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from care.clients import get_client
from care.errors import NotFound, Refused
from care.exercises import LONGEST_DURATION, LONGEST_HOLD, exercises_by_id
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    ClientStatus,
    Cosign,
    CosignStatus,
    Exercise,
    Plan,
    PlanStatus,
    Side,
    User,
    Visit,
)
from care.recurrence import Schedule, today_in
from care.scope import settle_requests, types_of
from care.withdrawal import withdraw_occurrences

__all__ = [
    "NO_PAUSE",
    "Dose",
    "NewAssignment",
    "Pause",
    "Schedule",
    "as_new",
    "current_plan",
    "default_dose",
    "end_plan",
    "get_assignment",
    "last_given",
    "last_plan",
    "list_assignments",
    "list_plans",
    "schedule_of",
    "start_plan",
]

# Why an assignment ended that made room for the next version of its plan.
PLAN_CHANGED = "plan changed"


@dataclass(frozen=True)
class Dose:
    """Sets, repetitions, and the hold or the time of each in seconds. 0 means unused."""

    sets: int
    reps: int
    hold_seconds: int
    duration_seconds: int
    side: Side
    load: str = ""
    note: str = ""

    def check(self) -> None:
        """Raises Refused with a sentence for the form."""
        if not 1 <= self.sets <= 10:
            raise Refused("Sets must be 1 to 10.")
        if not 1 <= self.reps <= 100:
            raise Refused("Times must be 1 to 100.")
        if not 0 <= self.hold_seconds <= LONGEST_HOLD:
            raise Refused(f"Hold must be at most {LONGEST_HOLD} seconds.")
        if not 0 <= self.duration_seconds <= LONGEST_DURATION:
            raise Refused(f"Time must be at most {LONGEST_DURATION} seconds.")


# The first and the last day of a pause, both inclusive; without a last day until someone resumes.
Pause = tuple[date | None, date | None]
NO_PAUSE: Pause = (None, None)


@dataclass(frozen=True)
class NewAssignment:
    """One exercise about to be given."""

    exercise_id: int
    dose: Dose
    schedule: Schedule
    pause: Pause = NO_PAUSE

    def check(self) -> None:
        """Raises Refused with a sentence for the form."""
        self.dose.check()
        self.schedule.check()
        from_day, until_day = self.pause
        if from_day is not None and until_day is not None and until_day < from_day:
            raise Refused("The last day of a pause must not be before its first.")


def default_dose(exercise: Exercise) -> Dose:
    """The dose the library starts from."""
    return Dose(
        exercise.sets, exercise.reps, exercise.hold_seconds, exercise.duration_seconds, side=Side.BOTH
    )


def start_plan(
    session: Session,
    client: Client,
    wanted: Sequence[NewAssignment],
    *,
    user: User | None,
    now: datetime,
    visit: Visit | None = None,
    note: str = "",
) -> Plan:
    """Begin the next version of the client's plan; the running one ends, its history stays.

    What is outside of the user's scope waits for a co-sign (`care.scope`) and is no part of it yet. Raises
    Refused when nothing is wanted, a dose is off, an exercise is not in the library, nobody may co-sign, or
    a person gives something to a client who was discharged: it would never be due.
    """
    if user is not None and client.status is ClientStatus.DISCHARGED:
        raise Refused(f"{client.first_name} was discharged. Start an episode first.")
    if not wanted:
        raise Refused("Add at least one exercise.")
    exercises = _exercises(session, client, wanted)
    for one in wanted:
        one.check()
    last_version, has_waiting = _so_far(session, client)
    own, waiting = split_by_scope(session, client, wanted, exercises, user)
    _end_running(session, client, PLAN_CHANGED, now)
    plan = Plan(
        practice_id=client.practice_id,
        client_id=client.id,
        episode_id=visit.episode_id if visit else None,
        visit_id=visit.id if visit else None,
        version=last_version + 1,
        note=note,
        created_by_id=user.id if user else None,
        created_at=now,
    )
    session.add(plan)
    session.flush()
    for position, one in enumerate(own, start=1):
        session.add(_assignment(plan, exercises[one.exercise_id], one, position, now))
    session.flush()
    if user is not None and (waiting or has_waiting):
        settle_requests(session, client, plan, wanted, waiting, user, now)
    return plan


def split_by_scope(
    session: Session,
    client: Client,
    wanted: Sequence[NewAssignment],
    exercises: Mapping[int, Exercise],
    user: User | None,
) -> tuple[list[NewAssignment], list[NewAssignment]]:
    """What begins now, and what waits for a co-sign first: whatever is outside of the user's scope and new,
    or in another dose than now. The dose of now goes on meanwhile.
    """
    covered = types_of(session, user)
    if covered is None:
        return list(wanted), []
    plan = current_plan(session, client)
    running = {one.exercise_id: as_new(one) for one in list_assignments(session, plan)} if plan else {}
    own, waiting = [], []
    for one in wanted:
        now_given = running.get(one.exercise_id)
        if exercises[one.exercise_id].type in covered or (now_given and now_given.dose == one.dose):
            own.append(one)
        else:
            waiting.append(one)
            own += [replace(one, dose=now_given.dose)] if now_given else []
    return own, waiting


def _exercises(session: Session, client: Client, wanted: Sequence[NewAssignment]) -> dict[int, Exercise]:
    ids = {one.exercise_id for one in wanted}
    exercises = exercises_by_id(session, client.practice_id, ids)
    if len(exercises) < len(ids):
        raise Refused("Choose exercises from your practice's library.")
    return exercises


def _assignment(
    plan: Plan, exercise: Exercise, wanted: NewAssignment, position: int, now: datetime
) -> Assignment:
    dose, schedule = wanted.dose, wanted.schedule
    return Assignment(
        practice_id=plan.practice_id,
        client_id=plan.client_id,
        plan_id=plan.id,
        exercise_id=exercise.id,
        position=position,
        sets=dose.sets,
        reps=dose.reps,
        hold_seconds=dose.hold_seconds,
        duration_seconds=dose.duration_seconds,
        side=dose.side,
        load=dose.load,
        note=dose.note,
        weekdays=sorted(schedule.weekdays if schedule.weekdays is not None else range(7)),
        every_days=schedule.every_days,
        times=[f"{at:%H:%M}" for at in sorted(schedule.times)],
        starts_on=schedule.starts_on,
        ends_on=schedule.ends_on,
        is_reminded=schedule.is_reminded,
        paused_from=wanted.pause[0],
        paused_until=wanted.pause[1],
        created_at=now,
        planned_until=now,
    )


def _so_far(session: Session, client: Client) -> tuple[int, bool]:
    """The newest version's number, 0 for none, and whether something waits for a co-sign."""
    waits = exists().where(Cosign.client_id == client.id, Cosign.status == CosignStatus.WAITING)
    newest = select(func.max(Plan.version), waits).where(Plan.client_id == client.id)
    version, has_waiting = session.execute(newest).one()
    return version or 0, bool(has_waiting)


def _end_running(session: Session, client: Client, reason: str, now: datetime) -> None:
    plan = current_plan(session, client)
    if plan is None:
        return
    running = session.scalars(
        select(Assignment).where(Assignment.plan_id == plan.id, Assignment.status == AssignmentStatus.ACTIVE)
    ).all()
    _end(session, running, reason, now)
    plan.status, plan.ended_at = PlanStatus.ENDED, now


def _end(session: Session, assignments: Sequence[Assignment], reason: str, now: datetime) -> None:
    for assignment in assignments:
        assignment.status = AssignmentStatus.ENDED
        assignment.ended_at = now
        assignment.end_reason = reason
    withdraw_occurrences(session, [one.id for one in assignments], now, reason="plan_changed")


def end_plan(session: Session, client: Client, reason: str, now: datetime) -> None:
    """End the running plan, if there is one; nothing takes its place."""
    _end_running(session, client, reason, now)


def get_assignment(session: Session, assignment_id: int, seen_by: User) -> Assignment:
    """Raises NotFound when there is none, or its client is not theirs to see."""
    found = session.scalar(
        select(Assignment)
        .where(Assignment.id == assignment_id, Assignment.practice_id == seen_by.practice_id)
        .options(joinedload(Assignment.exercise))
    )
    if found is None:
        raise NotFound
    get_client(session, found.client_id, seen_by)
    return found


def current_plan(session: Session, client: Client) -> Plan | None:
    """The running version, if there is one."""
    return session.scalar(
        select(Plan)
        .where(Plan.client_id == client.id, Plan.status == PlanStatus.ACTIVE)
        .order_by(Plan.version.desc())
        .limit(1)
    )


def last_plan(session: Session, client: Client) -> list[Assignment]:
    """What a new plan begins from: what is being done now, else what was done to the end of the last plan."""
    newest = select(Plan.id).where(Plan.client_id == client.id).order_by(Plan.version.desc()).limit(1)
    rows = session.execute(
        select(Assignment, Plan.ended_at)
        .join(Plan, Plan.id == Assignment.plan_id)
        .where(Plan.id == newest.scalar_subquery())
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.position)
    )
    return [one for one, plan_ended_at in rows if one.ended_at in (None, plan_ended_at)]


def last_given(session: Session, client: Client, exercise_id: int) -> Assignment | None:
    """This exercise as the client was given it last, whatever became of it."""
    return session.scalar(
        select(Assignment)
        .where(Assignment.client_id == client.id, Assignment.exercise_id == exercise_id)
        .order_by(Assignment.id.desc())
        .limit(1)
    )


def list_plans(session: Session, client: Client) -> list[Plan]:
    """All versions, newest first."""
    return list(
        session.scalars(select(Plan).where(Plan.client_id == client.id).order_by(Plan.version.desc()))
    )


def list_assignments(session: Session, plan: Plan) -> list[Assignment]:
    """The plan's exercises in order, each with its library entry loaded."""
    return list(
        session.scalars(
            select(Assignment)
            .where(Assignment.plan_id == plan.id)
            .options(joinedload(Assignment.exercise))
            .order_by(Assignment.position)
        )
    )


def schedule_of(assignment: Assignment) -> Schedule:
    """The schedule as the row holds it."""
    weekdays = frozenset(assignment.weekdays) if assignment.every_days is None else None
    return Schedule(
        times=tuple(time.fromisoformat(at) for at in assignment.times),
        starts_on=assignment.starts_on,
        ends_on=assignment.ends_on,
        weekdays=None if weekdays == frozenset(range(7)) else weekdays,
        every_days=assignment.every_days,
        is_reminded=assignment.is_reminded,
    )


def as_new(assignment: Assignment) -> NewAssignment:
    """The same once more, as a next version of the plan would give it."""
    one = assignment
    dose = Dose(one.sets, one.reps, one.hold_seconds, one.duration_seconds, one.side, one.load, one.note)
    return NewAssignment(one.exercise_id, dose, schedule_of(one), (one.paused_from, one.paused_until))


def is_running_on(assignment: Assignment, day: date) -> bool:
    """Active and not paused on this day of the client's."""
    if assignment.status is not AssignmentStatus.ACTIVE:
        return False
    if assignment.paused_from is None or day < assignment.paused_from:
        return True
    return assignment.paused_until is not None and day > assignment.paused_until


def plan_day(plan: Plan, client: Client, now: datetime) -> int:
    """Which day of the plan it is for the client, counted from 1."""
    started = today_in(client.timezone, plan.created_at)
    return (today_in(client.timezone, now) - started).days + 1
