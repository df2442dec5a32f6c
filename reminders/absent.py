"""Texts the provider surely never had, as far as its list tells. Their messages stay, so that a callback
which comes after all finds what would otherwise go out a second time.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from care.models import DeliveryEvent, Message, Reminder, ReminderStatus
from care.wire import ABSENT


def keep_absent(session: Session, message: Message, reminders: Sequence[Reminder], now: datetime) -> None:
    """Remember what the message was to settle. By key and not by id: the record may move to another
    database.
    """
    message.status = ABSENT
    session.add(
        DeliveryEvent(
            message_id=message.id,
            provider_sid=f"{ABSENT}:{message.reference}",
            status=ABSENT,
            received_at=now,
            details={"reminders": [one.dedupe_key for one in reminders]},
        )
    )
    session.flush()


def take_back(session: Session, message: Message) -> None:
    """It was not absent after all: whatever of it has not gone out anew is settled by this one."""
    details = session.scalar(
        select(DeliveryEvent.details).where(
            DeliveryEvent.message_id == message.id, DeliveryEvent.status == ABSENT
        )
    )
    keys = details.get("reminders", []) if details else []
    waits = or_(
        Reminder.status == ReminderStatus.PLANNED,
        and_(Reminder.status == ReminderStatus.SKIPPED, Reminder.reason == "stale"),
    )
    session.execute(
        update(Reminder)
        .where(Reminder.practice_id == message.practice_id, Reminder.dedupe_key.in_(keys), waits)
        .values(status=ReminderStatus.SENT, sent_at=message.at, reason=None, message_id=message.id)
    )
