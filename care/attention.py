"""What needs a person: raised once per cause, until somebody named has dealt with it."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from care.checks import check_line
from care.deadlines import deadline_of, sooner
from care.errors import NotFound, Refused
from care.models import AttentionItem, AttentionKind, AttentionStatus, Client, Practice, Role, User
from care.told import quoted_sign, was_told
from care.visibility import SEEING_PRACTICE, SEEING_SIGN, SEEING_USER, is_visible, is_visible_to

URGENCY = {
    AttentionKind.RED_FLAG: 0,
    AttentionKind.HIGH_PAIN: 1,
    AttentionKind.PAIN_RISE: 1,
    AttentionKind.SIGNAL: 1,
    AttentionKind.OPT_OUT: 2,
    AttentionKind.WRONG_NUMBER: 2,
    AttentionKind.DELIVERY_FAILURE: 2,
    AttentionKind.UNSURE_TEXT: 2,
    AttentionKind.UNREADABLE: 3,
    AttentionKind.QUESTION: 3,
    AttentionKind.CALL_TASK: 4,
    AttentionKind.COSIGN: 4,
    AttentionKind.SILENCE: 5,
}
ENDS_BY_ITSELF = frozenset({AttentionKind.UNSURE_TEXT, AttentionKind.OPT_OUT, AttentionKind.COSIGN})
# In the details of an item that ends with a decision, not with a note.
DECIDE = "decide"
REOPENED = "reopened_at"


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

    It is the therapist's, and due by the end of a day, unless told otherwise. A further message, or a
    further group of signs, undoes an acknowledgement: whoever gave it had not read that one. The item
    says when that was (`reopened_at`).
    """
    item = AttentionItem(
        practice_id=practice_id,
        kind=kind,
        cause_key=cause_key,
        client_id=client_id,
        message_id=message_id,
        reminder_id=reminder_id,
        details=details or {},
        owner_id=owner_id if owner_id is not None else _therapist_of(session, client_id),
        raised_at=now,
        due_at=due_at or deadline_of(kind, session.get_one(Practice, practice_id), now),
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
    """Dealt with. Closing what nobody acknowledged acknowledges it too; the first closing stays.

    A red flag is closed by a therapist or an admin who sees it, with a note. Texts that it held stay
    held: `care.holding` lets them go on. Raises Refused otherwise.
    """
    if item.status is AttentionStatus.CLOSED:
        return
    if is_undecided(item):
        raise Refused("Sign or decline it; then it leaves the list.")
    note = check_line("Note", note, 500, may_be_empty=True)
    if item.kind is AttentionKind.RED_FLAG:
        _check_closing(user, note)
    acknowledge(session, item, user, now)
    item.status = AttentionStatus.CLOSED
    item.closed_by_id, item.closed_at, item.note = user.id, now, note
    session.flush()


def is_undecided(item: AttentionItem) -> bool:
    """Whether it is a request to co-sign, which ends with the decision alone (`care.cosigning`)."""
    return item.kind is AttentionKind.COSIGN and item.details.get(DECIDE) is True


def resolve(session: Session, practice_id: int, cause_key: str, now: datetime, note: str) -> None:
    """The cause has gone by itself, so the open item does too. For doubts about texts, and for opt-outs
    that their own phone took back: what else a client said is closed by a person.
    """
    item = _find_open(session, practice_id, cause_key)
    if item is not None and item.kind in ENDS_BY_ITSELF:
        item.status, item.closed_at, item.note = AttentionStatus.CLOSED, now, note
        session.flush()


def get_item(session: Session, item_id: int, seen_by: User) -> AttentionItem:
    item = session.scalar(items_seen_by(seen_by).where(AttentionItem.id == item_id))
    if item is None:
        raise NotFound
    return item


def stood_between(
    client_id: int | BindParameter[int],
    since: datetime | BindParameter[datetime],
    until: datetime | BindParameter[datetime],
) -> Select[AttentionItem]:
    """What was raised about the client in these days, and what is older and was not closed by their end,
    newest first.
    """
    still_stood = or_(
        AttentionItem.raised_at >= since,
        AttentionItem.status != AttentionStatus.CLOSED,
        AttentionItem.closed_at > until,
    )
    wanted = select(AttentionItem).where(AttentionItem.client_id == client_id, still_stood)
    newest_first = (AttentionItem.raised_at.desc(), AttentionItem.id)
    return wanted.where(AttentionItem.raised_at <= until).order_by(*newest_first)


def is_open_red_flag(client_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """A sign of danger about the client that somebody has yet to close."""
    return and_(
        AttentionItem.client_id == client_id,
        AttentionItem.kind == AttentionKind.RED_FLAG,
        AttentionItem.status != AttentionStatus.CLOSED,
    )


def reopened_at(item: AttentionItem) -> datetime | None:
    """When something new last undid somebody's word that they take care of it."""
    try:
        return instant_said(item.details[REOPENED])
    except (KeyError, TypeError, ValueError):
        return None


def instant_said(said: str) -> datetime:
    """An instant kept in details. Raises ValueError for one without its zone: ours have theirs."""
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError("An instant needs its zone.")
    return at


def list_open(session: Session, seen_by: User) -> list[AttentionItem]:
    """Everything not closed: what nobody acknowledged first, then by urgency, then the oldest."""
    items = session.scalars(items_seen_by(seen_by).where(AttentionItem.status != AttentionStatus.CLOSED))
    return sorted(items, key=_urgency)


def list_open_for(session: Session, client: Client) -> list[AttentionItem]:
    wanted = select(AttentionItem).where(
        AttentionItem.client_id == client.id, AttentionItem.status != AttentionStatus.CLOSED
    )
    return sorted(session.scalars(wanted), key=_urgency)


def count_open(session: Session, seen_by: User, now: datetime | None = None) -> int:
    """As many as `list_open` lists; with `now`, without those put off until later."""
    not_closed = items_seen_by(seen_by).where(AttentionItem.status != AttentionStatus.CLOSED)
    if now is not None:
        is_awake = or_(AttentionItem.snoozed_until.is_(None), AttentionItem.snoozed_until <= now)
        not_closed = not_closed.where(is_awake)
    return session.scalar(select(func.count()).select_from(not_closed.subquery())) or 0


def _check_closing(user: User, note: str) -> None:
    if user.role is Role.FRONT_DESK:
        raise Refused("Only a therapist or an admin may close a red flag.")
    if not note:
        raise Refused("Say what was done about the red flag.")


def _therapist_of(session: Session, client_id: int | None) -> int | None:
    client = session.get(Client, client_id) if client_id is not None else None
    return client.therapist_id if client is not None else None


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
    known = set(present.details.get("groups", []))
    groups = known | set(newer.details.get("groups", []))
    merged = {"groups": sorted(groups)} if groups else {}
    present.details = present.details | newer.details | merged
    present.due_at = sooner(present.due_at, newer.due_at)
    if newer.message_id in (None, present.message_id) and groups == known:
        return
    if present.status is AttentionStatus.ACKNOWLEDGED or present.snoozed_until is not None:
        present.details = present.details | {REOPENED: newer.raised_at.isoformat()}
    present.message_id = newer.message_id or present.message_id
    present.status, present.snoozed_until = AttentionStatus.OPEN, None
    present.acknowledged_by_id = present.acknowledged_at = None


def items_seen_by(user: User) -> Select[AttentionItem]:
    """Items of the clients the user sees. One about nobody we know is its owner's, the admins', and
    theirs who were told of it.
    """
    items = select(AttentionItem).outerjoin(Client, Client.id == AttentionItem.client_id)
    return items.where(is_seen_by(user))


def is_seen_by(user: User) -> ColumnElement[bool]:
    """The same as a condition, where the item's client is outer-joined."""
    about_nobody = _is_theirs(user.is_admin, user.id, quoted_sign(user))
    return and_(AttentionItem.practice_id == user.practice_id, or_(is_visible_to(user), about_nobody))


@cache
def is_seen(*, of_all: bool, is_admin: bool) -> ColumnElement[bool]:
    """The same for statements that are built once and asked with `care.visibility.names_of`."""
    about_nobody = _is_theirs(is_admin, SEEING_USER, SEEING_SIGN)
    return and_(AttentionItem.practice_id == SEEING_PRACTICE, or_(is_visible(of_all=of_all), about_nobody))


def _is_theirs(
    is_admin: bool, user_id: int | BindParameter[int], sign: str | BindParameter[str]
) -> ColumnElement[bool]:
    nobody = AttentionItem.client_id.is_(None)
    return nobody if is_admin else and_(nobody, or_(AttentionItem.owner_id == user_id, was_told(sign)))


def _urgency(item: AttentionItem) -> tuple[bool, int, datetime, int]:
    return (item.status is AttentionStatus.ACKNOWLEDGED, URGENCY[item.kind], item.raised_at, item.id)
