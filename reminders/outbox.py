"""Owing a text: rows for what should go out. Nobody but `dispatch` sends them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from care.consent import give_texting_consent, has_texting_consent
from care.errors import Refused
from care.models import (
    Client,
    ConsentEvent,
    ConsentSource,
    Reminder,
    ReminderKind,
    ReminderStatus,
    User,
)
from care.private_phones import private_phones
from care.tokens import new_token
from care.upsert import Insert
from care.wire import lane_of, priority_of
from care.withdrawal import replan_client
from reminders.contact import THOUGH_PRIVATE
from reminders.given import table_of
from reminders.inbound_rows import AnyTexter
from reminders.segments import count_parts, plain
from reminders.typed import MAY_BE_READ, PRIVATE_PHONE, check_typed

LONGEST_MESSAGE_PARTS = 3
USEFUL = {
    ReminderKind.ENROL: timedelta(days=3),
    # Written in the evening, it waits for the morning.
    ReminderKind.MESSAGE: timedelta(hours=24),
    ReminderKind.NUDGE: timedelta(hours=24),
    ReminderKind.ANSWER: timedelta(hours=2),
    ReminderKind.SAFETY: timedelta(hours=24),
    ReminderKind.ALERT: timedelta(hours=24),
    # Asked for by the client: "remind me at 6".
    ReminderKind.EXERCISE: timedelta(hours=2),
    ReminderKind.PAIN_QUESTION: timedelta(hours=12),
}


def owe(
    session: Session,
    practice_id: int,
    kind: ReminderKind,
    text_key: str,
    now: datetime,
    *,
    dedupe_key: str,
    client: AnyTexter | None = None,
    to_phone: str | None = None,
    params: dict[str, Any] | None = None,
    body: str | None = None,
    in_reply_to_id: int | None = None,
    user_id: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """One text that is due now, or at `due_at`. Owing the same thing twice changes nothing."""
    due_at = due_at or now
    row = {
        "practice_id": practice_id,
        "client_id": client.id if client else None,
        "to_phone": to_phone,
        "kind": kind,
        "dedupe_key": dedupe_key,
        "text_key": text_key,
        "params": params or {},
        "body": body,
        "in_reply_to_id": in_reply_to_id,
        "user_id": user_id,
        "lane": lane_of(practice_id),
        "priority": priority_of(kind),
        "due_at": due_at,
        "send_at": due_at,
        "expires_at": due_at + USEFUL[kind],
        "status": ReminderStatus.PLANNED,
        "attempts": 0,
        "created_at": now,
    }
    connection = session.connection()
    connection.execute(_new_reminder(connection.dialect.name), row)


@cache
def _new_reminder(dialect: str) -> Insert:
    """Built once: a morning's answers are owed one by one."""
    table = table_of(Reminder)
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return insert.on_conflict_do_nothing(index_elements=["practice_id", "dedupe_key"])


def enrol(
    session: Session,
    client: Client,
    *,
    wording: str,
    source: ConsentSource,
    now: datetime,
    user: User | None,
) -> ConsentEvent:
    """Write down the client's consent and owe them the first text, which nothing precedes.

    What an earlier withdrawal took back is laid out again.

    Raises Refused when there is no phone, or it asked for no more texts.
    """
    event = give_texting_consent(session, client, wording, source, now, user)
    replan_client(session, client.id, now)
    key = f"enrol:{client.id}:{event.id}"
    owe(session, client.practice_id, ReminderKind.ENROL, "enrol", now, dedupe_key=key, client=client)
    return event


def owe_message(
    session: Session, client: Client, body: str, now: datetime, user: User, confirmed: Collection[str] = ()
) -> list[str]:
    """A message a person wrote; returns what they confirmed of it: its words about health, and that it
    goes though somebody else may read the phone.

    Raises Refused when it is empty, too long, or may not go out, and Unconfirmed while nobody confirmed.
    """
    words = plain(body.strip())
    if not words:
        raise Refused("Write the message.")
    if not client.phone:
        raise Refused(f"{client.first_name} has no phone on file. Call or write instead.")
    if not has_texting_consent(session, client):
        raise Refused(f"{client.first_name} has not agreed to texts. Record consent first, or call.")
    if count_parts(words).parts > LONGEST_MESSAGE_PARTS:
        raise Refused(f"A message may take {LONGEST_MESSAGE_PARTS} parts. Shorten it.")
    is_private = client.phone_hash in private_phones(session, [client.practice_id])
    asked = check_typed(session, client, words, confirmed, [MAY_BE_READ] if is_private else [])
    health_words = [word for word in asked if word != PRIVATE_PHONE]
    params: dict[str, Any] = {"user_id": user.id}
    if is_private:
        params[THOUGH_PRIVATE] = user.id
    if health_words:
        params |= {"health_words": health_words, "confirmed_by": user.id}
    key = f"message:{new_token()}"
    owe(
        session,
        client.practice_id,
        ReminderKind.MESSAGE,
        "message",
        now,
        dedupe_key=key,
        client=client,
        body=words,
        params=params,
    )
    return asked
