"""After the network: what became of each text, written down a small batch at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeGuard

import structlog
from sqlalchemy import and_, case, delete, func, select, update
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionKind,
    Client,
    Message,
    NumberState,
    Question,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.wire import NEVER_ARRIVED, rank_of
from reminders.alerting import AlertKey, note_handed_on
from reminders.claiming import release
from reminders.delivery import StatusReport, bad_number, take_as_proof
from reminders.first_text import keep_link_told
from reminders.gateway import Accepted, Outcome, Postponed, Refused, Unsure
from reminders.given import given, is_among, table_of
from reminders.letters import Letter
from reminders.lines import Line
from reminders.opting import mirror_opt_out
from reminders.pacing import FIRST_PAUSE, LONGEST_HOLD, hold, recover
from reminders.stop_line import keep_told

log = structlog.get_logger()

# A provider that says "at once" would be asked again and again by the same drain.
SHORTEST_PAUSE = timedelta(seconds=1)
# An answer that came so long after the claim counts from when it came.
LONG_AGO = timedelta(seconds=5)
OPTED_OUT_AT_PROVIDER = 21610

REMINDERS, MESSAGES = table_of(Reminder), table_of(Message)


def record(session: Session, results: Sequence[tuple[Letter, Outcome]], now: datetime) -> None:
    """Write down a batch of outcomes. A status that already came by callback is kept.

    What was erased while its text was on the wire has nothing left to write on.
    """
    taken = [(letter, answer) for letter, answer in results if _is_under_way(answer)]
    if taken:
        _accepted(session, taken, now)
    others = [(letter, outcome) for letter, outcome in results if not _is_under_way(outcome)]
    if not others:
        return
    messages, reminders = _rows(session, others)
    for letter, outcome in others:
        message = messages.get(letter.message_id)
        if message is None:
            log.warning("text_of_nobody", message=letter.message_id)
            continue
        found = [reminders[one.id] for one in letter.reminders if one.id in reminders]
        settled = [one for one in found if _is_still_this_one(one, letter)]
        match outcome:
            case Accepted():
                _lost_at_once(session, message, outcome, now)
            case Refused():
                _refused(session, message, settled, outcome, now)
            case Postponed():
                _postponed(session, message, settled, outcome, now)
            case Unsure():
                _unsure(message, settled, outcome)
    session.flush()


def _is_still_this_one(reminder: Reminder, letter: Letter) -> bool:
    """Whether its fate is still that of this text. A process that stood still for minutes comes back with
    outcomes of texts that another has settled meanwhile, and perhaps sent anew.
    """
    is_open = reminder.status in (ReminderStatus.SENDING, ReminderStatus.UNSURE)
    return is_open and reminder.message_id == letter.message_id


def _is_under_way(outcome: Outcome) -> TypeGuard[Accepted]:
    return isinstance(outcome, Accepted) and outcome.status not in NEVER_ARRIVED


def _lost_at_once(session: Session, message: Message, answer: Accepted, now: datetime) -> None:
    """Taken, and in the same breath said never to arrive: as if a callback had said so, for none will."""
    report = StatusReport(answer.sid, message.reference, answer.status, answer.error_code)
    take_as_proof(session, message, report, now)
    log.warning("text_lost_at_once", message=message.id, status=answer.status, code=answer.error_code)


def note_lines(session: Session, lines: Iterable[Line], now: datetime) -> None:
    """Hold the senders whose texts the provider does not take, and let go those it takes from again."""
    for line in lines:
        if line.sender is None or not line.is_news:
            continue
        if line.is_cut:
            troubles = line.sender.troubles + 1
            # From the provider's answer on: the batch may have been claimed minutes before.
            is_old = line.cut_at is not None and line.cut_at - now > LONG_AGO
            since = line.cut_at if line.cut_at is not None and is_old else now
            until = hold(session, line.sender.id, troubles, line.retry_after_seconds, since)
            log.warning("sender_held", sender=line.sender.id, troubles=troubles, until=until.isoformat())
        else:
            recover(session, line.sender.id, line.sender.troubles)
            log.info("sender_let_go", sender=line.sender.id)


def _accepted(session: Session, results: Sequence[tuple[Letter, Accepted]], now: datetime) -> None:
    """What the provider has, in two statements however many there are: messages first, as `_rows` does."""
    taken = _advance(session, results, now)
    there = [letter for letter, _ in results if letter.message_id in taken]
    for letter, _ in results:
        if letter.message_id not in taken:
            log.warning("text_of_nobody", message=letter.message_id)
    ids = [one.id for letter in there for one in letter.reminders]
    sent = update(REMINDERS).where(is_among(session, REMINDERS.c.id, ids))
    session.execute(sent.values(status=ReminderStatus.SENT, sent_at=now, reason=None))
    keep_told(session, {one.client.id for one in there if one.tells_stop and one.client is not None}, now)
    keep_link_told(session, {one.client.id for one in there if one.tells_link and one.client is not None})
    for letter in there:
        if letter.first.kind is ReminderKind.ALERT:
            note_handed_on(session, AlertKey.read(letter.first.dedupe_key), now)
    log.info("texts_sent", messages=[letter.message_id for letter in there], reminders=ids)


def _advance(session: Session, results: Sequence[tuple[Letter, Accepted]], now: datetime) -> set[int]:
    """Write the provider's answers on the messages. Returns which of them are still there."""
    rows = [
        (letter.message_id, answer.sid, answer.status, rank_of(answer.status), answer.segments or None)
        for letter, answer in results
    ]
    message_id, sid, status, rank, segments = given(session, rows, int, str, str, int, int)
    known = MESSAGES.c
    is_news = rank >= known.status_rank
    answered = (
        update(MESSAGES)
        .where(known.id == message_id)
        .values(
            provider_sid=func.coalesce(known.provider_sid, sid),
            status=case((is_news, status), else_=known.status),
            status_rank=case((is_news, rank), else_=known.status_rank),
            delivered_at=case((and_(is_news, status == "delivered"), now), else_=known.delivered_at),
            segments=func.coalesce(segments, known.segments),
        )
        .returning(known.id)
    )
    return set(session.scalars(answered))


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
    """Surely unsent: the message is taken back, the reminder keeps its place with a later time. How long
    the sender waits is told by `pacing`; this is for a practice that has none.
    """
    pause = FIRST_PAUSE
    if outcome.retry_after_seconds is not None:
        asked = min(outcome.retry_after_seconds, LONGEST_HOLD.total_seconds())
        pause = max(timedelta(seconds=asked), SHORTEST_PAUSE)
    release(reminders, now + pause, "provider_busy")
    session.flush()
    session.execute(delete(Question).where(Question.message_id == message.id))
    session.delete(message)
    log.warning("text_postponed", reminders=[one.id for one in reminders], code=outcome.code)


def _unsure(message: Message, reminders: Sequence[Reminder], outcome: Unsure) -> None:
    """A callback, or a look at the provider's list, may have settled it while we waited."""
    if reminders and message.provider_sid is None:
        message.status = "unsure"
    for reminder in reminders:
        reminder.status, reminder.reason = ReminderStatus.UNSURE, "no_answer_from_provider"
    log.warning("text_unsure", reminders=[one.id for one in reminders], why=outcome.reason)
