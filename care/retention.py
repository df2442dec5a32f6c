"""Words of old texts go, where a practice says after how long; what they meant stays.

Only of texts whose fate is settled, and never while anything of that client waits for a person. Ratings,
readings and answers are rows of their own and stay, and so do the words a completed assessment quotes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, cast, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from care import audit
from care.models import (
    AttentionItem,
    AttentionStatus,
    Direction,
    Message,
    Practice,
    Reminder,
    ReminderStatus,
)
from care.models.attention import SAID
from care.wire import ABSENT, FINAL

EMPTIED = "empty_texts"
SHORTEST_DAYS, LONGEST_DAYS = 30, 3_650
# The provider's last word, or "sent", after which some carriers say nothing more.
SETTLED_RANK = FINAL - 1
AT_A_TIME = 1_000
OVER = (ReminderStatus.SENT, ReminderStatus.FAILED, ReminderStatus.SKIPPED, ReminderStatus.CANCELLED)


def empty_old_texts(session: Session, practices: Sequence[int], now: datetime) -> bool:
    """Empty what is older than each of these practices keeps. True when some is left for another turn."""
    wanted = select(Practice).where(Practice.id.in_(practices), Practice.texts_kept_days.is_not(None))
    is_more = False
    for practice in session.scalars(wanted).all():
        before = now - timedelta(days=max(practice.texts_kept_days or 0, SHORTEST_DAYS))
        ids = session.scalars(_old_texts(practice, before).limit(AT_A_TIME)).all()
        session.execute(update(Message).where(Message.id.in_(ids)).values(body="", emptied_at=now))
        count = (
            len(ids) + _empty_reminders(session, practice, before) + _empty_items(session, practice, before)
        )
        if count:
            audit.record(session, practice.id, EMPTIED, "practice", practice.id, now, detail=f"{count} rows")
        is_more = is_more or len(ids) == AT_A_TIME
    session.expire_all()
    return is_more


def _old_texts(practice: Practice, before: datetime) -> Select[int]:
    is_final = or_(Message.status_rank >= SETTLED_RANK, Message.status == ABSENT)
    is_settled = or_(Message.direction == Direction.IN, is_final)
    is_owed = exists().where(Reminder.message_id == Message.id, Reminder.status.not_in(OVER))
    return (
        select(Message.id)
        .where(Message.practice_id == practice.id, Message.at < before, Message.emptied_at.is_(None))
        .where(
            Message.body != "", is_settled, ~is_owed, ~_waits(Message.client_id), ~exists().where(_names_it())
        )
        .order_by(Message.at)
    )


def _waits(client_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Whether something of this client is still before a person."""
    return exists().where(
        AttentionItem.client_id == client_id, AttentionItem.status != AttentionStatus.CLOSED
    )


def _names_it() -> ColumnElement[bool]:
    return (AttentionItem.message_id == Message.id) & (AttentionItem.status != AttentionStatus.CLOSED)


def _empty_reminders(session: Session, practice: Practice, before: datetime) -> int:
    """Words that people typed and that went out, or never will."""
    emptied = (
        update(Reminder)
        .where(Reminder.practice_id == practice.id, Reminder.due_at < before, Reminder.status.in_(OVER))
        .where(Reminder.body.is_not(None), Reminder.body != "", ~_waits(Reminder.client_id))
        .values(body="")
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(emptied.returning(Reminder.id)).all())


def _empty_items(session: Session, practice: Practice, before: datetime) -> int:
    """What closed items quote."""
    quotes = or_(*(cast(AttentionItem.details, String).contains(f'"{name}":') for name in SAID))
    items = session.scalars(
        select(AttentionItem)
        .where(AttentionItem.practice_id == practice.id, AttentionItem.status == AttentionStatus.CLOSED)
        .where(AttentionItem.closed_at < before, quotes)
        .limit(AT_A_TIME)
    ).all()
    for item in items:
        item.details = {name: value for name, value in item.details.items() if name not in SAID}
    session.flush()
    return len(items)
