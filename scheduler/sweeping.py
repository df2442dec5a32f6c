"""Tidying up behind the engine: what nobody answered, and what nobody knows the end of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import AttentionItem, AttentionKind, Practice, Reminder, ReminderStatus
from care.occurrences import close_unanswered
from reminders.questions import expire_questions
from reminders.timelines import Timeline

# Longer than the slowest batch may take (500 texts, 32 at once, 13 seconds each): what is still
# `sending` then was interrupted.
IN_FLIGHT = timedelta(minutes=5)


@dataclass
class Swept:
    """How many rows were closed or put before a person."""

    occurrences: int = 0
    questions: int = 0
    unsure: int = 0


def sweep(session: Session, timeline: Timeline) -> Swept:
    """Close what ran out by this moment, and show a person every text whose fate is unknown."""
    practices = session.scalars(select(Practice.id).where(timeline.covers(Practice.id))).all()
    return Swept(
        occurrences=close_unanswered(session, timeline.now, practices),
        questions=expire_questions(session, timeline.now, practices),
        unsure=_show_unsure(session, timeline.now, practices),
    )


def _show_unsure(session: Session, now: datetime, practices: Sequence[int]) -> int:
    """A text may or may not have arrived: it is never sent again by itself.

    Once a text: what a person has closed is not put before them again.
    """
    was_shown = exists().where(
        AttentionItem.reminder_id == Reminder.id, AttentionItem.kind == AttentionKind.UNSURE_TEXT
    )
    doubtful = session.scalars(
        select(Reminder)
        .where(
            Reminder.status.in_([ReminderStatus.SENDING, ReminderStatus.UNSURE]),
            Reminder.claimed_at < now - IN_FLIGHT,
            Reminder.practice_id.in_(practices),
            ~was_shown,
        )
        .with_for_update(skip_locked=True)
    ).all()
    for reminder in doubtful:
        if reminder.status is ReminderStatus.SENDING:
            reminder.status, reminder.reason = ReminderStatus.UNSURE, "interrupted"
        raise_item(
            session,
            reminder.practice_id,
            AttentionKind.UNSURE_TEXT,
            f"unsure:{reminder.id}",
            now,
            client_id=reminder.client_id,
            reminder_id=reminder.id,
            message_id=reminder.message_id,
            details={"reason": reminder.reason},
        )
    return len(doubtful)
