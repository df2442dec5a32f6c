"""All that waits for a person: all in order, as little of each as filters need, and lines of some."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from care.attending import IN_ORDER, is_snoozed, waiting
from care.attention import is_seen
from care.models import (
    IS_OPEN,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Direction,
    Message,
    Reminder,
    User,
)
from care.visibility import names_of, sees_all


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """An item that is not closed, by its own names."""

    id: int
    kind: AttentionKind
    status: AttentionStatus
    details: dict[str, Any]
    raised_at: datetime
    escalated_at: datetime | None
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingClient:
    id: int
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """`quote` is what the client wrote, and `at` when; else when the item was raised. `seen_by` and `alerted`
    are names: who takes care of it, and the user an alert was for, where that is what did not arrive.
    """

    item: WaitingItem
    client: WaitingClient | None
    quote: str
    at: datetime
    seen_by: str | None
    alerted: str


class Queued(NamedTuple):
    """An item that is not closed, as far as filters go by it. `therapist_id` is its client's."""

    id: int
    kind: AttentionKind
    owner_id: int | None
    therapist_id: int | None
    snoozed_until: datetime | None


@dataclass(frozen=True)
class Waiting:
    """`now` in the order it is to be dealt with, `later` in the order it comes back."""

    now: list[Queued]
    later: list[Queued]


QUEUED = (
    AttentionItem.id, AttentionItem.kind, AttentionItem.owner_id, Client.therapist_id,
    AttentionItem.snoozed_until,
)  # fmt: skip
ITEM = tuple(getattr(AttentionItem, name) for name in WaitingItem.__slots__)
CLIENT = (Client.id, Client.first_name, Client.last_name, Client.timezone)
MESSAGE = (Message.at, Message.direction, Message.body)
TAKER, ALERTED = aliased(User), aliased(User)
LINE = (*ITEM, *CLIENT, *MESSAGE, TAKER.name, ALERTED.name)


def list_queue(session: Session, seen_by: User, now: datetime) -> Waiting:
    """Everything not closed that the user sees."""
    rows = session.execute(_queue(sees_all(seen_by), seen_by.is_admin), names_of(seen_by))
    items = [Queued._make(row) for row in rows]
    later = [(one.snoozed_until, one.id, one) for one in items if is_snoozed(one, now)]
    return Waiting(
        now=[one for one in items if not is_snoozed(one, now)],
        later=[one for *_, one in sorted(later, key=lambda one: one[:2])],
    )


def lines_of(session: Session, seen_by: User, ids: Sequence[int]) -> list[WaitingLine]:
    """In the order of the ids. One that is not theirs to see, or closed, is left out."""
    asked = {"ids": list(ids)} | names_of(seen_by)
    rows = session.execute(_lines(sees_all(seen_by), seen_by.is_admin), asked)
    lines = {line.item.id: line for line in (_line(tuple(row)) for row in rows)}
    return [lines[id] for id in ids if id in lines]


def first_lines(
    session: Session, seen_by: User, now: datetime, most: int | None
) -> tuple[list[WaitingLine], int]:
    """The first of what waits for a person now, in the order it is to be dealt with; and how much waits."""
    asked = {"now": now, "most": most} | names_of(seen_by)
    wanted = _first(sees_all(seen_by), seen_by.is_admin, has_limit=most is not None)
    rows = session.execute(wanted, asked).all()
    return [_line(tuple(row[:-1])) for row in rows], rows[0][-1] if rows else 0


@cache
def _first(of_all: bool, is_admin: bool, *, has_limit: bool) -> Select[Any]:
    """Only numbers are put in order: the rows behind them are looked up for the first."""
    numbers = waiting(of_all=of_all, is_admin=is_admin).with_only_columns(
        AttentionItem.id, func.count().over().label("waiting")
    )
    if has_limit:
        numbers = numbers.limit(bindparam("most", type_=Integer))
    first = numbers.subquery("first")
    found = _with_what_they_are_about(select(*LINE, first.c.waiting))
    return found.join(first, first.c.id == AttentionItem.id).order_by(*IN_ORDER)


@cache
def _queue(
    of_all: bool, is_admin: bool
) -> Select[int, AttentionKind, int | None, int | None, datetime | None]:
    """Built once: that takes longer than asking."""
    return (
        select(*QUEUED)
        .select_from(AttentionItem)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .where(is_seen(of_all=of_all, is_admin=is_admin), IS_OPEN)
        .order_by(*IN_ORDER)
    )


@cache
def _lines(of_all: bool, is_admin: bool) -> Select[Any]:
    return (
        _with_what_they_are_about(select(*LINE))
        .where(AttentionItem.id.in_(bindparam("ids", type_=Integer, expanding=True)))
        .where(is_seen(of_all=of_all, is_admin=is_admin), AttentionItem.status != AttentionStatus.CLOSED)
    )


def _with_what_they_are_about(lines: Select[Any]) -> Select[Any]:
    is_of_nobody = and_(Reminder.id == AttentionItem.reminder_id, AttentionItem.client_id.is_(None))
    return (
        lines.select_from(AttentionItem)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .outerjoin(TAKER, TAKER.id == AttentionItem.acknowledged_by_id)
        .outerjoin(Reminder, is_of_nobody)
        .outerjoin(ALERTED, ALERTED.id == Reminder.user_id)
    )


def _line(row: tuple[Any, ...]) -> WaitingLine:
    item = WaitingItem(*row[: len(ITEM)])
    client_id, first, last, zone, at, direction, body, seen_by, alerted = row[len(ITEM) :]
    client = None
    if client_id is not None:
        client = WaitingClient(client_id, f"{first} {last}".strip(), zone)
    has_said = direction is Direction.IN
    return WaitingLine(
        item=item,
        client=client,
        quote=body.strip() if has_said else "",
        at=at if has_said else item.raised_at,
        seen_by=seen_by,
        alerted=alerted or "",
    )
