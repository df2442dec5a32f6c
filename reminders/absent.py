"""Texts the provider surely never had, as far as its list tells. Their messages stay, so that a callback
which comes after all finds what would otherwise go out a second time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from care.models import DeliveryEvent, Message, Question, Reminder, ReminderStatus
from care.wire import ABSENT

# Of a question: since when it is asked, and until when a bare number and any answer count.
MOMENTS = ("asked_at", "bare_until", "closes_at")


def keep_absent(session: Session, message: Message, reminders: Sequence[Reminder], now: datetime) -> None:
    """Remember what the message was to settle and to ask. By key and not by id: the record may move to
    another database.
    """
    message.status = ABSENT
    keys = {one.id: one.dedupe_key for one in reminders}
    session.add(
        DeliveryEvent(
            message_id=message.id,
            provider_sid=f"{ABSENT}:{message.reference}",
            status=ABSENT,
            received_at=now,
            details={"reminders": list(keys.values()), "question": _close_question(session, message, keys)},
        )
    )
    session.flush()


def _close_question(session: Session, message: Message, keys: Mapping[int, str]) -> dict[str, str] | None:
    """Nobody was asked anything; but as it stood it can be asked again."""
    question = session.scalar(select(Question).where(Question.message_id == message.id))
    if question is None:
        return None
    kept = {name: getattr(question, name).isoformat() for name in MOMENTS}
    session.delete(question)
    return {"reminder": keys.get(question.reminder_id or 0, ""), "context": question.context, **kept}


def take_back(session: Session, message: Message) -> None:
    """It was not absent after all: whatever of it has not gone out anew is settled by this one, and its
    question stands open as if nothing had been. So is what was taken back meanwhile: planning revives that.
    """
    details = session.scalar(
        select(DeliveryEvent.details).where(
            DeliveryEvent.message_id == message.id, DeliveryEvent.status == ABSENT
        )
    )
    keys = details.get("reminders", []) if details else []
    waits = or_(
        Reminder.status.in_((ReminderStatus.PLANNED, ReminderStatus.CANCELLED)),
        and_(Reminder.status == ReminderStatus.SKIPPED, Reminder.reason == "stale"),
    )
    settled = session.execute(
        update(Reminder)
        .where(Reminder.practice_id == message.practice_id, Reminder.dedupe_key.in_(keys), waits)
        .values(status=ReminderStatus.SENT, sent_at=message.at, reason=None, message_id=message.id)
        .returning(Reminder.dedupe_key, Reminder.id)
    )
    ids = dict(settled.all())
    question = details.get("question") if details else None
    if question and question["reminder"] in ids:
        _ask_again(session, message, question, ids[question["reminder"]])


def _ask_again(session: Session, message: Message, question: Mapping[str, str], reminder_id: int) -> None:
    session.add(
        Question(
            practice_id=message.practice_id,
            client_id=message.client_id,
            reminder_id=reminder_id,
            message_id=message.id,
            context=question["context"],
            **{name: datetime.fromisoformat(question[name]) for name in MOMENTS},
        )
    )
    session.flush()
