"""After the network: what became of each text, written down a small batch at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionKind,
    Client,
    Message,
    NumberState,
    Question,
    Reminder,
    ReminderStatus,
    Sender,
)
from care.wire import rank_of
from reminders.claiming import release
from reminders.delivery import bad_number
from reminders.gateway import Accepted, Outcome, Postponed, Refused, Unsure
from reminders.opting import mirror_opt_out
from reminders.preparing import Letter

log = structlog.get_logger()

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
# A provider that says "at once" would be asked again and again by the same drain.
SHORTEST_PAUSE = timedelta(seconds=1)
OPTED_OUT_AT_PROVIDER = 21610


def record(session: Session, results: Sequence[tuple[Letter, Outcome]], now: datetime) -> None:
    """Write down a batch of outcomes. A status that already came by callback is kept.

    What was erased while its text was on the wire has nothing left to write on.
    """
    messages, reminders = _rows(session, results)
    for letter, outcome in results:
        message = messages.get(letter.message_id)
        if message is None:
            log.warning("text_of_nobody", message=letter.message_id)
            continue
        settled = [reminders[one.id] for one in letter.reminders if one.id in reminders]
        match outcome:
            case Accepted():
                _accepted(message, settled, outcome, now)
            case Refused():
                _refused(session, message, settled, outcome, now)
            case Postponed():
                _postponed(session, message, settled, outcome, now)
            case Unsure():
                _unsure(message, settled, outcome)
    session.flush()


def _rows(
    session: Session, results: Sequence[tuple[Letter, Outcome]]
) -> tuple[dict[int, Message], dict[int, Reminder]]:
    """Ours until we commit, messages first: a callback may write on the same ones at this moment."""
    message_ids = [letter.message_id for letter, _ in results]
    reminder_ids = [one.id for letter, _ in results for one in letter.reminders]
    messages = select(Message).where(Message.id.in_(message_ids)).order_by(Message.id).with_for_update()
    found = {one.id: one for one in session.scalars(messages)}
    reminders = select(Reminder).where(Reminder.id.in_(reminder_ids)).order_by(Reminder.id).with_for_update()
    return found, {one.id: one for one in session.scalars(reminders)}


def _accepted(message: Message, reminders: Sequence[Reminder], outcome: Accepted, now: datetime) -> None:
    if message.provider_sid is None:
        message.provider_sid = outcome.sid
    if rank_of(outcome.status) >= message.status_rank:
        message.status, message.status_rank = outcome.status, rank_of(outcome.status)
        if outcome.status == "delivered":
            message.delivered_at = now
    if outcome.segments:
        message.segments = outcome.segments
    for reminder in reminders:
        reminder.status, reminder.sent_at, reminder.reason = ReminderStatus.SENT, now, None
    log.info("text_sent", reminders=[one.id for one in reminders], message=message.id)


def _refused(
    session: Session, message: Message, reminders: Sequence[Reminder], outcome: Refused, now: datetime
) -> None:
    message.status, message.status_rank = "failed", rank_of("failed")
    message.error_code = outcome.code
    reason = f"refused_{outcome.code}" if outcome.code else "refused"
    for reminder in reminders:
        reminder.status, reminder.reason = ReminderStatus.FAILED, reason
    session.execute(delete(Question).where(Question.message_id == message.id))
    log.warning("text_refused", reminders=[one.id for one in reminders], code=outcome.code)
    if outcome.code == OPTED_OUT_AT_PROVIDER:
        mirror_opt_out(session, message.practice_id, message.phone_hash, now)
        return
    client = session.get(Client, message.client_id) if message.client_id else None
    if client is not None and client.phone == message.phone and bad_number(outcome.code):
        client.number_state = NumberState.INVALID
    raise_item(
        session,
        message.practice_id,
        AttentionKind.DELIVERY_FAILURE,
        f"delivery:{message.client_id or message.id}",
        now,
        client_id=message.client_id,
        message_id=message.id,
        reminder_id=next((one.id for one in reminders), None),
        details={"code": outcome.code, "reason": reason},
    )


def _postponed(
    session: Session, message: Message, reminders: Sequence[Reminder], outcome: Postponed, now: datetime
) -> None:
    """Surely unsent: the message is taken back, the reminder keeps its place with a later time."""
    attempts = max((one.attempts for one in reminders), default=1)
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 8), LONGEST_PAUSE)
    if outcome.retry_after_seconds is not None:
        pause = max(timedelta(seconds=outcome.retry_after_seconds), SHORTEST_PAUSE)
    release(session, reminders, now + pause, "provider_busy")
    session.flush()
    session.execute(delete(Question).where(Question.message_id == message.id))
    session.delete(message)
    if outcome.holds_sender:
        held = update(Sender).where(Sender.practice_id == message.practice_id)
        session.execute(held.values(held_until=now + pause))
    log.warning("text_postponed", reminders=[one.id for one in reminders], code=outcome.code)


def _unsure(message: Message, reminders: Sequence[Reminder], outcome: Unsure) -> None:
    """A callback may have settled it while we waited: then the provider has it."""
    if message.provider_sid is None:
        message.status = "unsure"
    for reminder in reminders:
        if reminder.status is ReminderStatus.SENDING:
            reminder.status, reminder.reason = ReminderStatus.UNSURE, "no_answer_from_provider"
    log.warning("text_unsure", reminders=[one.id for one in reminders], why=outcome.reason)
