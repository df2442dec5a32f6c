"""What a text says at the moment it goes out, whether it carries one reminder or several."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session, lazyload

from care.models import Client, ReminderKind
from care.rounds import minutes_for
from care.thresholds import thresholds_of
from reminders.agenda import texts_a_week
from reminders.batch_rows import AnyClient, AnyReminder
from reminders.first_text import FIRST, FIRST_WITH_PAIN, link_brought_by
from reminders.knowledge import Knowledge
from reminders.segments import plain
from reminders.wording import text, text_naming, visit_values


def body_of(
    session: Session, going: Sequence[AnyReminder], client: AnyClient | None, known: Knowledge, now: datetime
) -> str:
    """The words. Texts that travel together invite both answers at once."""
    first = going[0]
    practice = known.practices[first.practice_id]
    if client is None:
        language = str(first.params.get("in_language", practice.language))
        return text(first.text_key, language, **{**known.contact_of(practice, language), **first.params})
    contact = known.contact_of(practice, client.language)
    kinds = {one.kind for one in going}
    if ReminderKind.EXERCISE in kinds:
        asks_pain = ReminderKind.PAIN_QUESTION in kinds
        if link := link_brought_by(going, client, known):
            key = FIRST_WITH_PAIN if asks_pain else FIRST
            return text_naming(key, client, practice, contact, link=link)
        assignments = [a for one in going for a in known.assignments.get(one.id, [])]
        key = "reminder_pain" if asks_pain else "reminder"
        return text_naming(key, client, practice, contact, min=minutes_for(assignments))
    if first.kind is ReminderKind.VISIT and first.visit_id is not None:
        values = visit_values(known.visits[first.visit_id].starts_at, client, now)
        return text_naming("visit", client, practice, contact, **values)
    if first.kind is ReminderKind.ENROL:
        mapped = session.get_one(Client, client.id, options=[lazyload(Client.practice)])
        return text_naming("enrol", client, practice, contact, weekly=texts_a_week(session, mapped, now))
    if first.body is not None:
        return text_naming(first.text_key, client, practice, contact, body=plain(first.body))
    limit = thresholds_of(practice.thresholds, client.thresholds).ease_off_above
    return text_naming(first.text_key, client, practice, contact, **({"limit": limit} | first.params))
