"""Who treats a client beside their therapist, and handing a client over to somebody else."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from care.clients import check_therapist, pass_on
from care.errors import Refused
from care.models import Client, ClientShare, User
from care.users import list_users


def may_share(client: Client, user: User) -> bool:
    """Who decides: the therapist, and the admins. Who is shared with does not pass it on."""
    return user.is_admin or client.therapist_id == user.id


def list_shared_with(session: Session, client: Client) -> Sequence[User]:
    wanted = select(User).join(ClientShare, ClientShare.user_id == User.id)
    return session.scalars(
        wanted.where(ClientShare.client_id == client.id).order_by(User.name, User.id)
    ).all()


def shared_with_ids(session: Session, client_id: int) -> set[int]:
    return set(session.scalars(select(ClientShare.user_id).where(ClientShare.client_id == client_id)))


def list_candidates(session: Session, client: Client) -> list[User]:
    """Who could treat the client and does not yet: active, and not of the front desk."""
    present = {client.therapist_id, *shared_with_ids(session, client.id)}
    people = list_users(session, client.practice_id, active_only=True)
    return [one for one in people if one.id not in present and not one.is_front_desk]


def share(session: Session, client: Client, with_id: int, by: User, now: datetime) -> User:
    """From now on they see and treat the client too. Sharing twice changes nothing. Raises Refused."""
    colleague = check_therapist(session, client, with_id)
    if colleague is None:
        raise Refused("Choose a therapist of this practice.")
    if colleague.id != client.therapist_id and colleague.id not in shared_with_ids(session, client.id):
        row = ClientShare(practice_id=client.practice_id, client_id=client.id, user_id=colleague.id)
        row.shared_by_id, row.shared_at = by.id, now
        session.add(row)
        session.flush()
    return colleague


def end_share(session: Session, client: Client, user_id: int) -> None:
    """They see the client no more, and what waited for them waits for the therapist again."""
    session.execute(
        delete(ClientShare).where(ClientShare.client_id == client.id, ClientShare.user_id == user_id)
    )
    pass_on(session, client, user_id)


def hand_over(session: Session, client: Client, to_id: int, by: User, now: datetime, *, keeps: bool) -> User:
    """Somebody else is the therapist from now on. With `keeps`, who was it still sees the client."""
    before = client.therapist_id
    to = check_therapist(session, client, to_id)
    if to is None:
        raise Refused("Choose a therapist of this practice.")
    client.therapist_id = to.id
    end_share(session, client, to.id)
    if before is not None and before != to.id:
        pass_on(session, client, before)
        if keeps:
            share(session, client, before, by, now)
    session.flush()
    session.expire(client, ["therapist"])
    return to
