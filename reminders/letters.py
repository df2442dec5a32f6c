"""One text to be, and writing it down before the network: the message, and the question it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from care.models import (
    Direction,
    Message,
    Practice,
    Question,
    QuestionStatus,
    Reminder,
    ReminderKind,
    Sender,
    SenderKind,
)
from care.phones import PhoneBook
from care.sealed_fields import Sealed
from care.thresholds import thresholds_of
from care.tokens import new_token
from reminders.batch_rows import AnyClient, AnyReminder
from reminders.gateway import Outgoing
from reminders.given import given, table_of
from reminders.segments import count_parts

LONGEST_VALIDITY = 36_000
CONTEXTS = {ReminderKind.EXERCISE: "exercise_prompt", ReminderKind.PAIN_QUESTION: "pain_prompt"}
ANSWER_CONTEXTS = {"clarify": "pain_prompt", "done_ask": "pain_prompt", "skipped_ask": "pain_prompt"}

REMINDERS, MESSAGES, QUESTIONS = table_of(Reminder), table_of(Message), table_of(Question)


@dataclass(slots=True)
class Letter:
    """One text to be: the reminders it settles, what it says, and where it goes. `tells_stop`: it says how
    to end the texts, and `tells_link` where the client's page is; both count once the provider has it.
    """

    reminders: Sequence[AnyReminder]
    to: str
    body: str
    until: datetime
    client: AnyClient | None
    sender: Sender | None
    tells_stop: bool = False
    tells_link: bool = False
    reference: str = field(default_factory=new_token)
    message_id: int = 0

    @property
    def first(self) -> AnyReminder:
        return self.reminders[0]

    @property
    def segments(self) -> int:
        return count_parts(self.body).parts


def outgoing(letter: Letter, public_url: str, now: datetime) -> Outgoing:
    """What the gateway is asked to do with it."""
    sender = letter.sender
    seconds = int((letter.until - now).total_seconds())
    return Outgoing(
        reference=letter.reference,
        to=letter.to,
        body=letter.body,
        from_number=sender.address if sender and sender.kind is SenderKind.NUMBER else None,
        service_sid=sender.address if sender and sender.kind is SenderKind.SERVICE else None,
        validity_seconds=min(seconds, LONGEST_VALIDITY),
        callback_url=f"{public_url}/twilio/status?m={letter.reference}",
    )


def write_messages(session: Session, letters: Sequence[Letter], book: PhoneBook, now: datetime) -> None:
    """The message of each, in one statement however many there are, and its reminders point to it."""
    if not letters:
        return
    rows = [
        (
            letter.first.practice_id,
            letter.first.client_id,
            letter.reference,
            letter.to,
            _hash_of(letter, book),
            letter.body,
            letter.segments,
        )
        for letter in letters
    ]
    names = ["practice_id", "client_id", "reference", "phone", "phone_hash", "body", "segments"]
    columns = given(session, rows, int, int, str, Sealed, str, Sealed, int)
    same = [
        literal(value, MESSAGES.c[name].type)
        for name, value in (("direction", Direction.OUT), ("status", "sending"), ("at", now))
    ]
    new = insert(MESSAGES).from_select([*names, "direction", "status", "at"], select(*columns, *same))
    ids: dict[str, int] = dict(session.execute(new.returning(MESSAGES.c.reference, MESSAGES.c.id)).all())
    for letter in letters:
        letter.message_id = ids[letter.reference]
    _point_to_messages(session, letters)


def _hash_of(letter: Letter, book: PhoneBook) -> str:
    client = letter.client
    on_file = client.phone_hash if client is not None and client.phone == letter.to else None
    return on_file or book.hash(letter.to)


def _point_to_messages(session: Session, letters: Sequence[Letter]) -> None:
    pairs = [(one.id, letter.message_id) for letter in letters for one in letter.reminders]
    reminder_id, message_id = given(session, pairs, int, int)
    pointed = update(REMINDERS).where(REMINDERS.c.id == reminder_id)
    session.execute(pointed.values(message_id=message_id, reason=None))


def write_questions(
    session: Session, letters: Sequence[Letter], practices: Mapping[int, Practice], now: datetime
) -> None:
    """A question stands open before its text is out: an answer may be faster than our bookkeeping."""
    open_until = {id: _open_until(practice, now) for id, practice in practices.items()}
    rows = []
    for letter in letters:
        context = _context(letter)
        if context is None or letter.client is None:
            continue
        first = letter.first
        rows.append(
            (
                first.practice_id,
                letter.client.id,
                first.id,
                letter.message_id,
                context,
                *open_until[first.practice_id],
            )
        )
    if rows:
        _ask(session, rows, now)


def _open_until(practice: Practice, now: datetime) -> tuple[datetime, datetime]:
    """Until when a bare number answers a question of now, and until when anything does."""
    limits = thresholds_of(practice.thresholds)
    hours = (limits.bare_number_hours, limits.answer_hours)
    return now + timedelta(hours=hours[0]), now + timedelta(hours=hours[1])


def _ask(session: Session, rows: Sequence[tuple[int | str | datetime, ...]], now: datetime) -> None:
    names = ["practice_id", "client_id", "reminder_id", "message_id", "context", "bare_until", "closes_at"]
    columns = given(session, rows, int, int, int, int, str, datetime, datetime)
    same = [
        literal(value, QUESTIONS.c[name].type)
        for name, value in (("invites_rating", True), ("status", QuestionStatus.OPEN), ("asked_at", now))
    ]
    asked = select(*columns, *same)
    session.execute(insert(QUESTIONS).from_select([*names, "invites_rating", "status", "asked_at"], asked))


def _context(letter: Letter) -> str | None:
    kinds = {one.kind for one in letter.reminders}
    for kind in (ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION):
        if kind in kinds:
            return CONTEXTS[kind]
    return ANSWER_CONTEXTS.get(letter.first.text_key)
