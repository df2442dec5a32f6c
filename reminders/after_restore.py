"""After a restore: nothing that the time since the backup may have brought a client goes out again.

The rows say what was owed when the backup was made, not what has gone out since. So everything a client
was owed until now is dropped, with its reason; what is due later goes out as ever. Answers that came
meanwhile, a STOP before all, are fetched from the provider. Where it cannot be asked, all texts wait for
a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Sessions
from care.models import Message, Practice, Reminder, ReminderKind, ReminderStatus
from care.practices import set_texting_paused
from reminders.dispatch import Dispatcher
from reminders.gateway import ProviderMessage
from reminders.planning import plan_ahead
from reminders.timelines import Timeline, timelines

RESTORED = "restored"


@dataclass(frozen=True)
class AfterRestore:
    """How many texts were dropped and how many answers fetched, and whether all texts are paused."""

    dropped: int
    answers_fetched: int
    is_paused: bool


def settle_restored(sessions: Sessions, dispatcher: Dispatcher, now: datetime) -> AfterRestore:
    """To be called before anything else runs on a restored database. Calling it again changes nothing."""
    can_ask = dispatcher.inquirer.can_ask()
    fetched = dispatcher.inquirer.catch_up(now) if can_ask else 0
    with sessions() as session:
        moments = timelines(session, now)
        answered = _answered_since(session, dispatcher) if can_ask else set()
    dropped = 0
    for moment in moments:
        with sessions.begin() as session:
            plan_ahead(session, moment)
            dropped += _drop_owed(session, moment, answered)
    if not can_ask:
        with sessions.begin() as session:
            for practice in session.scalars(select(Practice).where(Practice.is_sample.is_(False))):
                set_texting_paused(session, practice, True)
    return AfterRestore(dropped, fetched, is_paused=not can_ask)


def _answered_since(session: Session, dispatcher: Dispatcher) -> set[int]:
    """Safety texts owed to a phone that was texted after what the client wrote: they have it already."""
    waiting = session.execute(
        select(Reminder.id, Message.phone, Message.at)
        .join(Message, Message.id == Reminder.in_reply_to_id)
        .where(Reminder.status == ReminderStatus.PLANNED, Reminder.kind == ReminderKind.SAFETY)
    ).all()
    return {id for id, phone, at in waiting if _was_texted(dispatcher.inquirer.listed(phone), at)}


def _was_texted(listed: Sequence[ProviderMessage] | None, since: datetime) -> bool:
    return any(
        one.direction.startswith("outbound") and one.created_at is not None and one.created_at >= since
        for one in listed or ()
    )


def _drop_owed(session: Session, moment: Timeline, answered: set[int]) -> int:
    """Alerts to staff stay, and a safety text that nothing followed: better to hear late than never."""
    owed = select(Reminder).where(
        moment.covers(Reminder.practice_id),
        Reminder.status == ReminderStatus.PLANNED,
        Reminder.due_at <= moment.now,
        Reminder.kind != ReminderKind.ALERT,
    )
    dropped = 0
    for reminder in session.scalars(owed):
        if reminder.kind is not ReminderKind.SAFETY or reminder.id in answered:
            reminder.status, reminder.reason = ReminderStatus.SKIPPED, RESTORED
            dropped += 1
    return dropped
