"""One message being acted on: what was found out about it, and the ways to answer it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import AttentionKind, Client, Message, Practice, Question, Reminder, ReminderKind, Reply
from reminders import replies
from reminders.outbox import owe

BARE_CARRIER_WORDS = frozenset(
    ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke")
)
SAME_SAFETY_TEXT = timedelta(hours=1)


@dataclass
class Incoming:
    """One message being acted on, with all that was found out about it."""

    session: Session
    practice: Practice
    client: Client
    message: Message
    reading: replies.Reply
    row: Reply
    question: Question | None
    now: datetime

    def attention(self, kind: AttentionKind, cause: str, **details: object) -> None:
        """Put it on a person's list; one item a cause."""
        raise_item(
            self.session,
            self.practice.id,
            kind,
            f"{cause}:{self.client.id}",
            self.now,
            client_id=self.client.id,
            message_id=self.message.id,
            owner_id=self.client.therapist_id,
            details=dict(details),
        )

    def answer(self, text_key: str, **params: object) -> None:
        """Owe the client one answer to this message."""
        self._owe(ReminderKind.ANSWER, text_key, params)

    def safety(self, text_key: str, **params: object) -> None:
        """Owe the fixed text of a group of signs, at most once an hour."""
        if not _was_said(self, text_key):
            self._owe(ReminderKind.SAFETY, text_key, params)

    def _owe(self, kind: ReminderKind, text_key: str, params: dict[str, object]) -> None:
        owe(
            self.session,
            self.practice.id,
            kind,
            text_key,
            self.now,
            dedupe_key=f"{kind.value}:{self.message.id}",
            client=self.client,
            to_phone=self.message.phone,
            params=params,
            in_reply_to=self.message,
        )


def _was_said(incoming: Incoming, text_key: str) -> bool:
    recent = select(Reminder.id).where(
        Reminder.client_id == incoming.client.id,
        Reminder.kind == ReminderKind.SAFETY,
        Reminder.text_key == text_key,
        Reminder.created_at > incoming.now - SAME_SAFETY_TEXT,
    )
    return incoming.session.scalar(recent.limit(1)) is not None


def read_message(message: Message, context: str, language: str, opt_out_type: str | None) -> replies.Reply:
    """Our reading; where the provider says it took the message for STOP, that holds as well."""
    reading = replies.read_reply(message.body, context, language)
    if opt_out_type == "STOP" and "opt_out" not in reading.intents:
        flags = ("red_flag",) if "red_flag" in reading.intents else ()
        return replies.Reply(intents=("opt_out", *flags), flags=reading.flags, rules={"opt_out": "provider"})
    return reading


def is_bare_keyword(body: str) -> bool:
    """Whether the provider answers this opt-out by itself: exactly one of its words, nothing else."""
    return body.strip().lower() in BARE_CARRIER_WORDS
