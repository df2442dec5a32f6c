"""The times an exercise is due: answering them, and closing those nobody answered as unknown."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.models import AnswerSource, Client, Occurrence, OccurrenceStatus, Reminder, Reply
from care.recurrence import instant_of, today_in, zone_of

LONGEST_OPEN = timedelta(hours=24)


def answer(
    session: Session,
    occurrences: Sequence[Occurrence],
    status: OccurrenceStatus,
    at: datetime,
    source: AnswerSource,
    reply: Reply | int | None = None,
) -> None:
    """Write down what the client said of these, and where. The message that said it is kept with them."""
    for occurrence in occurrences:
        occurrence.status = status
        occurrence.answered_at = at
        occurrence.source = source
        occurrence.reply_id = reply.id if isinstance(reply, Reply) else reply
    session.flush()


def unanswer(occurrence: Occurrence, now: datetime) -> None:
    """As if nothing had been said of it: open while it can still be answered, else unknown."""
    occurrence.status = OccurrenceStatus.OPEN if occurrence.closes_at > now else OccurrenceStatus.UNKNOWN
    occurrence.answered_at = occurrence.reply_id = occurrence.source = None


def of_message(session: Session, message_id: int) -> list[Occurrence]:
    """The occurrences one text reminded of that can still be answered: open, or closed as unknown."""
    return list(
        session.scalars(
            select(Occurrence)
            .join(Reminder, Reminder.id == Occurrence.reminder_id)
            .where(
                Reminder.message_id == message_id,
                Occurrence.status.in_([OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN]),
            )
            .order_by(Occurrence.due_at)
        )
    )


def due_today(session: Session, client: Client, now: datetime) -> list[Occurrence]:
    """What was due so far on the client's day and has no answer yet."""
    midnight = instant_of(today_in(client.timezone, now), time(0), zone_of(client.timezone))
    return list(
        session.scalars(
            select(Occurrence)
            .where(
                Occurrence.client_id == client.id,
                Occurrence.status == OccurrenceStatus.OPEN,
                Occurrence.due_at >= midnight,
                Occurrence.due_at <= now,
            )
            .order_by(Occurrence.due_at)
        )
    )


def answered_last(session: Session, client: Client, since: datetime) -> list[Occurrence]:
    """What the client answered last, all that was answered in the same moment; nothing before `since`."""
    answered = (
        select(Occurrence)
        .where(
            Occurrence.client_id == client.id,
            Occurrence.answered_at > since,
            Occurrence.status.in_(
                [OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED]
            ),
        )
        .order_by(Occurrence.answered_at.desc(), Occurrence.due_at)
    )
    found = list(session.scalars(answered))
    return [one for one in found if one.answered_at == found[0].answered_at]


def close_unanswered(session: Session, now: datetime, practice_ids: Sequence[int]) -> int:
    """Close as unknown what nobody answered in time. Unknown is not missed. Returns how many."""
    closed = session.execute(
        update(Occurrence)
        .where(
            Occurrence.status == OccurrenceStatus.OPEN,
            Occurrence.closes_at <= now,
            # "+ 0" keeps SQLite from walking through all a practice ever had instead of what is open.
            (Occurrence.practice_id + 0).in_(practice_ids),
        )
        .values(status=OccurrenceStatus.UNKNOWN)
        .execution_options(synchronize_session=False)
    )
    return int(closed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
