"""Acting on what a message means: safety and opt-outs first, then ratings, exercises, questions."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Insert, insert, select

from care.consent import consenting_clients, is_opted_out
from care.models import (
    AttentionKind,
    ConsentSource,
    NumberState,
    Reminder,
    ReminderKind,
    Reply,
    Visit,
    VisitStatus,
)
from care.pausing import PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE, resume_texts
from care.thresholds import thresholds_of
from care.withdrawal import withdraw_texts
from reminders.answering import answer_exercises, answer_rating
from reminders.automatic import asks_for_silence, is_by_a_machine
from reminders.commands import Command, read_command
from reminders.given import table_of
from reminders.inbound_rows import Texter
from reminders.incoming import Arrival, Incoming
from reminders.known import Standing
from reminders.opting import clients_on, start_texts, stop_texts
from reminders.questions import EXERCISES, Ledger, read_against, store_answered
from reminders.replies import Reply as Reading
from reminders.safety import UNSAFE, raise_flag
from reminders.silence import heard
from reminders.steering import asks_to_be_reminded, put_off, steer
from reminders.told_to_stop import waiting_text
from reminders.watching import watch_pain
from reminders.wording import score_in_words

CONFIRMS_WITHIN = timedelta(days=7)
CLARIFIED_WITHIN = timedelta(hours=12)
REMARK_WORDS = 3


def act(arrival: Arrival, texter: Texter, standing: Standing) -> None:
    """Read a client's message and do what it calls for."""
    ledger = standing.ledger
    reading, context = read_against(ledger, arrival.said, texter.language, arrival.inbound.opt_out_type)
    question = ledger.belongs_to(reading)
    reply_id = _keep(arrival, texter, question.id if question else None, context, reading)
    _do(Incoming(arrival, texter, reading, context, question, reply_id), standing)
    store_answered(arrival.connection, ledger)


def _do(incoming: Incoming, standing: Standing) -> None:
    reading, arrival = incoming.reading, incoming.arrival
    intents = set(reading.intents)
    is_by_hand = not is_by_a_machine(arrival.said, reading)
    was_silent = standing.has_silence or incoming.texter.pause_reason == PAUSED_FOR_SILENCE
    if was_silent and is_by_hand and not {"opt_out", "wrong_number"} & intents:
        heard(incoming.session, incoming.client, incoming.now)
    if "reaction" in intents:
        return
    if "opt_out" in intents:
        honour_stop([incoming])
        return
    if reading.flags or "red_flag" in intents:
        raise_flag(incoming)
    elif reading.notes:
        note_sign(incoming)
    incoming.is_quiet = is_by_hand and "help" not in intents and asks_for_silence(arrival.said)
    if "wrong_number" in intents:
        honour_wrong_number([incoming])
        return
    if incoming.is_quiet:
        incoming.attention(AttentionKind.QUESTION, "question", what="asks for no reply by text")
    if is_by_hand and not _command(incoming):
        _everyday(incoming, standing)


def note_sign(incoming: Incoming) -> None:
    """A sign they deny, or a slow one: for the therapist to ask about, without an alarm or a word back."""
    incoming.attention(AttentionKind.QUESTION, "sign", what="mentions a sign to ask about")


def _keep(arrival: Arrival, texter: Texter, question_id: int | None, context: str, reading: Reading) -> int:
    row = {
        "practice_id": texter.practice_id,
        "client_id": texter.id,
        "message_id": arrival.message.id,
        "question_id": question_id,
        "context": context,
        "intents": list(reading.intents),
        "rules": dict(reading.rules),
        "flags": sorted(reading.flags),
        "rating": reading.rating,
        "done_count": reading.done_count,
        "clarify": reading.clarify,
        "at": arrival.now,
    }
    id: int = arrival.connection.execute(_new_reply(), row).scalar_one()
    return id


@cache
def _new_reply() -> Insert:
    table: Any = table_of(Reply)
    return insert(table).returning(table.c.id)


def honour_stop(everybody: Sequence[Incoming]) -> None:
    """No more texts, at once and everywhere. A sign of danger in the same message is still raised."""
    first = everybody[0]
    flags = first.reading.flags
    for incoming in everybody if flags else ():
        raise_flag(incoming, with_text=False)
    message = first.message
    was_stopped = is_opted_out(first.session, message.phone_hash)
    stop_texts(
        first.session,
        first.practice.id,
        message.phone_hash,
        ConsentSource.TEXT,
        first.now,
        message.id,
        message.body,
    )
    if flags - {UNSAFE}:
        first.answer("stopped_urgent")
    elif not (was_stopped or first.arrival.is_confirmed_by_provider):
        first.answer("stopped")


def honour_wrong_number(everybody: Sequence[Incoming]) -> None:
    """The phone is somebody else's: nothing more goes to it, and staff hear of every client who has it."""
    first = everybody[0]
    for client in clients_on(first.session, first.message.phone_hash):
        if client.practice_id != first.practice_id:
            continue
        client.number_state = NumberState.WRONG
        withdraw_texts(first.session, client.id, "wrong_number")
        Incoming(first.arrival, client, first.reading).attention(AttentionKind.WRONG_NUMBER, "wrong_number")
    first.answer("wrong_number")


def start_again(everybody: Sequence[Incoming]) -> None:
    """Texts again, for whoever had them before. Somebody who never agreed is not signed up by START."""
    first = everybody[0]
    message, session = first.message, first.session
    if not is_opted_out(session, message.phone_hash):
        _end_own_pause(everybody)
        return
    back = start_texts(session, first.practice.id, message.phone_hash, first.now, message.id, message.body)
    for incoming in everybody:
        if incoming.texter.id not in back:
            incoming.attention(AttentionKind.QUESTION, "wants_texts")
    first.answer("restarted" if any(one.texter.id in back for one in everybody) else "passed_on")


def _end_own_pause(everybody: Sequence[Incoming]) -> None:
    """START where nothing was stopped: it ends a pause they asked for, and needs no more words. Who never
    agreed, or told staff they do not, is asked by a person.
    """
    first = everybody[0]
    agreed = consenting_clients(first.session, [one.texter.id for one in everybody])
    for incoming in everybody:
        if incoming.texter.id not in agreed:
            incoming.attention(AttentionKind.QUESTION, "wants_texts", what="asks for texts by START")
            incoming.answer("passed_on")
        elif incoming.texter.pause_reason == PAUSED_BY_CLIENT:
            resume_texts(incoming.session, incoming.client, incoming.now)
            incoming.answer("restarted")


def _command(incoming: Incoming) -> bool:
    """Do what a whole-message command says. False when it is none, or nothing invited it."""
    match read_command(incoming.arrival.said):
        case None:
            return False
        case Command.CONFIRM:
            return _confirm_visit(incoming)
        case Command.CALL:
            incoming.attention(AttentionKind.CALL_TASK, "call_me")
            incoming.tell("Asked for a call")
            incoming.answer("passed_on")
            return True
        case Command.HARD:
            return _was_nudged(incoming) and _say_it_is_hard(incoming)
        case Command.GOING_WELL:
            return _was_nudged(incoming)
        case Command.RESUME if not consenting_clients(incoming.session, [incoming.texter.id]):
            start_again([incoming])
            return True
        case command:
            steer(incoming, command)
            return True


def _say_it_is_hard(incoming: Incoming) -> bool:
    incoming.attention(AttentionKind.QUESTION, "question")
    incoming.answer("passed_on")
    return True


def _confirm_visit(incoming: Incoming) -> bool:
    visit = incoming.session.scalar(
        select(Visit)
        .where(
            Visit.client_id == incoming.texter.id,
            Visit.status == VisitStatus.PLANNED,
            Visit.starts_at > incoming.now,
            Visit.starts_at < incoming.now + CONFIRMS_WITHIN,
        )
        .order_by(Visit.starts_at)
        .limit(1)
    )
    if visit is None:
        return False
    visit.confirmed_at = incoming.now
    incoming.tell("Confirmed the visit")
    incoming.answer("confirmed")
    return True


def _was_nudged(incoming: Incoming) -> bool:
    nudge = select(Reminder.id).where(
        Reminder.client_id == incoming.texter.id,
        Reminder.kind == ReminderKind.NUDGE,
        Reminder.sent_at > incoming.now - CONFIRMS_WITHIN,
    )
    return incoming.session.scalar(nudge.limit(1)) is not None


def _everyday(incoming: Incoming, standing: Standing) -> None:
    """Ratings, exercises, questions: everything the message says is written down, one answer goes back."""
    ledger = standing.ledger
    intents = set(incoming.reading.intents)
    if "opt_in" in intents:
        start_again([incoming])
        return
    if "help" in intents:
        incoming.help()
        return
    answered = answer_exercises(incoming, ledger)
    rated = answer_rating(incoming, ledger)
    is_urgent = rated is not None and _may_matter(incoming, standing, rated) and watch_pain(incoming, rated)
    if "question" in intents:
        incoming.attention(AttentionKind.QUESTION, "question")
    # The text about high pain came within the hour: then a question still has its answer.
    is_told = is_urgent and (incoming.is_warned or "question" not in intents)
    if not is_told and "red_flag" not in intents:
        _reply_back(incoming, ledger, rated, answered)


def _may_matter(incoming: Incoming, standing: Standing, score: float) -> bool:
    """Whether watching could find anything: not where no item is open, the number is not high, and it is
    hardly over the lowest there ever was, so neither over what is usual nor over the baseline.
    """
    limits = thresholds_of(incoming.arrival.written_to.thresholds, incoming.texter.thresholds)
    lowest = score if standing.lowest_rating is None else standing.lowest_rating
    least_rise = min(limits.pain_rise, limits.baseline_rise, 1 if limits.baseline_rise_percent else 10)
    return standing.has_pain_item or score >= limits.high_pain or score - lowest >= least_rise


def _reply_back(incoming: Incoming, ledger: Ledger, rated: float | None, answered: str | None) -> None:
    intents = set(incoming.reading.intents)
    score = {} if rated is None else {"score": score_in_words(rated)}
    if "question" in intents:
        incoming.answer("passed_on")
    elif answered in ("done", "skipped") and rated is not None:
        incoming.answer(f"{answered}_saved", **score)
    elif rated is not None:
        incoming.answer("saved", **score)
    elif answered is not None and not incoming.reading.clarify:
        incoming.answer(waiting_text(incoming.session, incoming.client) or answered)
    elif answered is not None:
        incoming.answer(answered if answered == "noted" else f"{answered}_ask")
    elif "snooze" in intents or (intents == {"unclear"} and asks_to_be_reminded(incoming.arrival.said)):
        put_off(incoming, ledger)
    elif "unclear" in intents:
        _unclear(incoming)


def _unclear(incoming: Incoming) -> None:
    """Ask once; what stays unclear goes to a person. A thank-you needs neither."""
    question = incoming.question
    may_ask = question is None or question.clarified_at is None
    if incoming.reading.clarify and may_ask and not _asked_lately(incoming):
        if question is not None:
            question.clarified_at = incoming.now
        is_exercise = incoming.context == EXERCISES
        incoming.answer("clarify_done" if is_exercise else "clarify")
    elif incoming.reading.clarify or len(incoming.arrival.said.split()) > REMARK_WORDS:
        incoming.attention(AttentionKind.UNREADABLE, "unreadable")


def _asked_lately(incoming: Incoming) -> bool:
    asked = select(Reminder.id).where(
        Reminder.client_id == incoming.texter.id,
        Reminder.text_key.in_(["clarify", "clarify_done"]),
        Reminder.created_at > incoming.now - CLARIFIED_WITHIN,
        Reminder.in_reply_to_id != incoming.message.id,
    )
    return incoming.session.scalar(asked.limit(1)) is not None
