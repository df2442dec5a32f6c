"""A phone of no client: STOP is honoured, danger gets the safety text, else one answer a day.

It may be a user's, who gets alerts on it: their START brings those back.
"""

from collections.abc import Sequence

from sqlalchemy import select

from care.consent import is_opted_out
from care.models import ConsentSource, Message, Reminder, ReminderKind, User
from care.on_call import find_by_phone
from care.recurrence import A_DAY
from reminders.automatic import sounds_automatic
from reminders.inbound_rows import Texter
from reminders.incoming import Arrival, Incoming, read_message
from reminders.opting import start_texts, stop_texts
from reminders.outbox import owe
from reminders.safety import UNSAFE, raise_flag, raise_strangers_flag

ONE_A_DAY = frozenset(("unknown_phone", "alert_no_reading"))
# HELP is answered each time, and tells them who we are as well.
TOLD_ENOUGH = ONE_A_DAY | {"help"}
NO_WAY_BACK = "No text went: this sender cannot be answered."


def keep_unanswered(arrival: Arrival, texters: Sequence[Texter]) -> None:
    """From a sender that no text can be sent to: danger is raised and STOP written down, in silence."""
    message = arrival.message
    reading = read_message(arrival.said, "none", arrival.practice.language, arrival.inbound.opt_out_type)
    if reading.flags and texters:
        for one in texters:
            raise_flag(Incoming(arrival, one, reading), with_text=False, why_no_text=NO_WAY_BACK)
    elif reading.flags:
        raise_strangers_flag(arrival, reading.flags, with_text=False, why_no_text=NO_WAY_BACK)
    if "opt_out" in reading.intents:
        stop_texts(
            arrival.session,
            arrival.practice.id,
            message.phone_hash,
            ConsentSource.TEXT,
            arrival.now,
            message.id,
            message.body,
        )


def act_for_nobody(arrival: Arrival) -> None:
    """A phone of no client: STOP is honoured, danger gets the safety text, else one answer a day."""
    reading = read_message(arrival.said, "none", arrival.practice.language, arrival.inbound.opt_out_type)
    intents = set(reading.intents)
    if "reaction" in intents:
        return
    if reading.flags:
        raise_strangers_flag(arrival, reading.flags, with_text="opt_out" not in intents)
    if "opt_out" in intents:
        _stop(arrival, reading.flags)
    elif not reading.flags and not sounds_automatic(arrival.said, reading):
        _answer(arrival, intents if reading.is_help_keyword else intents - {"help"})


def _stop(arrival: Arrival, flags: frozenset[str]) -> None:
    message = arrival.message
    was_stopped = is_opted_out(arrival.session, message.phone_hash)
    stop_texts(
        arrival.session,
        arrival.practice.id,
        message.phone_hash,
        ConsentSource.TEXT,
        arrival.now,
        message.id,
        message.body,
    )
    if UNSAFE in flags or ((was_stopped or arrival.is_confirmed_by_provider) and not flags):
        return
    _owe(arrival, "stopped_urgent" if flags else "stopped", str(message.id))


def _answer(arrival: Arrival, intents: set[str]) -> None:
    session, message = arrival.session, arrival.message
    user = find_by_phone(session, arrival.practice.id, message.phone_hash)
    wants_texts = "opt_in" in intents and is_opted_out(session, message.phone_hash)
    key = _answer_to(user, intents, wants_texts)
    if wants_texts:
        start_texts(session, arrival.practice.id, message.phone_hash, arrival.now, message.id, message.body)
    if key in ONE_A_DAY and _was_answered(arrival):
        return
    _owe(arrival, key, f"{arrival.now:%Y%m%d}" if key in ONE_A_DAY else str(message.id))


def _answer_to(user: User | None, intents: set[str], wants_texts: bool) -> str:
    """A stranger's START is honoured, but there are no texts we could promise them."""
    if "help" in intents:
        return "help"
    if user is None:
        return "unknown_phone"
    return "restarted" if wants_texts else "alert_no_reading"


def _was_answered(arrival: Arrival) -> bool:
    """Within a day, also where the calendar has turned since."""
    answers = (
        select(Reminder.id)
        .join(Message, Message.id == Reminder.message_id)
        .where(
            Message.phone_hash == arrival.message.phone_hash,
            Message.at > arrival.now - A_DAY,
            Message.practice_id == arrival.practice.id,
            Reminder.text_key.in_(TOLD_ENOUGH),
        )
    )
    return arrival.session.scalar(answers.limit(1)) is not None


def _owe(arrival: Arrival, text_key: str, once: str) -> None:
    owe(
        arrival.session,
        arrival.practice.id,
        ReminderKind.ANSWER,
        text_key,
        arrival.now,
        dedupe_key=f"stranger:{arrival.message.phone_hash[:16]}:{text_key}:{once}",
        to_phone=arrival.message.phone,
        in_reply_to_id=arrival.message.id,
    )
