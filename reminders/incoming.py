"""One text being acted on: what came, what was found out about it, and the ways to answer it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from care.attention import raise_item
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    Message,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Reply,
)
from reminders import replies
from reminders.contact import IN_PASSING
from reminders.inbound_rows import AnyQuestion, AnyTexter, WrittenTo
from reminders.outbox import owe

BARE_CARRIER_WORDS = frozenset(
    ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke")
)
SAME_SAFETY_TEXT = timedelta(hours=1)
DID_NOT_GO = (ReminderStatus.SKIPPED, ReminderStatus.FAILED, ReminderStatus.CANCELLED)
LONGEST_DEED = 200
# Most texts are a number and nothing else. What they mean is found out once.
LENGTH_OF_A_NUMBER = 4


@dataclass(frozen=True)
class InboundText:
    """An inbound SMS as the provider posted it.

    `provider_confirms` tells that the provider itself answers a bare STOP, so we do not; `public_url` is
    where a link in our answer leads.
    """

    sid: str
    from_: str
    to: str
    service_sid: str | None
    body: str
    num_media: int
    opt_out_type: str | None
    provider_confirms: bool = False
    public_url: str = ""


@dataclass(frozen=True)
class Stored:
    """The row an inbound text was stored in. Without `client_id` it is nobody's, or may be several's."""

    id: int
    client_id: int | None
    phone: str
    phone_hash: str
    body: str


@dataclass(frozen=True)
class Arrival:
    """A text that came in, for whomever. `said` is its body without the letter of a shared phone.

    `connection` is the session's own, asked for once: plain rows go straight through it.
    """

    session: Session
    connection: Connection
    written_to: WrittenTo
    message: Stored
    said: str
    inbound: InboundText
    now: datetime

    @property
    def practice(self) -> Practice:
        """The whole row, which an everyday answer does without."""
        return self.session.get_one(Practice, self.written_to.id)

    @property
    def is_confirmed_by_provider(self) -> bool:
        """Whether the provider confirms this opt-out: a bare word of its own, or one a practice gave it."""
        is_word = self.message.body.strip().lower() in BARE_CARRIER_WORDS
        return self.inbound.provider_confirms and (is_word or self.inbound.opt_out_type == "STOP")


@dataclass
class Incoming:
    """One client's text being acted on, with all that was found out about it.

    `question` is the open question it belongs to. There is no reply row while it is unclear which of
    several clients wrote it. `is_quiet`: they ask for no answer. `is_warned`: a safety text goes to them.
    """

    arrival: Arrival
    texter: AnyTexter
    reading: replies.Reply
    context: str = "none"
    question: AnyQuestion | None = None
    reply_id: int | None = None
    is_quiet: bool = False
    is_warned: bool = False

    @property
    def session(self) -> Session:
        return self.arrival.session

    @property
    def practice(self) -> Practice:
        return self.arrival.practice

    @property
    def practice_id(self) -> int:
        return self.arrival.written_to.id

    @property
    def client(self) -> Client:
        """The whole row, which an everyday answer does without."""
        if isinstance(self.texter, Client):
            return self.texter
        client = self.session.get_one(Client, self.texter.id)
        set_committed_value(client, "practice", self.practice)
        return client

    @property
    def message(self) -> Stored:
        return self.arrival.message

    @property
    def now(self) -> datetime:
        return self.arrival.now

    def attention(self, kind: AttentionKind, cause: str, **details: object) -> AttentionItem:
        """Put it on a person's list; one item a cause."""
        return raise_item(
            self.session,
            self.practice_id,
            kind,
            f"{cause}:{self.texter.id}",
            self.now,
            client_id=self.texter.id,
            message_id=self.message.id,
            owner_id=self.texter.therapist_id,
            details=dict(details),
        )

    def answer(self, text_key: str, **params: object) -> None:
        """Owe the client one answer to this message, unless they asked for none."""
        if self.is_quiet:
            return
        self._owe(ReminderKind.ANSWER, text_key, params)

    def help(self) -> None:
        """Say where help is: to HELP in a busy hour too."""
        self.answer("help", **({} if self.reading.is_help_keyword else {IN_PASSING: True}))

    def safety(self, text_key: str, group: str = "high_pain", **params: object) -> None:
        """Owe the fixed text of a group of signs, at most once an hour for each group."""
        if group not in groups_said(self.session, self.practice_id, self.message.phone_hash, self.now):
            self._owe(ReminderKind.SAFETY, text_key, {"group": group} | params)
            self.is_warned = True

    def tell(self, deed: str) -> None:
        """Write down, in words for staff, what the message changed."""
        changed = update(Reply).where(Reply.id == self.reply_id).values(did=deed[:LONGEST_DEED])
        self.session.execute(changed.execution_options(synchronize_session=False))

    def _owe(self, kind: ReminderKind, text_key: str, params: dict[str, object]) -> None:
        """Nothing to somebody who is not safe: another may hold the phone."""
        if "unsafe" in self.reading.flags:
            return
        owe(
            self.session,
            self.practice_id,
            kind,
            text_key,
            self.now,
            dedupe_key=f"{kind.value}:{self.message.id}",
            client=self.texter,
            to_phone=self.message.phone,
            params=params,
            in_reply_to_id=self.message.id,
        )


def groups_said(session: Session, practice_id: int, phone_hash: str, now: datetime) -> set[str]:
    """The groups of signs whose text this phone got within the hour, or is getting now.

    Such a text answers a message from the phone, and is owed as that comes in.
    """
    recent = (
        select(Reminder.params)
        .join(Message, Message.id == Reminder.in_reply_to_id)
        .where(
            Message.phone_hash == phone_hash,
            Reminder.practice_id == practice_id,
            Reminder.kind == ReminderKind.SAFETY,
            Reminder.status.not_in(DID_NOT_GO),
            Reminder.created_at > now - SAME_SAFETY_TEXT,
        )
    )
    return {str(params.get("group")) for params in session.scalars(recent)}


_read_short = lru_cache(maxsize=1024)(replies.read_reply)


def read_message(body: str, context: str, language: str, opt_out_type: str | None) -> replies.Reply:
    """Our reading; where the provider says it took the message for STOP or START, that holds as well."""
    read = _read_short if len(body) <= LENGTH_OF_A_NUMBER else replies.read_reply
    reading = read(body, context, language)
    flags = ("red_flag",) if "red_flag" in reading.intents else ()
    if opt_out_type == "STOP" and "opt_out" not in reading.intents:
        return replies.Reply(("opt_out", *flags), flags=reading.flags, rules={"opt_out": "provider"})
    if opt_out_type == "START" and not {"opt_in", "opt_out"} & set(reading.intents):
        return replies.Reply(("opt_in", *flags), flags=reading.flags, rules={"opt_in": "provider"})
    return reading
