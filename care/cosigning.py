"""Co-signing: what waits for a physical therapist, signed into the plan or declined with a reason."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care import audit
from care.attention import raise_item
from care.checks import check_line
from care.errors import NotFound, Refused
from care.models import (
    AttentionKind,
    Client,
    Cosign,
    CosignStatus,
    Exercise,
    Plan,
    ProviderKind,
    Side,
    User,
    Visit,
)
from care.plan_edits import running_exercises
from care.plan_words import routine_in_words
from care.plans import Dose, NewAssignment, as_new, current_plan, start_plan
from care.recurrence import Schedule, today_in
from care.scope import forget_settled

SHOWN_DECIDED = 20
LONGEST_REASON = 200


@dataclass(frozen=True)
class ListedCosign:
    """One request in words; `signer` and `asked_by` are names."""

    row: Cosign
    name: str
    words: str
    asked_by: str
    signer: str


def list_cosigns(session: Session, client: Client) -> list[ListedCosign]:
    """What waits first, then what was decided lately. What was withdrawn is left out."""
    wanted = (
        select(Cosign)
        .where(Cosign.client_id == client.id, Cosign.status != CosignStatus.WITHDRAWN)
        .options(joinedload(Cosign.exercise))
        .order_by(Cosign.status != CosignStatus.WAITING, Cosign.id.desc())
        .limit(SHOWN_DECIDED)
    )
    rows = session.scalars(wanted).all()
    ids = {one.signer_id for one in rows} | {one.asked_by_id for one in rows}
    names = {user.id: user.name for user in session.scalars(select(User).where(User.id.in_(ids)))}
    return [
        ListedCosign(one, one.exercise.name, _in_words(one), names[one.asked_by_id], names[one.signer_id])
        for one in rows
    ]


def list_waiting(session: Session, client: Client) -> list[ListedCosign]:
    """What is to be decided still, newest first."""
    return [one for one in list_cosigns(session, client) if one.row.status is CosignStatus.WAITING]


def sign(session: Session, client: Client, cosign_id: int, user: User, now: datetime) -> Cosign:
    """The next version of the plan has it, given by who signed. It is texted from then on, like all of it."""
    request = _to_decide(session, client, cosign_id, user)
    plan = current_plan(session, client)
    running = running_exercises(session, plan) if plan else []
    given = _from_today(wanted_of(request), today_in(client.timezone, now))
    as_now = [as_new(one) for one in running if one.exercise_id == request.exercise_id]
    if as_now:
        given = replace(given, pause=as_now[0].pause)
    others = [as_new(one) for one in running if one.exercise_id != request.exercise_id]
    request.status, request.decided_at = CosignStatus.SIGNED, now
    visit = session.get(Visit, plan.visit_id) if plan and plan.visit_id is not None else None
    started = start_plan(session, client, [*others, given], user=user, now=now, visit=visit)
    started.episode_id = plan.episode_id if plan else None
    return _decided(session, client, request, user, now)


def decline(
    session: Session, client: Client, cosign_id: int, reason: str, user: User, now: datetime
) -> Cosign:
    """It is no part of the plan, and who asked for it is told why."""
    request = _to_decide(session, client, cosign_id, user)
    request.reason = check_line("Reason", reason, LONGEST_REASON)
    request.status, request.decided_at = CosignStatus.DECLINED, now
    raise_item(
        session,
        client.practice_id,
        AttentionKind.COSIGN,
        f"cosign_declined:{client.id}:{request.id}",
        now,
        client_id=client.id,
        owner_id=request.asked_by_id,
        details={"what": f"{user.name} declined {request.exercise.name}: {request.reason}"},
    )
    return _decided(session, client, request, user, now)


def wanted_of(request: Cosign) -> NewAssignment:
    """Dose and schedule as they were asked for. Raises Refused for a row that cannot be read."""
    try:
        dose, kept = dict(request.wanted["dose"]), dict(request.wanted["schedule"])
        dose["side"] = Side(dose["side"])
        kept["times"] = tuple(time.fromisoformat(at) for at in kept["times"])
        for name in ("starts_on", "ends_on"):
            kept[name] = date.fromisoformat(kept[name]) if kept[name] else None
        if kept["weekdays"] is not None:
            kept["weekdays"] = frozenset(kept["weekdays"])
        return NewAssignment(request.exercise_id, Dose(**dose), Schedule(**kept))
    except (KeyError, TypeError, ValueError):
        raise Refused("What was asked for cannot be read any more. Decline it, and give it anew.") from None


def may_decide(request: Cosign, user: User) -> bool:
    """Who was asked; and an admin in their place, should they be away."""
    is_physio = user.provider_kind is ProviderKind.PHYSICAL_THERAPIST
    return is_physio and (user.id == request.signer_id or user.is_admin)


def _to_decide(session: Session, client: Client, cosign_id: int, user: User) -> Cosign:
    found = select(Cosign).where(Cosign.client_id == client.id, Cosign.id == cosign_id)
    request = session.scalar(found.options(joinedload(Cosign.exercise)).with_for_update(of=Cosign))
    if request is None:
        raise NotFound
    if not may_decide(request, user):
        raise Refused("Only who was asked may sign or decline, or an admin who is a physical therapist.")
    if request.status is not CosignStatus.WAITING:
        raise Refused("This was decided already.")
    return request


def _decided(session: Session, client: Client, request: Cosign, user: User, now: datetime) -> Cosign:
    action = f"cosign_{request.status.value}"
    audit.record(
        session, client.practice_id, action, "client", client.id, now, user, detail=f"cosign {request.id}"
    )
    forget_settled(session, client, now)
    return request


def _from_today(one: NewAssignment, today: date) -> NewAssignment:
    """A first day that went by while it waited is today."""
    starts_on = max(one.schedule.starts_on, today)
    return replace(one, schedule=replace(one.schedule, starts_on=starts_on))


def _in_words(request: Cosign) -> str:
    try:
        one = wanted_of(request)
    except Refused:
        return ""
    return routine_in_words(one.dose, request.exercise.laterality, one.schedule)


def waiting_in_words(session: Session, plan: Plan) -> str:
    """ "Glute bridge waits for Kim to co-sign, and is not texted before." Empty when nothing of this version
    waits.
    """
    rows = session.execute(
        select(Exercise.name, User.name)
        .select_from(Cosign)
        .join(Exercise, Exercise.id == Cosign.exercise_id)
        .join(User, User.id == Cosign.signer_id)
        .where(Cosign.plan_id == plan.id, Cosign.status == CosignStatus.WAITING)
        .order_by(Cosign.id)
    ).all()
    if not rows:
        return ""
    names = ", ".join(name for name, _ in rows)
    wait, are = ("waits", "is") if len(rows) == 1 else ("wait", "are")
    return f"{names} {wait} for {rows[0][1]} to co-sign, and {are} not texted before."
