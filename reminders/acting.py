"""Acting on what a message means: safety and opt-outs first, then ratings, exercises, questions."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.consent import is_opted_out
from care.models import (
    AttentionKind,
    Client,
    ConsentSource,
    Message,
    NumberState,
    Practice,
    Question,
    Reminder,
    ReminderKind,
    Reply,
    Visit,
    VisitStatus,
)
from care.withdrawal import withdraw_texts
from reminders import replies
from reminders.answering import answer_exercises, answer_rating
from reminders.commands import Command, read_command
from reminders.incoming import Incoming, is_bare_keyword, read_message
from reminders.opting import start_texts, stop_texts
from reminders.questions import open_question
from reminders.safety import raise_flag
from reminders.watching import watch_pain
from reminders.wording import score_in_words

CONFIRMS_WITHIN = timedelta(days=7)
REMARK_WORDS = 3


def act(
    session: Session,
    practice: Practice,
    client: Client,
    message: Message,
    opt_out_type: str | None,
    now: datetime,
    provider_confirms: bool,
) -> None:
    """Read a client's message and do what it calls for."""
    question = open_question(session, client, now)
    context = question.context if question and now <= question.bare_until else "none"
    reading = read_message(message, context, client.language, opt_out_type)
    row = _keep(session, client, message, question, context, reading, now)
    incoming = Incoming(session, practice, client, message, reading, row, question, now)
    if "reaction" in reading.intents:
        return
    if "opt_out" in reading.intents:
        _stop(incoming, provider_confirms)
        return
    if reading.flags or "red_flag" in reading.intents:
        raise_flag(incoming)
    if "wrong_number" in reading.intents:
        _wrong_number(incoming)
        return
    if _command(incoming):
        return
    _everyday(incoming, provider_confirms)


def _keep(
    session: Session,
    client: Client,
    message: Message,
    question: Question | None,
    context: str,
    reading: replies.Reply,
    now: datetime,
) -> Reply:
    row = Reply(
        practice_id=client.practice_id,
        client_id=client.id,
        message_id=message.id,
        question_id=question.id if question else None,
        context=context,
        intents=list(reading.intents),
        rules=dict(reading.rules),
        flags=sorted(reading.flags),
        rating=reading.rating,
        done_count=reading.done_count,
        clarify=reading.clarify,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _stop(incoming: Incoming, provider_confirms: bool) -> None:
    """No more texts, at once and everywhere. A sign of danger in the same message is still raised."""
    if incoming.reading.flags:
        incoming.attention(AttentionKind.RED_FLAG, "red_flag", groups=sorted(incoming.reading.flags))
    stop_texts(
        incoming.session,
        incoming.practice.id,
        incoming.message.phone_hash,
        ConsentSource.TEXT,
        incoming.now,
        incoming.message.id,
    )
    if incoming.reading.flags - {"unsafe"}:
        incoming.answer("stopped_urgent")
    elif not (provider_confirms and is_bare_keyword(incoming.message.body)):
        incoming.answer("stopped")


def _wrong_number(incoming: Incoming) -> None:
    incoming.client.number_state = NumberState.INVALID
    withdraw_texts(incoming.session, incoming.client.id, "number_not_in_use")
    incoming.attention(AttentionKind.WRONG_NUMBER, "wrong_number")
    incoming.answer("wrong_number")


def _command(incoming: Incoming) -> bool:
    """Do what a whole-message command says. False when it is none, or nothing invited it."""
    match read_command(incoming.message.body):
        case Command.CONFIRM:
            return _confirm_visit(incoming)
        case Command.CALL:
            incoming.attention(AttentionKind.CALL_TASK, "call_me")
            incoming.answer("passed_on")
            return True
        case Command.HARD if _was_nudged(incoming):
            incoming.attention(AttentionKind.QUESTION, "question")
            incoming.answer("passed_on")
            return True
        case Command.GOING_WELL if _was_nudged(incoming):
            return True
        case _:
            return False


def _confirm_visit(incoming: Incoming) -> bool:
    visit = incoming.session.scalar(
        select(Visit)
        .where(
            Visit.client_id == incoming.client.id,
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
    incoming.answer("confirmed")
    return True


def _was_nudged(incoming: Incoming) -> bool:
    nudge = select(Reminder.id).where(
        Reminder.client_id == incoming.client.id,
        Reminder.kind == ReminderKind.NUDGE,
        Reminder.sent_at > incoming.now - CONFIRMS_WITHIN,
    )
    return incoming.session.scalar(nudge.limit(1)) is not None


def _everyday(incoming: Incoming, provider_confirms: bool) -> None:
    """Ratings, exercises, questions: everything the message says is written down, one answer goes back."""
    reading, intents = incoming.reading, set(incoming.reading.intents)
    if "opt_in" in intents:
        _start(incoming)
        return
    if "help" in intents:
        if not (provider_confirms and incoming.message.body.strip().lower() in ("help", "info")):
            incoming.answer("help")
        return
    answered = answer_exercises(incoming.session, incoming.client, incoming.question, incoming.row, reading)
    rated = answer_rating(incoming.session, incoming.client, incoming.question, incoming.row, reading)
    if rated is not None and watch_pain(incoming, rated):
        return
    if "question" in intents:
        incoming.attention(AttentionKind.QUESTION, "question")
    if "red_flag" in intents:
        return
    _reply_back(incoming, rated, answered, intents)


def _start(incoming: Incoming) -> None:
    """Texts again, for whoever had them before. Somebody who never agreed is not signed up by START."""
    if not is_opted_out(incoming.session, incoming.message.phone_hash):
        return
    back = start_texts(
        incoming.session,
        incoming.practice.id,
        incoming.message.phone_hash,
        incoming.now,
        incoming.message.id,
    )
    if incoming.client.id in back:
        incoming.answer("restarted")
    else:
        incoming.attention(AttentionKind.QUESTION, "wants_texts")
        incoming.answer("passed_on")


def _reply_back(incoming: Incoming, rated: float | None, answered: str | None, intents: set[str]) -> None:
    score = {} if rated is None else {"score": score_in_words(rated)}
    if "question" in intents:
        incoming.answer("passed_on")
    elif answered is not None and rated is not None:
        incoming.answer(f"{answered}_saved", **score)
    elif rated is not None:
        incoming.answer("saved", **score)
    elif answered is not None:
        incoming.answer(f"{answered}_ask" if incoming.reading.clarify else answered)
    elif "snooze" in intents and incoming.row.context != "none":
        incoming.answer("later")
    elif "unclear" in intents:
        _unclear(incoming)


def _unclear(incoming: Incoming) -> None:
    """Ask once; what stays unclear goes to a person. A thank-you needs neither."""
    question = incoming.question
    may_ask = question is None or question.clarified_at is None
    if incoming.reading.clarify and may_ask and not _asked_lately(incoming):
        if question is not None:
            question.clarified_at = incoming.now
        is_exercise = incoming.row.context == "exercise_prompt"
        incoming.answer("clarify_done" if is_exercise else "clarify")
    elif incoming.reading.clarify or len(incoming.message.body.split()) > REMARK_WORDS:
        incoming.attention(AttentionKind.UNREADABLE, "unreadable")


def _asked_lately(incoming: Incoming) -> bool:
    asked = select(Reminder.id).where(
        Reminder.client_id == incoming.client.id,
        Reminder.text_key.in_(["clarify", "clarify_done"]),
        Reminder.created_at > incoming.now - timedelta(hours=12),
        Reminder.in_reply_to_id != incoming.message.id,
    )
    return incoming.session.scalar(asked.limit(1)) is not None
