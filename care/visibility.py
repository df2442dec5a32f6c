"""Who sees which clients, as a condition of any question to the database."""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, String, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from care.models import AttentionItem, AttentionStatus, Client, ClientShare, User
from care.told import quoted_sign, was_told

# Who looks, in statements that are built once.
SEEING_PRACTICE: BindParameter[int] = bindparam("seeing_practice", type_=Integer)
SEEING_USER: BindParameter[int] = bindparam("seeing_user", type_=Integer)
SEEING_SIGN: BindParameter[str] = bindparam("seeing_sign", type_=String)


def is_visible_to(user: User) -> ColumnElement[bool]:
    """Which clients a user sees, as a condition on `Client`.

    Admins see all of their practice, and so does the front desk, but none of their care: that is the
    pages' to hold back. Therapists see those they treat, those shared with them, those for whose therapist
    they stand in while something waits that was handed on to them, and those of whom an alert told them,
    until that is closed. A client without a therapist is nobody's, so no therapist sees them otherwise.
    """
    return _is_visible(sees_all(user), user.practice_id, user.id, quoted_sign(user))


@cache
def is_visible(*, of_all: bool) -> ColumnElement[bool]:
    """The same for statements that are built once and asked with `names_of`, of those who see all of their
    practice or of therapists.
    """
    return _is_visible(of_all, SEEING_PRACTICE, SEEING_USER, SEEING_SIGN)


def names_of(user: User) -> dict[str, Any]:
    """What such a statement asks of who looks."""
    return {
        "seeing_practice": user.practice_id,
        "seeing_user": user.id,
        "seeing_sign": quoted_sign(user),
    }


def sees_all(user: User) -> bool:
    """Of their practice, as admins and the front desk do."""
    return user.is_admin or user.is_front_desk


def _is_visible(
    of_all: bool,
    practice_id: int | BindParameter[int],
    user_id: int | BindParameter[int],
    sign: str | BindParameter[str],
) -> ColumnElement[bool]:
    in_practice = Client.practice_id == practice_id
    if of_all:
        return in_practice
    is_shared = exists().where(ClientShare.client_id == Client.id, ClientShare.user_id == user_id)
    item = aliased(AttentionItem)
    represented = select(User.id).where(User.backup_id == user_id)
    for_another = and_(item.escalated_at.is_not(None), Client.therapist_id.in_(represented))
    was_handed_on = exists().where(
        item.client_id == Client.id,
        item.status != AttentionStatus.CLOSED,
        or_(for_another, was_told(sign, item)),
    )
    return and_(in_practice, or_(Client.therapist_id == user_id, is_shared, was_handed_on))
