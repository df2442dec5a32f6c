"""Who looks after what needs a person, and when: handed on, put off, and back by itself."""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from care.attention import URGENCY, is_seen, is_seen_by
from care.errors import Refused
from care.models import (
    IS_OPEN,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientShare,
    Message,
    Role,
    User,
)
from care.recurrence import instant_of

WAKES_AT = time(9)
LONGEST_SNOOZE = timedelta(days=60)
NOW: BindParameter[datetime] = bindparam("now", type_=AttentionItem.snoozed_until.type)


class Snoozed(Protocol):
    @property
    def snoozed_until(self) -> datetime | None: ...


# How what waits is dealt with, where each item's message is joined: what nobody acknowledged first, by
# urgency, the newest message first.
IN_ORDER = (
    case((AttentionItem.status == AttentionStatus.ACKNOWLEDGED, 1), else_=0),
    case(URGENCY, value=AttentionItem.kind),
    func.coalesce(Message.at, AttentionItem.raised_at).desc(),
    AttentionItem.id.desc(),
)


def is_snoozed(item: Snoozed, now: datetime) -> bool:
    return item.snoozed_until is not None and item.snoozed_until > now


def list_waiting(session: Session, seen_by: User, now: datetime) -> list[AttentionItem]:
    """What waits for a person now, in the order it is to be dealt with."""
    return list(session.scalars(select_waiting(seen_by, now)))


def select_waiting(seen_by: User, now: datetime) -> Select[AttentionItem]:
    """The same as a statement, in that order, with each item's client and message joined."""
    return _in_order(_waiting(is_seen_by(seen_by), now))


@cache
def waiting(*, of_all: bool, is_admin: bool) -> Select[AttentionItem]:
    """The same, built once, to be asked with `now` and `care.visibility.names_of`."""
    return _in_order(_waiting(is_seen(of_all=of_all, is_admin=is_admin), NOW))


@cache
def clients_waiting(*, of_all: bool, is_admin: bool) -> Select[Any]:
    """The ids of the clients something waits about, as a statement that is asked alike."""
    waiting = _waiting(is_seen(of_all=of_all, is_admin=is_admin), NOW)
    return waiting.where(AttentionItem.client_id.is_not(None)).with_only_columns(AttentionItem.client_id)


def _waiting(
    is_theirs: ColumnElement[bool], now: datetime | BindParameter[datetime]
) -> Select[AttentionItem]:
    is_awake = or_(AttentionItem.snoozed_until.is_(None), AttentionItem.snoozed_until <= now)
    items = select(AttentionItem).outerjoin(Client, Client.id == AttentionItem.client_id)
    return items.where(is_theirs, IS_OPEN, is_awake)


def _in_order(items: Select[AttentionItem]) -> Select[AttentionItem]:
    return items.outerjoin(Message, Message.id == AttentionItem.message_id).order_by(*IN_ORDER)


def snooze(session: Session, item: AttentionItem, until: datetime, now: datetime) -> None:
    """Put it off. Raises Refused for a red flag nobody has taken on, and for a time that makes no sense."""
    if item.status is AttentionStatus.CLOSED:
        raise Refused("This is closed already.")
    if item.kind is AttentionKind.RED_FLAG and item.status is AttentionStatus.OPEN:
        raise Refused("Take care of the red flag first, then it can wait.")
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused(f"Choose a day from tomorrow on, within {LONGEST_SNOOZE.days} days.")
    item.snoozed_until = until
    session.flush()


def wake(session: Session, item: AttentionItem) -> None:
    item.snoozed_until = None
    session.flush()


def morning_of(day: date, zone: str) -> datetime:
    """Nine o'clock there: when what was put off comes back."""
    return instant_of(day, WAKES_AT, ZoneInfo(zone))


def assign(session: Session, item: AttentionItem, owner: User) -> None:
    """Hand it to a colleague. Raises Refused for somebody who may not see it."""
    if owner.id not in {user.id for user in may_own(session, item)}:
        raise Refused("Choose somebody who may see this client.")
    item.owner_id = owner.id
    session.flush()


def may_own(session: Session, item: AttentionItem) -> list[User]:
    """Who treats the client, and the admins. What is about nobody we know is for all of them."""
    wanted = select(User).where(
        User.practice_id == item.practice_id, User.is_active, User.role != Role.FRONT_DESK
    )
    if item.client_id is not None:
        treats = exists().where(Client.id == item.client_id, Client.therapist_id == User.id)
        shares = exists().where(ClientShare.client_id == item.client_id, ClientShare.user_id == User.id)
        wanted = wanted.where(or_(User.role == Role.ADMIN, treats, shares))
    return list(session.scalars(wanted.order_by(User.name, User.id)))


def is_mine(owner_id: int | None, therapist_id: int | None, user: User) -> bool:
    """Given to this user; or to nobody, and the client is theirs, if there is one."""
    return (therapist_id if owner_id is None else owner_id) == user.id
