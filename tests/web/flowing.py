"""Texts at every stage, for tests of what is told about them from outside."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from care.models import Client, Reminder, ReminderKind, ReminderStatus
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_text


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
