"""Provider scope: which exercises somebody may give alone, and asking a colleague to co-sign the rest.

A default a practice can change, and no legal advice: what a massage therapist may give differs by place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import DECIDE, raise_item, resolve
from care.errors import Refused
from care.models import (
    AttentionKind,
    Client,
    Cosign,
    CosignStatus,
    ExerciseType,
    Plan,
    Practice,
    ProviderKind,
    User,
)
from care.sharing import share

if TYPE_CHECKING:
    from care.plans import NewAssignment

# Self-care: what eases and moves; strength is graded exercise and left to physical therapists (our choice).
SELF_CARE = frozenset({ExerciseType.SELF_RELEASE, ExerciseType.STRETCH, ExerciseType.MOBILITY})
USUAL: Mapping[ProviderKind, frozenset[ExerciseType]] = {
    ProviderKind.PHYSICAL_THERAPIST: frozenset(ExerciseType),
    ProviderKind.MASSAGE_THERAPIST: SELF_CARE,
}


def scope_of(practice: Practice, kind: ProviderKind) -> frozenset[ExerciseType]:
    """The types of exercises this kind of provider gives alone there. Physical therapists give all."""
    stored = practice.scopes.get(kind.value) if kind is not ProviderKind.PHYSICAL_THERAPIST else None
    if not isinstance(stored, list):
        return USUAL[kind]
    return frozenset(one for one in ExerciseType if one.value in stored)


def types_of(session: Session, user: User | None) -> frozenset[ExerciseType] | None:
    """What the user gives alone; None where that is everything. What the client moves is nobody's giving."""
    if user is None or user.provider_kind is ProviderKind.PHYSICAL_THERAPIST:
        return None
    return scope_of(session.get_one(Practice, user.practice_id), user.provider_kind)


def set_scope(practice: Practice, kind: ProviderKind, types: Sequence[str]) -> None:
    if kind is ProviderKind.PHYSICAL_THERAPIST:
        raise Refused("A physical therapist gives all.")
    known = [one.value for one in ExerciseType if one.value in types]
    practice.scopes = practice.scopes | {kind.value: known}


def set_provider(session: Session, user: User, kind: ProviderKind, cosigner_id: int | None) -> None:
    """What somebody is, and who co-signs for them. Raises Refused for who may not co-sign."""
    if kind is ProviderKind.PHYSICAL_THERAPIST:
        cosigner_id = None
    if cosigner_id is not None and not _may_sign(session.get(User, cosigner_id), user):
        raise Refused("A co-sign is given by a physical therapist of this practice who may sign in.")
    user.provider_kind, user.cosigner_id = kind, cosigner_id
    session.flush()


def settle_requests(
    session: Session,
    client: Client,
    plan: Plan,
    wanted: "Sequence[NewAssignment]",
    waiting: "Sequence[NewAssignment]",
    user: User,
    now: datetime,
) -> None:
    """Ask for what waits. What waited before and was given now, or is asked for anew, waits no more."""
    given = {one.exercise_id for one in wanted}
    for earlier in waiting_of(session, client):
        if earlier.exercise_id in given:
            earlier.status, earlier.decided_at = CosignStatus.WITHDRAWN, now
    if waiting:
        signer = _signer_of(session, user)
        share(session, client, signer.id, user, now)
        session.add_all(_request(client, plan, one, user, signer, now) for one in waiting)
        session.flush()
        what = f"{len(waiting)} from {user.name}"
        cause = cause_of(client, signer.id)
        raise_item(
            session,
            client.practice_id,
            AttentionKind.COSIGN,
            cause,
            now,
            client_id=client.id,
            owner_id=signer.id,
            details={"what": what, DECIDE: True},
        )
    forget_settled(session, client, now)


def withdraw_requests(session: Session, client: Client, plan: Plan, now: datetime) -> None:
    """What this version asked for waits no more: the version is being taken back."""
    for one in waiting_of(session, client):
        if one.plan_id == plan.id:
            one.status, one.decided_at = CosignStatus.WITHDRAWN, now
    forget_settled(session, client, now)


def waiting_of(session: Session, client: Client) -> Sequence[Cosign]:
    """Oldest first."""
    wanted = select(Cosign).where(Cosign.client_id == client.id, Cosign.status == CosignStatus.WAITING)
    return session.scalars(wanted.order_by(Cosign.id)).all()


def forget_settled(session: Session, client: Client, now: datetime) -> None:
    """Whoever has nothing left to decide about this client is asked no more."""
    session.flush()
    asked = set(session.scalars(select(Cosign.signer_id).where(Cosign.client_id == client.id)))
    for signer_id in asked - {one.signer_id for one in waiting_of(session, client)}:
        resolve(session, client.practice_id, cause_of(client, signer_id), now, "Nothing waits any more.")


def cause_of(client: Client, signer_id: int) -> str:
    return f"cosign:{client.id}:{signer_id}"


def _signer_of(session: Session, user: User) -> User:
    signer = session.get(User, user.cosigner_id) if user.cosigner_id is not None else None
    if signer is None or not _may_sign(signer, user):
        raise Refused(
            "Some of these exercises need a co-sign, and nobody is named for it. Take them out, or ask an "
            "admin to name a physical therapist under Settings, Scope."
        )
    return signer


def _may_sign(signer: User | None, for_user: User) -> bool:
    if signer is None or signer.practice_id != for_user.practice_id or signer.id == for_user.id:
        return False
    is_physio = signer.provider_kind is ProviderKind.PHYSICAL_THERAPIST
    return is_physio and signer.is_active and not signer.is_front_desk


def _request(
    client: Client, plan: Plan, one: "NewAssignment", user: User, signer: User, now: datetime
) -> Cosign:
    return Cosign(
        practice_id=client.practice_id,
        client_id=client.id,
        plan_id=plan.id,
        exercise_id=one.exercise_id,
        wanted=_as_json({"dose": asdict(one.dose), "schedule": asdict(one.schedule)}),
        asked_by_id=user.id,
        signer_id=signer.id,
        created_at=now,
    )


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, tuple | frozenset):
        return sorted(_as_json(one) for one in value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value
