"""How often a phone was answered within the hour, whoever uses it: two machines must not talk for ever."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import AttentionKind, Message, Reminder, ReminderKind, ReminderStatus
from care.phones import PhoneBook
from reminders.batch_rows import AnyReminder

AN_HOUR = timedelta(hours=1)
# On its way, or in doubt: it may have arrived.
WENT_OUT = (ReminderStatus.SENT, ReminderStatus.SENDING, ReminderStatus.UNSURE)
TOO_MANY = "too_many_answers"


def answers_of_the_hour(
    session: Session, phones: Collection[str], book: PhoneBook, now: datetime
) -> dict[str, int]:
    """By phone, for those that are about to be answered. Nothing is asked where nobody is."""
    if not phones:
        return {}
    of_phone = {phone: book.hash(phone) for phone in phones}
    rows = session.execute(
        select(Message.phone_hash, func.count())
        .join(Reminder, Reminder.message_id == Message.id)
        .where(
            Message.phone_hash.in_(of_phone.values()),
            Message.at > now - AN_HOUR,
            Reminder.kind == ReminderKind.ANSWER,
            Reminder.status.in_(WENT_OUT),
        )
        .group_by(Message.phone_hash)
    )
    counts = {row[0]: row[1] for row in rows}
    return {phone: counts[hashed] for phone, hashed in of_phone.items() if hashed in counts}


def tell_of_loop(session: Session, reminder: AnyReminder, phone_hash: str, now: datetime) -> None:
    """One item for the phone, as long as nobody has looked: perhaps a machine answers us."""
    raise_item(
        session,
        reminder.practice_id,
        AttentionKind.UNREADABLE,
        f"loop:{phone_hash[:32]}",
        now,
        client_id=reminder.client_id,
        message_id=reminder.in_reply_to_id,
        reminder_id=reminder.id,
        details={"reason": TOO_MANY, "what": "we answered 3 and stopped for an hour; perhaps a machine"},
    )
