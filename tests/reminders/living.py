"""A practice with one client, and the engine's steps in a word each, for tests of planning and sending."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Message, Practice, Reminder, ReminderKind
from care.phones import PhoneBook
from reminders.dispatch import Dispatcher, Drained
from reminders.gateway import Gateway
from reminders.outbox import owe
from reminders.planning import Planned, plan_ahead
from reminders.settling import Settled
from reminders.timelines import timelines
from scheduler.sweeping import Swept, sweep
from tests.conftest import PHONE_KEY
from tests.making import MONDAY_8AM, make_client, make_practice

PUBLIC_URL = "https://clinic.example"
BOOK = PhoneBook(PHONE_KEY)


@dataclass
class Life:
    """One practice and client, committed; each step opens its own session, as the engine does."""

    database: Database
    practice: Practice
    client: Client

    def plan(self, now: datetime) -> Planned:
        with self.database.sessions.begin() as session:
            return plan_ahead(session, timelines(session, now)[0])

    def drain(self, gateway: Gateway, now: datetime) -> Drained:
        with dispatching(self.database, gateway) as dispatcher:
            return dispatcher.drain(lambda: now)

    def settle(self, gateway: Gateway, now: datetime) -> Settled:
        with dispatching(self.database, gateway) as dispatcher:
            return dispatcher.inquirer.settle(now)

    def catch_up(self, gateway: Gateway, now: datetime) -> int:
        with dispatching(self.database, gateway) as dispatcher:
            return dispatcher.inquirer.catch_up(now)

    def sweep(self, now: datetime) -> Swept:
        with self.database.sessions.begin() as session:
            return sweep(session, timelines(session, now)[0])

    def change(self, work: Callable[[Session, Client], Any]) -> Any:
        """Do something to the client in a transaction of its own."""
        with self.database.sessions.begin() as session:
            return work(session, session.get_one(Client, self.client.id))

    def owe(self, kind: ReminderKind, text_key: str, now: datetime, **more: Any) -> None:
        key = more.pop("dedupe_key", f"{kind}:{text_key}")

        def write(session: Session, client: Client) -> None:
            owe(session, client.practice_id, kind, text_key, now, dedupe_key=key, client=client, **more)

        self.change(write)

    def reminders(self) -> list[Reminder]:
        with self.database.sessions() as session:
            return list(session.scalars(select(Reminder).order_by(Reminder.due_at, Reminder.id)))

    def messages(self) -> list[Message]:
        with self.database.sessions() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def states(self) -> list[tuple[str, str | None]]:
        return [(one.status.value, one.reason) for one in self.reminders()]


def begin(database: Database, **changes: Any) -> Life:
    """A consenting client of a practice, created at eight on Monday."""
    of_practice = changes.pop("practice", {})
    with database.sessions.begin() as session:
        practice = make_practice(session, **of_practice)
        client = make_client(session, practice, **({"created_at": MONDAY_8AM} | changes))
    return Life(database, practice, client)


@contextmanager
def dispatching(database: Database, gateway: Gateway) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL)
    try:
        yield dispatcher
    finally:
        dispatcher.close()


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
