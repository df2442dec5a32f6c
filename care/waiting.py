"""All that waits for a person, as lists show it: one statement, and no more of each row than a line needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from care.attending import is_snoozed, newest_first
from care.attention import is_seen_by
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Direction,
    Message,
    Reminder,
    User,
)


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """An item that is not closed, by its own names."""

    id: int
    kind: AttentionKind
    status: AttentionStatus
    details: dict[str, Any]
    client_id: int | None
    owner_id: int | None
    raised_at: datetime
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingClient:
    id: int
    name: str
    timezone: str
    therapist_id: int | None


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


@dataclass(frozen=True)
class Waiting:
    """`now` in the order it is to be dealt with, `later` in the order it comes back."""

    now: list[WaitingLine]
    later: list[WaitingLine]


ITEM = tuple(getattr(AttentionItem, name) for name in WaitingItem.__slots__)
CLIENT = (Client.id, Client.first_name, Client.last_name, Client.timezone, Client.therapist_id)
MESSAGE = (Message.at, Message.direction, Message.body)


def list_lines(session: Session, seen_by: User, now: datetime) -> Waiting:
    """Everything not closed that the user sees."""
    taker, alerted = aliased(User), aliased(User)
    is_of_nobody = and_(Reminder.id == AttentionItem.reminder_id, AttentionItem.client_id.is_(None))
    rows = session.execute(
        select(*ITEM, *CLIENT, *MESSAGE, taker.name, alerted.name)
        .select_from(AttentionItem)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .outerjoin(taker, taker.id == AttentionItem.acknowledged_by_id)
        .outerjoin(Reminder, is_of_nobody)
        .outerjoin(alerted, alerted.id == Reminder.user_id)
        .where(is_seen_by(seen_by), AttentionItem.status != AttentionStatus.CLOSED)
    )
    awake, asleep = [], []
    for row in rows:
        item, said_at, line = _line(tuple(row))
        if is_snoozed(item, now):
            asleep.append((item.snoozed_until, item.id, line))
        else:
            awake.append((newest_first(item, said_at), line))
    return Waiting(
        now=[line for _, line in sorted(awake, key=lambda one: one[0])],
        later=[line for *_, line in sorted(asleep, key=lambda one: one[:2])],
    )


def _line(row: tuple[Any, ...]) -> tuple[WaitingItem, datetime, WaitingLine]:
    """With the instant it is sorted by: of its message, whichever way that went."""
    item = WaitingItem(*row[: len(ITEM)])
    client_id, first, last, zone, therapist_id, at, direction, body, seen_by, alerted = row[len(ITEM) :]
    client = None
    if client_id is not None:
        client = WaitingClient(client_id, f"{first} {last}".strip(), zone, therapist_id)
    has_said = direction is Direction.IN
    line = WaitingLine(
        item=item,
        client=client,
        quote=body.strip() if has_said else "",
        at=at if has_said else item.raised_at,
        seen_by=seen_by,
        alerted=alerted or "",
    )
    return item, at or item.raised_at, line
