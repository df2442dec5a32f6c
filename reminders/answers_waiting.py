"""What waits to go out in answer to somebody, or to tell a user: stored already, laid out by no plan."""

from collections.abc import Iterator
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, Practice, Reminder, ReminderStatus
from care.phones import PhoneBook
from care.practices import practice_now
from reminders.agenda import copy_of
from reminders.contact import IN_ANSWER
from reminders.knowledge import learn
from reminders.letters import Letter
from reminders.preparing import letter_of
from reminders.preview import scratch

log = structlog.get_logger()


def answers_waiting(
    session: Session, book: PhoneBook, now: datetime | None, until: datetime, client: Client | None = None
) -> Iterator[tuple[datetime, Letter]]:
    """Each with the moment it goes out if nothing changes, and as it would be worded then; those that would
    be dropped are left out. Nothing is stored.
    """
    wanted = (
        select(Reminder, Practice)
        .join(Practice, Practice.id == Reminder.practice_id)
        .where(
            Reminder.status == ReminderStatus.PLANNED,
            Reminder.kind.in_(IN_ANSWER),
            Reminder.send_at < until,
        )
        .order_by(Reminder.send_at, Reminder.id)
    )
    if client is not None:
        wanted = wanted.where(Reminder.client_id == client.id)
    for stored, practice in session.execute(wanted).all():
        at = stored.send_at if now is None else max(stored.send_at, practice_now(practice, now))
        one = copy_of(stored)
        one.status = ReminderStatus.SENDING
        with scratch(session):
            try:
                letter = letter_of(session, [one], learn(session, [one], book, at), book, at, is_real=False)
            except Exception:
                # As in `prepare`: one that cannot be worded hides none of the others.
                log.exception("answer_not_worded", reminder=stored.id)
                continue
        if letter is not None:
            yield at, letter
