"""The needs-you list: what each open item is about, in words, with what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.in_words import ATTENTION, reason_in_words
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
from care.waiting import WaitingClient, WaitingItem, WaitingLine
from reminders.answered import TOO_MANY
from web.message_words import failure_words

Row = TypeVar("Row", Client, Message, User)

SIGNS = {
    AttentionKind.RED_FLAG: "red_flag",
    AttentionKind.PAIN_RISE: "pain",
    AttentionKind.HIGH_PAIN: "pain",
    AttentionKind.QUESTION: "unclear",
    AttentionKind.UNREADABLE: "unclear",
    AttentionKind.DELIVERY_FAILURE: "failed",
    AttentionKind.UNSURE_TEXT: "failed",
    AttentionKind.SILENCE: "silent",
}
ABOUT_THE_NUMBER = frozenset({AttentionKind.DELIVERY_FAILURE, AttentionKind.WRONG_NUMBER})


@dataclass(frozen=True)
class Need:
    """One open item as it stands in the list. `quote` is what the client wrote, and `at` when; else when
    the item was raised.

    `alerted` names the user an alert was for, where that is what did not arrive.
    """

    item: AttentionItem | WaitingItem
    client: Client | WaitingClient | None
    quote: str
    at: datetime
    seen_by: str | None
    alerted: str = ""

    @property
    def words(self) -> str:
        is_loop = self.item.details.get("reason") == TOO_MANY
        return "Many texts in an hour" if is_loop else ATTENTION[self.item.kind]

    @property
    def sign(self) -> str:
        return SIGNS.get(self.item.kind, "info")

    @property
    def name(self) -> str:
        if self.alerted:
            return f"Alert to {self.alerted}"
        if "user" in self.item.details:
            return f"E-mail to {self.item.details['user']}"
        return self.client.name if self.client else "Unknown number"

    @property
    def more(self) -> str:
        """What is known beyond the kind: why a text did not arrive, whom to call about what."""
        details = self.item.details
        if self.item.kind is AttentionKind.DELIVERY_FAILURE:
            return failure_words(details.get("code"))
        if self.item.kind is AttentionKind.UNSURE_TEXT:
            return reason_in_words(details.get("reason"))
        what = str(details.get("what") or "")
        return f"{what[:1].upper()}{what[1:].rstrip('.')}." if what else ""

    @property
    def is_red_flag(self) -> bool:
        return self.item.kind is AttentionKind.RED_FLAG

    @property
    def is_about_the_number(self) -> bool:
        return self.item.kind in ABOUT_THE_NUMBER

    @property
    def is_acknowledged(self) -> bool:
        return self.item.status is AttentionStatus.ACKNOWLEDGED


def need_of(line: WaitingLine) -> Need:
    """The same of a line of what waits, read for a list."""
    return Need(line.item, line.client, line.quote, line.at, line.seen_by, line.alerted)


def needs_of(session: Session, items: Sequence[AttentionItem]) -> list[Need]:
    """The same items in the same order, with client, words of the message and who has seen it."""
    clients = _by_id(session, Client, [item.client_id for item in items])
    messages = _by_id(session, Message, [item.message_id for item in items])
    users = _by_id(session, User, [item.acknowledged_by_id for item in items])
    alerted = _alerted(session, items)
    return [
        Need(
            item=item,
            client=clients.get(item.client_id),
            quote=_quote(messages.get(item.message_id)),
            at=_said_at(messages.get(item.message_id)) or item.raised_at,
            seen_by=_name(users.get(item.acknowledged_by_id)),
            alerted=alerted.get(item.reminder_id or 0, ""),
        )
        for item in items
    ]


def _alerted(session: Session, items: Sequence[AttentionItem]) -> dict[int, str]:
    ids = [item.reminder_id for item in items if item.client_id is None and item.reminder_id is not None]
    if not ids:
        return {}
    wanted = select(Reminder.id, User.name).join(User, User.id == Reminder.user_id)
    return dict(session.execute(wanted.where(Reminder.id.in_(ids))).all())


def _by_id(session: Session, table: type[Row], ids: Sequence[int | None]) -> dict[int | None, Row]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted)))}


def _quote(message: Message | None) -> str:
    """Only what came in: our own words need no quoting."""
    return message.body.strip() if message and message.direction is Direction.IN else ""


def _said_at(message: Message | None) -> datetime | None:
    return message.at if message and message.direction is Direction.IN else None


def _name(user: User | None) -> str | None:
    return user.name if user else None
