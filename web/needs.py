"""The needs-you list: what each open item is about, in words, with what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased, load_only

from care.attending import IN_ORDER, waiting
from care.attention import DECIDE
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
from care.visibility import names_of, sees_all
from care.waiting import WaitingClient, WaitingItem, WaitingLine
from reminders.answered import TOO_MANY
from web.message_words import failure_words

SIGNS = {
    AttentionKind.RED_FLAG: "red_flag",
    AttentionKind.PAIN_RISE: "pain",
    AttentionKind.HIGH_PAIN: "pain",
    AttentionKind.SIGNAL: "pain",
    AttentionKind.QUESTION: "unclear",
    AttentionKind.UNREADABLE: "unclear",
    AttentionKind.DELIVERY_FAILURE: "failed",
    AttentionKind.UNSURE_TEXT: "failed",
    AttentionKind.SILENCE: "silent",
}
# What a line of the list shows.
OF_ITEM = (
    AttentionItem.kind, AttentionItem.status, AttentionItem.details, AttentionItem.client_id,
    AttentionItem.raised_at, AttentionItem.escalated_at, AttentionItem.reminder_id,
)  # fmt: skip
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
        said = [str(details[name]) for name in ("what", "signal") if details.get(name)]
        return " ".join(f"{what[:1].upper()}{what[1:].rstrip('.')}." for what in said)

    @property
    def is_red_flag(self) -> bool:
        return self.item.kind is AttentionKind.RED_FLAG

    @property
    def is_signal(self) -> bool:
        """The suggestions for the next plan say how to go on with the exercise."""
        return self.item.kind is AttentionKind.SIGNAL or "signal" in self.item.details

    @property
    def is_to_cosign(self) -> bool:
        return self.item.kind is AttentionKind.COSIGN

    @property
    def is_undecided(self) -> bool:
        """It ends with the decision, not with a note."""
        return self.is_to_cosign and self.item.details.get(DECIDE) is True

    @property
    def is_about_the_number(self) -> bool:
        return self.item.kind in ABOUT_THE_NUMBER

    @property
    def is_acknowledged(self) -> bool:
        return self.item.status is AttentionStatus.ACKNOWLEDGED


def need_of(line: WaitingLine) -> Need:
    """The same of a line of what waits, read for a list."""
    return Need(line.item, line.client, line.quote, line.at, line.seen_by, line.alerted)


def first_needs(session: Session, seen_by: User, now: datetime, most: int | None) -> tuple[list[Need], int]:
    """The first of what waits for a person now, in the order it is to be dealt with; and how much waits."""
    asked = {"now": now, "most": most} | names_of(seen_by)
    wanted = _first(sees_all(seen_by), seen_by.is_admin, has_limit=most is not None)
    rows = session.execute(wanted, asked).all()
    alerted = _alerted(session, [item for item, *_rest in rows])
    needs = [_need(item, client, message, user, alerted) for item, client, message, user, _count in rows]
    return needs, rows[0][-1] if rows else 0


@cache
def _first(
    of_all: bool, is_admin: bool, *, has_limit: bool
) -> Select[AttentionItem, Client, Message, User, int]:
    """Built once. Only numbers are put in order: the rows behind them are looked up for the first."""
    numbers = waiting(of_all=of_all, is_admin=is_admin).with_only_columns(
        AttentionItem.id, func.count().over().label("waiting")
    )
    if has_limit:
        numbers = numbers.limit(bindparam("most", type_=Integer))
    first, seen = numbers.subquery("first"), aliased(User)
    return (
        select(AttentionItem, Client, Message, seen, first.c.waiting)
        .join(first, first.c.id == AttentionItem.id)
        .outerjoin(Client, Client.id == AttentionItem.client_id)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .outerjoin(seen, seen.id == AttentionItem.acknowledged_by_id)
        .options(
            load_only(*OF_ITEM),
            load_only(Client.first_name, Client.last_name, Client.timezone),
            load_only(Message.body, Message.direction, Message.at),
            load_only(seen.name),
        )
        .order_by(*IN_ORDER)
    )


def _need(
    item: AttentionItem,
    client: Client | None,
    message: Message | None,
    user: User | None,
    alerted: Mapping[int, str],
) -> Need:
    return Need(
        item=item,
        client=client,
        quote=_quote(message),
        at=_said_at(message) or item.raised_at,
        seen_by=_name(user),
        alerted=alerted.get(item.reminder_id or 0, ""),
    )


def _alerted(session: Session, items: Sequence[AttentionItem]) -> dict[int, str]:
    ids = [item.reminder_id for item in items if item.client_id is None and item.reminder_id is not None]
    if not ids:
        return {}
    wanted = select(Reminder.id, User.name).join(User, User.id == Reminder.user_id)
    return dict(session.execute(wanted.where(Reminder.id.in_(ids))).all())


def _quote(message: Message | None) -> str:
    """Only what came in: our own words need no quoting."""
    return message.body.strip() if message and message.direction is Direction.IN else ""


def _said_at(message: Message | None) -> datetime | None:
    return message.at if message and message.direction is Direction.IN else None


def _name(user: User | None) -> str | None:
    return user.name if user else None
