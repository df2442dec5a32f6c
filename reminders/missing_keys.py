"""Rows that this process cannot open, since another already seals with a key it does not have.

Nobody's fault but the list's, and it passes with a restart: such a row waits as it is, and stops no other.
"""

import threading

import structlog
from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.orm import Session

from care.field_keys import is_shut
from care.key_ring import KeyMissing
from care.models import Base, Client, FollowUp, Mail, Reminder, User, Visit
from care.sealed_fields import ring_of
from reminders.given import table_of

log = structlog.get_logger()


class MissingKeys:
    """The keys that were met in rows and are not in the list, since somebody last asked. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: set[str] = set()

    def met(self, missing: KeyMissing, job: str) -> None:
        """Said in the log once until the next `take`, however many rows there are."""
        with self._lock:
            is_news = missing.key_id not in self._ids
            self._ids.add(missing.key_id)
        if is_news:
            log.error("field_key_missing", job=job, keys=[missing.key_id])

    def take(self) -> set[str]:
        with self._lock:
            taken, self._ids = self._ids, set()
        return taken

    def __bool__(self) -> bool:
        return bool(self._ids)


def opens(session: Session, rows: type[Base], *names: str) -> ColumnElement[bool]:
    """Whether this process can read these columns of a row, or all of it."""
    return ~is_shut(table_of(rows), ring_of(session.get_bind().dialect), names or None)


def can_be_sent(session: Session) -> ColumnElement[bool]:
    """Whether a reminder and the rows that its text is made of can be read."""
    client = exists().where(Client.id == Reminder.client_id, ~opens(session, Client, "phone"))
    user = exists().where(User.id == Reminder.user_id, ~opens(session, User))
    visit = exists().where(Visit.id == Reminder.visit_id, ~opens(session, Visit))
    return and_(opens(session, Reminder), *(~one.correlate(Reminder) for one in (client, user, visit)))


def follow_ups_that_open(session: Session) -> ColumnElement[bool]:
    """Whether a follow-up can be read, and the visit that it reminds of."""
    visit = exists().where(Visit.id == FollowUp.visit_id, ~opens(session, Visit))
    return and_(opens(session, FollowUp), ~visit.correlate(FollowUp))


def mails_that_open(session: Session) -> ColumnElement[bool]:
    """Whether a mail can be read, and the user it goes to."""
    user = exists().where(User.id == Mail.user_id, ~opens(session, User))
    return and_(opens(session, Mail), ~user.correlate(Mail))
