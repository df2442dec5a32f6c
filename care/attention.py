"""What needs a person: raised once per cause, until somebody named has dealt with it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from care.checks import check_line
from care.clients import is_visible_to
from care.errors import NotFound
from care.models import AttentionItem, AttentionKind, AttentionStatus, Client, User

URGENCY = {
    AttentionKind.RED_FLAG: 0,
    AttentionKind.HIGH_PAIN: 1,
    AttentionKind.PAIN_RISE: 1,
    AttentionKind.OPT_OUT: 2,
    AttentionKind.WRONG_NUMBER: 2,
    AttentionKind.DELIVERY_FAILURE: 2,
    AttentionKind.UNSURE_TEXT: 2,
    AttentionKind.UNREADABLE: 3,
    AttentionKind.QUESTION: 3,
    AttentionKind.CALL_TASK: 4,
    AttentionKind.SILENCE: 5,
}


def raise_item(
    session: Session,
    practice_id: int,
    kind: AttentionKind,
    cause_key: str,
    now: datetime,
    *,
    client_id: int | None = None,
    message_id: int | None = None,
    reminder_id: int | None = None,
    details: dict[str, Any] | None = None,
    owner_id: int | None = None,
    due_at: datetime | None = None,
) -> AttentionItem:
    """A new item, or the one still open for this cause with what came in addition.

    A further message undoes an acknowledgement: whoever gave it had not read that one.
    """
    item = AttentionItem(
        practice_id=practice_id,
        kind=kind,
        cause_key=cause_key,
        client_id=client_id,
        message_id=message_id,
        reminder_id=reminder_id,
        details=details or {},
        owner_id=owner_id,
        raised_at=now,
        due_at=due_at,
    )
    present = _find_open(session, practice_id, cause_key) or _add(session, item)
    if present is not item:
        _join(present, item)
        session.flush()
    return present


def acknowledge(session: Session, item: AttentionItem, user: User, now: datetime) -> None:
    """Somebody has seen it and takes care of it. The first one's name stays."""
    if item.status is not AttentionStatus.OPEN:
        return
    item.status = AttentionStatus.ACKNOWLEDGED
    item.acknowledged_by_id, item.acknowledged_at = user.id, now
    session.flush()


def close(session: Session, item: AttentionItem, user: User, now: datetime, note: str = "") -> None:
    """Dealt with. Closing what nobody acknowledged acknowledges it too; the first closing stays."""
    if item.status is AttentionStatus.CLOSED:
        return
    note = check_line("Note", note, 500, may_be_empty=True)
    acknowledge(session, item, user, now)
    item.status = AttentionStatus.CLOSED
    item.closed_by_id, item.closed_at, item.note = user.id, now, note
    session.flush()


def resolve(session: Session, practice_id: int, cause_key: str, now: datetime, note: str) -> None:
    """The cause has gone by itself, so the open item does too. For doubts about texts alone: what a
    client said is closed by a person.
    """
    item = _find_open(session, practice_id, cause_key)
    if item is not None and item.kind is AttentionKind.UNSURE_TEXT:
        item.status, item.closed_at, item.note = AttentionStatus.CLOSED, now, note
        session.flush()


def get_item(session: Session, item_id: int, seen_by: User) -> AttentionItem:
    item = session.scalar(_seen(seen_by).where(AttentionItem.id == item_id))
    if item is None:
        raise NotFound
    return item


def list_open(session: Session, seen_by: User) -> list[AttentionItem]:
    """Everything not closed: what nobody acknowledged first, then by urgency, then the oldest."""
    items = session.scalars(_seen(seen_by).where(AttentionItem.status != AttentionStatus.CLOSED))
    return sorted(items, key=_urgency)


def list_open_for(session: Session, client: Client) -> list[AttentionItem]:
    wanted = select(AttentionItem).where(
        AttentionItem.client_id == client.id, AttentionItem.status != AttentionStatus.CLOSED
    )
    return sorted(session.scalars(wanted), key=_urgency)


def count_open(session: Session, seen_by: User) -> int:
    """As many as `list_open` lists."""
    not_closed = _seen(seen_by).where(AttentionItem.status != AttentionStatus.CLOSED)
    return session.scalar(select(func.count()).select_from(not_closed.subquery())) or 0


def _find_open(session: Session, practice_id: int, cause_key: str) -> AttentionItem | None:
    wanted = select(AttentionItem).where(
        AttentionItem.practice_id == practice_id,
        AttentionItem.cause_key == cause_key,
        AttentionItem.status != AttentionStatus.CLOSED,
    )
    return session.scalar(wanted)


def _add(session: Session, item: AttentionItem) -> AttentionItem:
    """The item; or the one another process raised for the same cause since we looked."""
    try:
        with session.begin_nested():
            session.add(item)
    except IntegrityError:
        present = _find_open(session, item.practice_id, item.cause_key)
        if present is None:
            raise
        return present
    return item


def _join(present: AttentionItem, newer: AttentionItem) -> None:
    """A sweep that finds the same silence again brings no message, so it disturbs nobody."""
    present.details = present.details | newer.details
    if newer.message_id is None or newer.message_id == present.message_id:
        return
    present.message_id = newer.message_id
    present.status = AttentionStatus.OPEN
    present.acknowledged_by_id = present.acknowledged_at = None


def _seen(user: User) -> Select[AttentionItem]:
    """Items of the clients the user sees. One about nobody we know is its owner's and the admins'."""
    return (
        select(AttentionItem)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .where(AttentionItem.practice_id == user.practice_id, or_(is_visible_to(user), _is_theirs(user)))
    )


def _is_theirs(user: User) -> ColumnElement[bool]:
    nobody = AttentionItem.client_id.is_(None)
    return nobody if user.is_admin else and_(nobody, AttentionItem.owner_id == user.id)


def _urgency(item: AttentionItem) -> tuple[bool, int, datetime, int]:
    return (item.status is AttentionStatus.ACKNOWLEDGED, URGENCY[item.kind], item.raised_at, item.id)
