"""Clients who text through the webhook, and the phone on which our answers arrive."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.letters import give_letters
from care.models import (
    AttentionItem,
    Client,
    Message,
    Practice,
    Question,
    Rating,
    Reminder,
    ReminderKind,
    Reply,
    Sender,
    SenderKind,
)
from reminders.dispatch import Dispatcher
from reminders.outbox import owe
from reminders.planning import plan_ahead
from reminders.timelines import timelines
from scheduler.sweeping import sweep
from tests.making import MONDAY_9AM, make_client, make_practice
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK
from tests.web.conftest import MakeApp, TestClock

TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "0" * 32
PUBLIC = "https://care.example.org"
NUMBER = "+12025550199"
ENVIRON = {
    "HOMESTRETCH_PUBLIC_URL": PUBLIC,
    "HOMESTRETCH_PRODUCTION": "0",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_FROM_NUMBER": NUMBER,
}
PROVIDER = {"HOMESTRETCH_GATEWAY": "twilio"}


@dataclass
class Line:
    """The wire between clients and us: what they text comes in signed, what we owe goes out at once."""

    database: Database
    door: FlaskClient
    clock: TestClock
    practice: Practice
    gateway: CountingGateway = field(default_factory=CountingGateway)
    sids: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, **changes: object) -> Client:
        with self.database.sessions.begin() as session:
            practice = session.get_one(Practice, self.practice.id)
            client = make_client(session, practice, **changes)
            give_letters(session, practice.id, client.phone_hash)
        return client

    def text(self, who: Client | str, body: str, **more: str) -> list[str]:
        """They text this; returns what we text back at once."""
        phone = who if isinstance(who, str) else who.phone
        assert phone is not None
        form = {
            "AccountSid": ACCOUNT,
            "MessageSid": f"SM{next(self.sids):032d}",
            "From": phone,
            "To": NUMBER,
            "Body": body,
            "NumMedia": "0",
        } | more
        assert self.post(form) == 200
        return self.drain()

    def post(self, form: dict[str, str]) -> int:
        signed = f"{PUBLIC}/twilio/inbound" + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
        headers = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        return self.door.post("/twilio/inbound", data=form, headers=headers).status_code

    def drain(self) -> list[str]:
        before = len(self.gateway.sent)
        dispatcher = Dispatcher(self.database.sessions, self.gateway, BOOK, PUBLIC)
        try:
            dispatcher.drain(self.clock)
        finally:
            dispatcher.close()
        return self.gateway.bodies[before:]

    def plan(self) -> None:
        with self.database.sessions.begin() as session:
            plan_ahead(session, timelines(session, self.clock.now)[0])

    def sweep(self) -> None:
        with self.database.sessions.begin() as session:
            sweep(session, timelines(session, self.clock.now)[0])

    def later(self, **more: float) -> None:
        self.clock.now += timedelta(**more)

    def ask_pain(self, client: Client) -> list[str]:
        """A pain question goes out to them now."""
        with self.database.sessions.begin() as session:
            owe(
                session,
                client.practice_id,
                ReminderKind.PAIN_QUESTION,
                "pain_now",
                self.clock.now,
                dedupe_key=f"ask:{client.id}:{self.clock.now.isoformat()}",
                client=session.get_one(Client, client.id),
            )
        return self.drain()

    def change(self, work: Callable[[Session, Client], object], client: Client) -> None:
        with self.database.sessions.begin() as session:
            work(session, session.get_one(Client, client.id))

    def set_practice(self, **values: object) -> None:
        with self.database.sessions.begin() as session:
            practice = session.get_one(Practice, self.practice.id)
            for name, value in values.items():
                setattr(practice, name, value)

    @contextmanager
    def looking(self) -> Iterator[Session]:
        with self.database.reading() as session:
            yield session

    def ratings(self, client: Client) -> list[Rating]:
        with self.looking() as session:
            wanted = select(Rating).where(Rating.client_id == client.id, Rating.label.is_(None))
            return list(session.scalars(wanted.order_by(Rating.id)))

    def scores(self, client: Client) -> list[float]:
        """Those that stand."""
        return [one.score for one in self.ratings(client) if one.superseded_by_id is None]

    def questions(self, client: Client) -> list[Question]:
        with self.looking() as session:
            wanted = select(Question).where(Question.client_id == client.id)
            return list(session.scalars(wanted.order_by(Question.id)))

    def items(self) -> list[AttentionItem]:
        with self.looking() as session:
            return list(session.scalars(select(AttentionItem).order_by(AttentionItem.id)))

    def causes(self) -> list[tuple[str, int | None]]:
        return [(one.kind.value, one.client_id) for one in self.items()]

    def reply(self) -> Reply:
        with self.looking() as session:
            return session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()

    def messages(self) -> list[Message]:
        with self.looking() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def reminders(self) -> list[Reminder]:
        with self.looking() as session:
            return list(session.scalars(select(Reminder).order_by(Reminder.id)))

    def client(self, client: Client) -> Client:
        with self.looking() as session:
            return session.get_one(Client, client.id)


def open_line(database: Database, make_app: MakeApp, clock: TestClock, **environ: str) -> Line:
    """A practice with one number, on a Monday at nine."""
    clock.now = MONDAY_9AM
    with database.sessions.begin() as session:
        practice = make_practice(session, name="Riverside")
        session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address=NUMBER))
    return Line(database, make_app(**(ENVIRON | environ)).test_client(), clock, practice)
