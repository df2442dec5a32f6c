"""A planned text, for tests of what takes it back."""

from typing import Any

from sqlalchemy.orm import Session

from care.models import Client, Reminder, ReminderKind
from tests.making import MONDAY_8AM, MONDAY_9AM, MONDAY_NOON


def make_reminder(session: Session, client: Client, **changes: Any) -> Reminder:
    values = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "kind": ReminderKind.MESSAGE,
        "dedupe_key": "a text",
        "text_key": "message",
        "lane": 0,
        "priority": 2,
        "due_at": MONDAY_9AM,
        "send_at": MONDAY_9AM,
        "expires_at": MONDAY_NOON,
        "created_at": MONDAY_8AM,
    }
    reminder = Reminder(**(values | changes))
    session.add(reminder)
    session.flush()
    return reminder
