"""Texts at every stage, for tests of what is told about them from outside."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from care.models import Client, Direction, Message, Reminder, ReminderKind, ReminderStatus
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM


def make_text(session: Session, client: Client, **changes: Any) -> Message:
    """One that arrived at eight on Monday, unless told otherwise."""
    values: dict[str, Any] = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "direction": Direction.OUT,
        "phone": client.phone,
        "phone_hash": client.phone_hash,
        "body": "Riverside: hello",
        "status": "delivered",
        "at": MONDAY_8AM,
    }
    message = Message(**(values | changes))
    session.add(message)
    session.flush()
    return message


def make_sent(session: Session, client: Client, seconds_late: float = 0, **changes: Any) -> Reminder:
    """An exercise reminder that was handed over so long after it was due."""
    at = changes.pop("at", MONDAY_8AM)
    message = make_text(session, client, at=at)
    values: dict[str, Any] = {
        "kind": ReminderKind.EXERCISE,
        "dedupe_key": f"sent {message.id}",
        "due_at": at - timedelta(seconds=seconds_late),
        "send_at": at,
        "sent_at": at,
        "status": ReminderStatus.SENT,
        "message_id": message.id,
    }
    return make_reminder(session, client, **(values | changes))
