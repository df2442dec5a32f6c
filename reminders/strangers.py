"""A phone we do not know: STOP is honoured, danger gets the safety text, else one answer a day."""

from datetime import datetime

from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import AttentionKind, ConsentSource, Message, Practice, ReminderKind
from reminders.incoming import is_bare_keyword, read_message
from reminders.opting import stop_texts
from reminders.outbox import owe
from reminders.safety import safety_text


def act_for_nobody(
    session: Session,
    practice: Practice,
    message: Message,
    opt_out_type: str | None,
    now: datetime,
    provider_confirms: bool,
) -> None:
    """A phone we do not know: STOP is honoured, danger gets the safety text, else one answer a day."""
    reading = read_message(message, "none", practice.language, opt_out_type)
    if "reaction" in reading.intents:
        return
    if "opt_out" in reading.intents:
        stop_texts(session, practice.id, message.phone_hash, ConsentSource.TEXT, now, message.id)
        if not (provider_confirms and is_bare_keyword(message.body)):
            _owe_stranger(session, practice, message, ReminderKind.ANSWER, "stopped", now, str(message.id))
        return
    if reading.flags:
        raise_item(
            session,
            practice.id,
            AttentionKind.RED_FLAG,
            f"red_flag:phone:{message.phone_hash[:16]}",
            now,
            message_id=message.id,
            details={"groups": sorted(reading.flags)},
        )
        key = safety_text(reading.flags)
        if key is not None:
            _owe_stranger(session, practice, message, ReminderKind.SAFETY, key, now, f"{now:%Y%m%d%H}")
    else:
        key = "help" if "help" in reading.intents else "unknown_phone"
        _owe_stranger(session, practice, message, ReminderKind.ANSWER, key, now, f"{now:%Y%m%d}")


def _owe_stranger(
    session: Session,
    practice: Practice,
    message: Message,
    kind: ReminderKind,
    text_key: str,
    now: datetime,
    once: str,
) -> None:
    owe(
        session,
        practice.id,
        kind,
        text_key,
        now,
        dedupe_key=f"stranger:{message.phone_hash[:16]}:{text_key}:{once}",
        to_phone=message.phone,
        in_reply_to=message,
    )
