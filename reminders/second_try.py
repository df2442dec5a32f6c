"""A phone that was off or out of reach gets its text once more, later within the time it is useful.

Which errors are worth it: Twilio's dictionary, 30003 (unreachable handset) and 30008 (unknown), for which
one later attempt is the advice; all others would fail again or do harm.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from care.models import (
    Message,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.upsert import insert_into
from reminders.batch_rows import AnyReminder
from reminders.contact import SECOND_TRY, SHORTEST_VALIDITY

# The handset is off or without signal: once is no news, twice in a row is.
OUT_OF_REACH = 30003
NO_REASON = 30008
WORTH_A_SECOND_TRY = frozenset({OUT_OF_REACH, NO_REASON})
LATER = timedelta(minutes=30)
# What is owed to nobody but this phone and this hour. An answer comes minutes after they wrote, danger and
# alerts are before a person at once.
TRIED_TWICE = frozenset(
    {
        ReminderKind.ENROL,
        ReminderKind.EXERCISE,
        ReminderKind.PAIN_QUESTION,
        ReminderKind.MESSAGE,
        ReminderKind.VISIT,
        ReminderKind.NUDGE,
    }
)
# What the second try takes over from the first; the rest begins anew.
SAME = (
    "practice_id",
    "client_id",
    "to_phone",
    "user_id",
    "kind",
    "text_key",
    "params",
    "body",
    "follow_up_id",
    "visit_id",
    "in_reply_to_id",
    "lane",
    "priority",
    "due_at",
    "expires_at",
)


def owe_once_more(session: Session, message: Message, code: int | None, now: datetime) -> bool:
    """Whether the texts of a message that never arrived are owed once more, half an hour from now.

    Not when the error says that it is no use, when it was the second try already, or when it would come
    too late. The rules of contact are asked again then; against the daily cap both tries are one text.
    """
    if code not in WORTH_A_SECOND_TRY:
        return False
    at = now + LATER
    first = session.scalars(
        select(Reminder).where(
            Reminder.message_id == message.id,
            Reminder.status == ReminderStatus.SENT,
            Reminder.kind.in_(TRIED_TWICE),
            Reminder.expires_at >= at + SHORTEST_VALIDITY,
            Reminder.dedupe_key.not_like(f"{SECOND_TRY}%"),
        )
    ).all()
    for one in first:
        _owe(session, one, message.id, at, now)
    return bool(first)


def _owe(session: Session, first: Reminder, message_id: int, at: datetime, now: datetime) -> None:
    """The occurrences go along: whether they were asked for at all is told by the second try."""
    row = {name: getattr(first, name) for name in SAME} | {
        "dedupe_key": f"{SECOND_TRY}{message_id}:{first.id}",
        "send_at": at,
        "status": ReminderStatus.PLANNED,
        "attempts": 0,
        "created_at": now,
    }
    owed = insert_into(session, Reminder).values(row).on_conflict_do_nothing()
    id = session.scalar(owed.returning(Reminder.id))
    if id is None:
        return
    session.execute(
        update(Occurrence)
        .where(Occurrence.reminder_id == first.id, Occurrence.status == OccurrenceStatus.OPEN)
        .values(reminder_id=id)
    )


def is_of_the_same_text(session: Session, message: Message) -> ColumnElement[bool]:
    """Of other messages: the first try of this one, or its second."""
    keys = session.scalars(select(Reminder.dedupe_key).where(Reminder.message_id == message.id))
    second = exists().where(
        Reminder.message_id == Message.id,
        Reminder.dedupe_key.like(f"{SECOND_TRY}{message.id}:%"),
    )
    return Message.id.in_(_firsts(keys)) | second


def answered_before(session: Session, claimed: Sequence[AnyReminder]) -> set[int]:
    """Of these reminders the second tries whose first was answered after all: the report was wrong."""
    first_of = {one.id: first for one in claimed for first in _firsts([one.dedupe_key])}
    if not first_of:
        return set()
    answered = set(
        session.scalars(
            select(Question.message_id).where(
                Question.message_id.in_(set(first_of.values())), Question.status == QuestionStatus.ANSWERED
            )
        )
    )
    return {id for id, first in first_of.items() if first in answered}


def _firsts(keys: Iterable[str]) -> list[int]:
    return [int(key.split(":")[1]) for key in keys if key.startswith(SECOND_TRY)]
