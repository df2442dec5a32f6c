"""Texts that never came to a phone: refused, or reported as lost. Those in doubt are on somebody's list."""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from care.fixed import is_one_of
from care.models import Message, Reminder, ReminderStatus
from care.wire import NEVER_ARRIVED


def list_undelivered(
    session: Session, client_id: int, since: datetime, until: datetime
) -> list[tuple[Reminder, Message | None]]:
    """Owed to the client in these days, newest first. One text counts once, whatever it was owed for."""
    rows = session.execute(
        undelivered_between(client_id, since, until).order_by(Reminder.due_at.desc(), Reminder.id.desc())
    )
    found: dict[tuple[str, int], tuple[Reminder, Message | None]] = {}
    for reminder, message in rows:
        found.setdefault(text_key(reminder.id, reminder.message_id), (reminder, message))
    return list(found.values())


def undelivered_between(
    client_id: int | BindParameter[int],
    since: datetime | BindParameter[datetime],
    until: datetime | BindParameter[datetime],
) -> Select[Reminder, Message]:
    """What was owed in these days and never came, and its message if any, for this or another question."""
    return (
        select(Reminder, Message)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.client_id == client_id, Reminder.due_at.between(since, until))
        .where(or_(Reminder.status == ReminderStatus.FAILED, never_arrived()))
    )


def never_arrived() -> ColumnElement[bool]:
    """Of a message: it came to no phone."""
    return is_one_of(Message.status, NEVER_ARRIVED)


def text_key(reminder_id: int, message_id: int | None) -> tuple[str, int]:
    """What is the same for all that went out in one text."""
    return ("text", message_id) if message_id is not None else ("reminder", reminder_id)
