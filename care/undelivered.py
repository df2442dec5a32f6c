"""Texts that never came to a phone: refused, or reported as lost. Those in doubt are on somebody's list."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from care.models import Message, Reminder, ReminderStatus
from care.wire import NEVER_ARRIVED


def list_undelivered(
    session: Session, client_id: int, since: datetime, until: datetime
) -> list[tuple[Reminder, Message | None]]:
    """Owed to the client in these days, newest first. One text counts once, whatever it was owed for."""
    rows = session.execute(
        select(Reminder, Message)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.client_id == client_id, Reminder.due_at.between(since, until))
        .where(or_(Reminder.status == ReminderStatus.FAILED, Message.status.in_(NEVER_ARRIVED)))
        .order_by(Reminder.due_at.desc(), Reminder.id.desc())
    )
    found: dict[tuple[str, int], tuple[Reminder, Message | None]] = {}
    for reminder, message in rows:
        key = ("text", message.id) if message is not None else ("reminder", reminder.id)
        found.setdefault(key, (reminder, message))
    return list(found.values())
