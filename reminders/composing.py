"""What a text says at the moment it goes out, whether it carries one reminder or several."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from care.models import Client, Reminder, ReminderKind
from care.plans import minutes_for
from care.thresholds import thresholds_of
from reminders.knowledge import Knowledge
from reminders.preview import texts_a_week
from reminders.segments import plain
from reminders.wording import client_text, contact_values, text, visit_values


def body_of(
    session: Session, going: Sequence[Reminder], client: Client | None, known: Knowledge, now: datetime
) -> str:
    """The words. Texts that travel together invite both answers at once."""
    first = going[0]
    practice = known.practices[first.practice_id]
    if client is None:
        values = contact_values(practice, practice.language)
        return text(first.text_key, practice.language, **values, **first.params)
    kinds = {one.kind for one in going}
    if ReminderKind.EXERCISE in kinds:
        assignments = [a for one in going for a in known.assignments.get(one.id, [])]
        key = "reminder_pain" if ReminderKind.PAIN_QUESTION in kinds else "reminder"
        return client_text(key, client, practice, min=minutes_for(assignments))
    if first.kind is ReminderKind.VISIT and first.visit_id is not None:
        values = visit_values(known.visits[first.visit_id].starts_at, client)
        return client_text("visit", client, practice, **values)
    if first.kind is ReminderKind.ENROL:
        return client_text("enrol", client, practice, weekly=texts_a_week(session, client, now))
    if first.body is not None:
        return client_text(first.text_key, client, practice, body=plain(first.body))
    limit = thresholds_of(practice.thresholds).ease_off_above
    return client_text(first.text_key, client, practice, **({"limit": limit} | first.params))
