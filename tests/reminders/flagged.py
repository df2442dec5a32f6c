"""A practice where something happens: a therapist, who stands in for them, an admin, and a client."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import acknowledge
from care.db import Database
from care.facts import keep_facts
from care.models import AttentionItem, AttentionKind, Client, Mail, Reminder, ReminderKind, Role, User
from care.on_call import agree_to_alerts
from reminders.inbox import receive
from reminders.incoming import InboundText
from tests.making import MONDAY_8AM, make_client, make_practice, make_user
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, PUBLIC_URL, Life

PHONES = {"Sam": "+12025550141", "Kim": "+12025550142", "Ada": "+12025550143"}
_numbers = count(1)


@dataclass
class Ward(Life):
    """Steps in a word each; every step opens its own session, as the product does."""

    gateway: CountingGateway

    def text_in(self, body: str, now: datetime, phone: str | None = None) -> None:
        sender = phone or self.client.phone
        assert sender is not None
        sid = f"SM{next(_numbers):032d}"
        text = InboundText(sid, sender, "+12025550100", None, body, 0, None)
        receive(self.database.sessions, BOOK, text, now)

    def send(self, now: datetime) -> list[tuple[str, str]]:
        """Drain; what went out just now, as (whom, words)."""
        before = len(self.gateway.sent)
        self.drain(self.gateway, now)
        names = {phone: name for name, phone in PHONES.items()}
        return [(names.get(one.to, one.to), one.body) for one in self.gateway.sent[before:]]

    def told(self, now: datetime) -> list[str]:
        """Drain; the users who got an alert just now."""
        return sorted(to for to, body in self.send(now) if "A client needs you" in body)

    def item(self) -> AttentionItem:
        with self.database.sessions() as session:
            wanted = select(AttentionItem).where(AttentionItem.kind == AttentionKind.RED_FLAG)
            return session.scalars(wanted.order_by(AttentionItem.id.desc()).limit(1)).one()

    def user(self, name: str) -> User:
        with self.database.sessions() as session:
            return session.scalars(select(User).where(User.name == name)).one()

    def acknowledge(self, name: str, now: datetime) -> None:
        item_id, user_id = self.item().id, self.user(name).id

        def look(session: Session, _client: Client) -> None:
            item, user = session.get_one(AttentionItem, item_id), session.get_one(User, user_id)
            acknowledge(session, item, user, now)

        self.change(look)

    def alerts(self) -> list[Reminder]:
        return [one for one in self.reminders() if one.kind is ReminderKind.ALERT]

    def mails(self) -> list[Mail]:
        with self.database.sessions() as session:
            return list(session.scalars(select(Mail).order_by(Mail.due_at, Mail.id)))


def open_ward(
    database: Database,
    *,
    reached: tuple[str, ...] = ("Sam", "Kim", "Ada"),
    sends_mail: bool = False,
    **client: Any,
) -> Ward:
    """Sam's client Maria; Kim stands in for Sam, Ada is the admin. All get alerts, or those who are named."""
    with database.sessions.begin() as session:
        keep_facts(session, PUBLIC_URL, sends_mail=sends_mail)
        practice = make_practice(session)
        users = {
            name: make_user(
                session, practice, name=name, email=f"{name.lower()}@riverside.example", role=role
            )
            for name, role in (("Sam", Role.THERAPIST), ("Kim", Role.THERAPIST), ("Ada", Role.ADMIN))
        }
        users["Sam"].backup_id = users["Kim"].id
        for name in reached:
            agree_to_alerts(session, users[name], practice, BOOK, PHONES[name], MONDAY_8AM)
        person = make_client(session, practice, **({"therapist_id": users["Sam"].id} | client))
    return Ward(database, practice, person, CountingGateway(name="simulated"))


QUARTER = timedelta(minutes=15)
