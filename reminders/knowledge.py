"""All that must be known of a batch of reminders before they are judged, with one statement a kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload, load_only

from care.consent import consenting_clients, opted_out
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    Exercise,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Sender,
    Visit,
)
from care.phones import PhoneBook
from care.recurrence import instant_of, today_in
from reminders import contact

# What `minutes_for` adds up: a text says how long, never which exercise.
ASKED_OF_ASSIGNMENTS = (
    Assignment.status,
    Assignment.sets,
    Assignment.reps,
    Assignment.hold_seconds,
    Assignment.duration_seconds,
    Assignment.side,
)


@dataclass
class Knowledge:
    """What is asked of a reminder, by client, practice, phone or reminder."""

    clients: dict[int, Client]
    practices: dict[int, Practice]
    senders: dict[int, Sender]
    consenting: set[int]
    opted_out: set[str]
    sent_today: dict[int, int]
    answers: dict[int, int]
    awaiting_enrolment: set[int]
    assignments: dict[int, list[Assignment]]
    unanswered: set[int]
    visits: dict[int, Visit]

    def count(self, reminders: Sequence[Reminder]) -> None:
        """What is about to go out counts for what comes after it in the same batch."""
        client_id, kind = reminders[0].client_id, reminders[0].kind
        counter = self.answers if kind is ReminderKind.ANSWER else self.sent_today
        if client_id is not None and kind is not ReminderKind.SAFETY:
            counter[client_id] = counter.get(client_id, 0) + 1


def learn(session: Session, claimed: Sequence[Reminder], book: PhoneBook, now: datetime) -> Knowledge:
    client_ids = sorted({one.client_id for one in claimed if one.client_id is not None})
    practice_ids = sorted({one.practice_id for one in claimed})
    # First, so that the clients find theirs in the session: no join that reads it again for each.
    practices = session.scalars(select(Practice).where(Practice.id.in_(practice_ids))).all()
    found = session.scalars(
        select(Client).where(Client.id.in_(client_ids)).options(lazyload(Client.practice))
    ).all()
    senders = session.scalars(select(Sender).where(Sender.practice_id.in_(practice_ids)))
    hashes = {client.phone_hash for client in found if client.phone_hash}
    hashes |= {book.hash(one.to_phone) for one in claimed if one.to_phone}
    assignments, unanswered = _assignments(session, claimed)
    awaiting, answers = _enrolments_and_answers(session, client_ids, now)
    visit_ids = [one.visit_id for one in claimed if one.visit_id is not None]
    visits = session.scalars(select(Visit).where(Visit.id.in_(visit_ids))).all() if visit_ids else ()
    return Knowledge(
        clients={client.id: client for client in found},
        practices={practice.id: practice for practice in practices},
        senders={sender.practice_id: sender for sender in senders},
        consenting=consenting_clients(session, client_ids),
        opted_out=opted_out(session, hashes),
        sent_today=_sent_today(session, found, now),
        answers=answers,
        awaiting_enrolment=awaiting,
        assignments=assignments,
        unanswered=unanswered,
        visits={visit.id: visit for visit in visits},
    )


def _sent_today(session: Session, clients: Sequence[Client], now: datetime) -> dict[int, int]:
    """Texts we started since each client's own midnight. One on its way or in doubt counts too."""
    midnights = {client.id: midnight for client in clients if (midnight := _midnight(client, now))}
    if not midnights:
        return {}
    first = min(midnights.values())
    may_arrive = Reminder.status.in_([ReminderStatus.SENDING, ReminderStatus.UNSURE])
    rows = session.execute(
        select(
            Reminder.client_id, Reminder.message_id, func.coalesce(Reminder.sent_at, Reminder.claimed_at)
        ).where(
            Reminder.client_id.in_(midnights),
            Reminder.kind.not_in(contact.IN_ANSWER),
            Reminder.message_id.is_not(None),
            or_(Reminder.sent_at >= first, and_(may_arrive, Reminder.claimed_at >= first)),
        )
    )
    texts: dict[int, set[int | None]] = {}
    for client_id, message_id, at in rows:
        if client_id is not None and at >= midnights[client_id]:
            texts.setdefault(client_id, set()).add(message_id)
    return {client_id: len(messages) for client_id, messages in texts.items()}


def _midnight(client: Client, now: datetime) -> datetime | None:
    """None for a zone nobody knows: that client's texts are parked, which must not stop the others."""
    try:
        return instant_of(today_in(client.timezone, now), time(0), ZoneInfo(client.timezone))
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _enrolments_and_answers(
    session: Session, client_ids: Sequence[int], now: datetime
) -> tuple[set[int], dict[int, int]]:
    """Whose first text has not gone out yet, though it may be in this very batch; and how often each
    client was answered within the hour.
    """
    waits = Reminder.status.in_([ReminderStatus.PLANNED, ReminderStatus.SENDING])
    rows = session.execute(
        select(Reminder.client_id, Reminder.kind, func.count())
        .where(
            Reminder.client_id.in_(client_ids),
            or_(
                and_(Reminder.kind == ReminderKind.ENROL, waits),
                and_(Reminder.kind == ReminderKind.ANSWER, Reminder.sent_at > now - timedelta(hours=1)),
            ),
        )
        .group_by(Reminder.client_id, Reminder.kind)
    )
    awaiting: set[int] = set()
    answers: dict[int, int] = {}
    for client_id, kind, count in rows:
        assert client_id is not None
        if kind is ReminderKind.ENROL:
            awaiting.add(client_id)
        else:
            answers[client_id] = count
    return awaiting, answers


def _assignments(
    session: Session, claimed: Sequence[Reminder]
) -> tuple[dict[int, list[Assignment]], set[int]]:
    """The exercises each reminder still reminds of, and which reminders have an occurrence open at all:
    what was taken out of the plan after it was due is not wanted any more, though nobody answered it.
    """
    ids = [one.id for one in claimed if one.kind is ReminderKind.EXERCISE]
    if not ids:
        return {}, set()
    rows = session.execute(
        select(Occurrence.reminder_id, Assignment)
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .where(Occurrence.reminder_id.in_(ids), Occurrence.status == OccurrenceStatus.OPEN)
        .options(
            load_only(*ASKED_OF_ASSIGNMENTS), joinedload(Assignment.exercise).load_only(Exercise.laterality)
        )
    )
    found: dict[int, list[Assignment]] = {}
    unanswered: set[int] = set()
    for reminder_id, assignment in rows:
        assert reminder_id is not None
        unanswered.add(reminder_id)
        if assignment.status is AssignmentStatus.ACTIVE:
            found.setdefault(reminder_id, []).append(assignment)
    return found, unanswered
