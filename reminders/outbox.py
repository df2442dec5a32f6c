"""Owing a text: rows for what should go out. Nobody but `dispatch` sends them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from care.consent import give_texting_consent, has_texting_consent
from care.errors import Refused
from care.models import (
    Client,
    ConsentEvent,
    ConsentSource,
    Message,
    Reminder,
    ReminderKind,
    User,
)
from care.tokens import new_token
from care.upsert import insert_into
from care.wire import lane_of, priority_of
from care.withdrawal import replan_client
from reminders.segments import count_parts, plain

LONGEST_MESSAGE_PARTS = 3
USEFUL = {
    ReminderKind.ENROL: timedelta(days=3),
    ReminderKind.MESSAGE: timedelta(hours=12),
    ReminderKind.NUDGE: timedelta(hours=12),
    ReminderKind.ANSWER: timedelta(hours=2),
    ReminderKind.SAFETY: timedelta(hours=24),
}


def owe(
    session: Session,
    practice_id: int,
    kind: ReminderKind,
    text_key: str,
    now: datetime,
    *,
    dedupe_key: str,
    client: Client | None = None,
    to_phone: str | None = None,
    params: dict[str, Any] | None = None,
    body: str | None = None,
    in_reply_to: Message | None = None,
) -> None:
    """One text that is due now. Owing the same thing twice changes nothing."""
    row = insert_into(session, Reminder).values(
        practice_id=practice_id,
        client_id=client.id if client else None,
        to_phone=to_phone,
        kind=kind,
        dedupe_key=dedupe_key,
        text_key=text_key,
        params=params or {},
        body=body,
        in_reply_to_id=in_reply_to.id if in_reply_to else None,
        lane=lane_of(practice_id),
        priority=priority_of(kind),
        due_at=now,
        send_at=now,
        expires_at=now + USEFUL[kind],
        status="planned",
        attempts=0,
        created_at=now,
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["practice_id", "dedupe_key"]))


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


def owe_message(session: Session, client: Client, body: str, now: datetime, user: User) -> None:
    """A message a person wrote. Raises Refused when it is empty, too long, or may not go out."""
    words = plain(body.strip())
    if not words:
        raise Refused("Write the message.")
    if not client.phone:
        raise Refused(f"{client.first_name} has no phone on file. Call or write instead.")
    if not has_texting_consent(session, client):
        raise Refused(f"{client.first_name} has not agreed to texts. Record consent first, or call.")
    if count_parts(words).parts > LONGEST_MESSAGE_PARTS:
        raise Refused(f"A message may take {LONGEST_MESSAGE_PARTS} parts. Shorten it.")
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
        params={"user_id": user.id},
    )
