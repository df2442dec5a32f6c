"""What must be known of one client before any text to them is judged, read in one statement."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from care.consent import is_consenting
from care.models import AttentionItem, Client, Message, OptOut, Reminder
from care.private_phones import may_be_about_unsafe, names_unsafe
from reminders.batch_rows import Recipient
from reminders.knowledge import earliest_midnight, lately_among, texts_since


@dataclass(frozen=True)
class TextingFacts:
    """A client's last word on texts, what their phone asked for, who may read it, and what went out today."""

    has_consent: bool
    is_opted_out: bool
    is_private: bool
    sent_today: int
    awaits_enrolment: bool

    def as_if_agreed(self) -> "TextingFacts":
        """What holds once they say yes."""
        return replace(self, has_consent=True, is_opted_out=False)


def texting_facts(session: Session, client: Client, now: datetime) -> TextingFacts:
    recipient = recipient_of(client)
    asked = {
        "client": client.id,
        "practice": client.practice_id,
        "since": earliest_midnight([recipient], now),
    }
    rows = session.execute(_facts_of(), asked).all()
    has_consent, is_opted_out, *_ = rows[0]
    recent = lately_among((row[3:] for row in rows), [recipient], now)
    return TextingFacts(
        has_consent=has_consent,
        is_opted_out=is_opted_out,
        is_private=any(details and names_unsafe(details) for _, _, details, *_ in rows),
        sent_today=recent.sent_today.get(client.id, 0),
        awaits_enrolment=client.id in recent.awaiting_enrolment,
    )


def recipient_of(client: Client) -> Recipient:
    """The client as texting knows them, apart from any session."""
    return Recipient(*(getattr(client, name) for name in Recipient.__slots__))


@cache
def _facts_of() -> Select[Any]:
    """A row for each item that may be about this phone with each text of these days, one in any case. Built
    once: building it takes several times as long as asking.
    """
    writer = aliased(Client)
    client: BindParameter[int] = bindparam("client")
    practice: BindParameter[int] = bindparam("practice")
    is_about_this_phone = or_(Message.phone_hash == Client.phone_hash, writer.phone_hash == Client.phone_hash)
    item = (
        select(AttentionItem.id)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .outerjoin(writer, writer.id == AttentionItem.client_id)
        .where(may_be_about_unsafe(AttentionItem.practice_id == practice), is_about_this_phone)
        .correlate(Client)
    )
    since = bindparam("since", type_=Reminder.sent_at.type)
    recent = texts_since(Reminder.client_id == client, since).subquery()
    return (
        select(
            Client.id.in_(is_consenting(Client.id == client)),
            exists().where(OptOut.phone_hash == Client.phone_hash),
            AttentionItem.details,
            *recent.c,
        )
        .select_from(Client)
        .outerjoin(AttentionItem, AttentionItem.id.in_(item))
        .outerjoin(recent, recent.c.client_id == Client.id)
        .where(Client.id == client)
    )
