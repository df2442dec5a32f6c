"""Between the claim and the network: is each text still wanted, may it go, and what does it say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionKind,
    Client,
    Direction,
    Message,
    Question,
    QuestionStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Sender,
    SenderKind,
    VisitStatus,
)
from care.phones import PhoneBook
from care.thresholds import thresholds_of
from care.tokens import new_token
from reminders import contact
from reminders.claiming import MERGED_KINDS, release
from reminders.composing import body_of
from reminders.gateway import Outgoing
from reminders.given import given, table_of
from reminders.knowledge import Knowledge, learn
from reminders.segments import count_parts

log = structlog.get_logger()

LONGEST_VALIDITY = 36_000
CONTEXTS = {ReminderKind.EXERCISE: "exercise_prompt", ReminderKind.PAIN_QUESTION: "pain_prompt"}
ANSWER_CONTEXTS = {"clarify": "pain_prompt", "done_ask": "pain_prompt", "skipped_ask": "pain_prompt"}


@dataclass
class Letter:
    """One text to be: the reminders it settles, what it says, and where it goes."""

    reminders: list[Reminder]
    to: str
    body: str
    until: datetime
    client: Client | None
    sender: Sender | None
    reference: str = field(default_factory=new_token)
    message_id: int = 0

    @property
    def first(self) -> Reminder:
        return self.reminders[0]


def prepare(
    session: Session, claimed: Sequence[Reminder], book: PhoneBook, now: datetime, *, is_real: bool
) -> list[Letter]:
    """Write the messages of those that may go out now; the others are dropped or wait, with the reason.

    One that cannot be worded is parked as failed and stops nobody else.
    """
    known = learn(session, claimed, book, now)
    letters: list[Letter] = []
    for together in _grouped(claimed):
        try:
            letter = _letter(session, together, known, book, now, is_real=is_real)
        except Exception:
            log.exception("text_not_worded", reminders=[one.id for one in together])
            _park(session, together, now)
            continue
        if letter is not None:
            letters.append(letter)
    _write_messages(session, letters, book, now)
    _write_questions(session, letters, known, now)
    return letters


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


def _grouped(claimed: Sequence[Reminder]) -> Iterable[list[Reminder]]:
    """Exercise reminders and pain questions of one client become one text; all else stays alone."""

    def key(reminder: Reminder) -> tuple[int, int]:
        return (reminder.client_id or 0, 0 if reminder.kind in MERGED_KINDS else reminder.id)

    groups = [list(group) for _, group in groupby(sorted(claimed, key=key), key=key)]
    return sorted(groups, key=lambda group: (group[0].priority, group[0].send_at, group[0].id))


def _letter(
    session: Session,
    together: list[Reminder],
    known: Knowledge,
    book: PhoneBook,
    now: datetime,
    *,
    is_real: bool,
) -> Letter | None:
    wanted = [one for one in together if _is_wanted(one, known, now)]
    first = together[0]
    client = known.clients.get(first.client_id) if first.client_id is not None else None
    to = first.to_phone or (client.phone if client else None)
    going = []
    until = None
    for reminder in wanted:
        if to is None:
            _drop([reminder], "no_phone", ReminderStatus.SKIPPED)
            continue
        match contact.judge(reminder, _facts(reminder, client, to, known, book, is_real), now):
            case contact.Go(limit):
                going.append(reminder)
                until = min(until or limit, limit)
            case contact.Wait(at, reason):
                release(session, [reminder], at, reason)
            case contact.Drop(reason):
                _drop([reminder], reason, ReminderStatus.SKIPPED)
    if going and all(one.send_at > now for one in going):
        # Taken early to join a text that now does not go out: it goes at its own time.
        for one in going:
            release(session, [one], one.send_at, one.reason)
        return None
    if not going or to is None or until is None:
        return None
    body = body_of(session, going, client, known, now)
    sender = known.senders.get(first.practice_id)
    known.count(going)
    return Letter(going, to, body, until, client, sender)


def _is_wanted(reminder: Reminder, known: Knowledge, now: datetime) -> bool:
    if reminder.kind is ReminderKind.EXERCISE and not known.assignments.get(reminder.id):
        if reminder.id in known.unanswered:
            _drop([reminder], "plan_changed", ReminderStatus.CANCELLED)
        else:
            _drop([reminder], "already_done", ReminderStatus.SKIPPED)
        return False
    if reminder.kind is ReminderKind.VISIT:
        visit = known.visits.get(reminder.visit_id or 0)
        if visit is None or visit.status is not VisitStatus.PLANNED or visit.starts_at <= now:
            _drop([reminder], "visit_changed", ReminderStatus.CANCELLED)
            return False
    return True


def _facts(
    reminder: Reminder,
    client: Client | None,
    to: str,
    known: Knowledge,
    book: PhoneBook,
    is_real: bool,
) -> contact.Facts:
    phone_hash = client.phone_hash if client and client.phone == to else None
    return contact.Facts(
        practice=known.practices[reminder.practice_id],
        client=client,
        has_consent=client is not None and client.id in known.consenting,
        is_opted_out=(phone_hash or book.hash(to)) in known.opted_out,
        sent_today=known.sent_today.get(client.id, 0) if client else 0,
        answered_this_hour=known.answers.get(client.id, 0) if client else 0,
        is_real_gateway=is_real,
        awaits_enrolment=client is not None and client.id in known.awaiting_enrolment,
    )


def _park(session: Session, reminders: Sequence[Reminder], now: datetime) -> None:
    """A fault of ours: nobody else's text waits for it, and a person learns that this one did not go."""
    held = [one for one in reminders if one.status is ReminderStatus.SENDING]
    _drop(held, "could_not_be_worded", ReminderStatus.FAILED)
    first = reminders[0]
    raise_item(
        session,
        first.practice_id,
        AttentionKind.UNSURE_TEXT,
        f"unworded:{first.id}",
        now,
        client_id=first.client_id,
        reminder_id=first.id,
        details={"reason": "could_not_be_worded"},
    )


def _drop(reminders: Iterable[Reminder], reason: str, status: ReminderStatus) -> None:
    for reminder in reminders:
        reminder.status, reminder.reason = status, reason


def _write_messages(session: Session, letters: Sequence[Letter], book: PhoneBook, now: datetime) -> None:
    if not letters:
        return
    rows = [
        {
            "practice_id": letter.first.practice_id,
            "client_id": letter.first.client_id,
            "direction": Direction.OUT,
            "reference": letter.reference,
            "phone": letter.to,
            "phone_hash": book.hash(letter.to),
            "body": letter.body,
            "segments": count_parts(letter.body).parts,
            "status": "sending",
            "at": now,
        }
        for letter in letters
    ]
    table = table_of(Message)
    written = session.execute(insert(table).returning(table.c.reference, table.c.id), rows)
    ids: dict[str, int] = dict(written.all())
    for letter in letters:
        letter.message_id = ids[letter.reference]
    _point_to_messages(session, letters)


def _point_to_messages(session: Session, letters: Sequence[Letter]) -> None:
    pairs = [(one.id, letter.message_id) for letter in letters for one in letter.reminders]
    reminder_id, message_id = given(session, pairs, int, int)
    pointed = update(Reminder).where(Reminder.id == reminder_id).values(message_id=message_id, reason=None)
    session.execute(pointed, execution_options={"synchronize_session": False})


def _write_questions(session: Session, letters: Sequence[Letter], known: Knowledge, now: datetime) -> None:
    """A question stands open before its text is out: an answer may be faster than our bookkeeping."""
    rows = []
    limits = {id: thresholds_of(practice.thresholds) for id, practice in known.practices.items()}
    for letter in letters:
        context = _context(letter)
        if context is None or letter.client is None:
            continue
        hours = limits[letter.first.practice_id]
        rows.append(
            {
                "practice_id": letter.first.practice_id,
                "client_id": letter.client.id,
                "reminder_id": letter.first.id,
                "message_id": letter.message_id,
                "context": context,
                "invites_rating": True,
                "asked_at": now,
                "bare_until": now + timedelta(hours=hours.bare_number_hours),
                "closes_at": now + timedelta(hours=hours.answer_hours),
                "status": QuestionStatus.OPEN,
            }
        )
    if rows:
        session.execute(insert(table_of(Question)), rows)


def _context(letter: Letter) -> str | None:
    kinds = {one.kind for one in letter.reminders}
    for kind in (ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION):
        if kind in kinds:
            return CONTEXTS[kind]
    return ANSWER_CONTEXTS.get(letter.first.text_key)
