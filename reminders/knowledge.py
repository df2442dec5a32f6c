"""All that must be known of a batch of reminders before they are judged, with one statement a kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, and_, or_, select, union_all
from sqlalchemy.orm import Session

from care.consent import consenting_clients, opted_out
from care.fixed import is_one_of
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    Exercise,
    FollowUp,
    FollowUpStatus,
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
from care.private_phones import private_phones
from care.recurrence import instant_of, today_in
from care.rounds import Round, Sided
from reminders import contact
from reminders.alerting import facts_of
from reminders.answered import answers_of_the_hour
from reminders.batch_rows import AnyClient, AnyReminder, Recipient
from reminders.given import is_among, table_of
from reminders.second_try import answered_before
from reminders.wording import contact_values

CLIENTS = table_of(Client)
CLIENT_COLUMNS = tuple(CLIENTS.c[name] for name in Recipient.__slots__)
# What `minutes_for` adds up: a text says how long, never which exercise.
ROUND_COLUMNS: tuple[Any, ...] = (
    Assignment.sets,
    Assignment.reps,
    Assignment.hold_seconds,
    Assignment.duration_seconds,
    Assignment.side,
)
# Whatever went out: a text may fail on its way after it was sent.
WENT_OUT = (ReminderStatus.SENT, ReminderStatus.FAILED)
MAY_ARRIVE = (ReminderStatus.SENDING, ReminderStatus.UNSURE)
WAITS = (ReminderStatus.PLANNED, ReminderStatus.SENDING)
UNANSWERED = (OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN)


@dataclass
class Knowledge:
    """What is asked of a reminder, by client, practice, phone or reminder."""

    clients: Mapping[int, AnyClient]
    practices: dict[int, Practice]
    senders: Mapping[int, Sender]
    consenting: set[int]
    opted_out: set[str]
    sent_today: dict[int, int]
    answers: dict[str, int]
    awaiting_enrolment: set[int]
    assignments: Mapping[int, Sequence[Assignment | Round]]
    unanswered: set[int]
    ran_out: set[int]
    visits: dict[int, Visit]
    alerts: dict[int, contact.AlertFacts]
    private: set[str]
    answered_before: set[int] = field(default_factory=set)
    called_off: set[int] = field(default_factory=set)
    told_stop: dict[int, datetime] = field(default_factory=dict)
    told_link: set[int] = field(default_factory=set)
    _contact: dict[tuple[int, str], Mapping[str, object]] = field(default_factory=dict)

    def contact_of(self, practice: Practice, language: str) -> Mapping[str, object]:
        """What any text of this practice may name, put together once a batch."""
        found = self._contact.get((practice.id, language))
        if found is None:
            found = self._contact[practice.id, language] = contact_values(practice, language)
        return found

    def count(self, reminders: Sequence[AnyReminder]) -> None:
        """What is about to go out counts for what comes after it in the same batch."""
        first = reminders[0]
        if first.kind is ReminderKind.ANSWER and (phone := _phone_of(first, self.clients)):
            self.answers[phone] = self.answers.get(phone, 0) + 1
        elif first.client_id is not None and any(_is_counted(one) for one in reminders):
            self.sent_today[first.client_id] = self.sent_today.get(first.client_id, 0) + 1


def _is_counted(reminder: AnyReminder) -> bool:
    """Against the daily cap. A second try is counted already, as the first."""
    return reminder.kind not in contact.IN_ANSWER and not reminder.dedupe_key.startswith(contact.SECOND_TRY)


def learn(
    session: Session,
    claimed: Sequence[AnyReminder],
    book: PhoneBook,
    now: datetime,
    senders: Iterable[Sender] = (),
) -> Knowledge:
    client_ids = sorted({one.client_id for one in claimed if one.client_id is not None})
    practice_ids = {one.practice_id for one in claimed}
    clients = recipients(session, client_ids)
    hashes = {client.phone_hash for client in clients if client.phone_hash}
    hashes |= {book.hash(one.to_phone) for one in claimed if one.to_phone}
    assignments, unanswered, ran_out = _assignments(session, claimed, now)
    recent = lately(session, clients, now)
    visit_ids = [one.visit_id for one in claimed if one.visit_id is not None]
    visits = session.scalars(select(Visit).where(Visit.id.in_(visit_ids))).all() if visit_ids else ()
    return Knowledge(
        clients={client.id: client for client in clients},
        practices={id: session.get_one(Practice, id) for id in practice_ids},
        senders={sender.practice_id: sender for sender in senders},
        consenting=consenting_clients(session, client_ids),
        opted_out=opted_out(session, hashes),
        sent_today=recent.sent_today,
        answers=answers_of_the_hour(session, _answered_phones(claimed, clients), book, now),
        awaiting_enrolment=recent.awaiting_enrolment,
        assignments=assignments,
        unanswered=unanswered,
        ran_out=ran_out,
        visits={visit.id: visit for visit in visits},
        alerts=facts_of(session, claimed, now),
        private=private_phones(session, practice_ids),
        answered_before=answered_before(session, claimed),
        called_off=_called_off(session, claimed),
    )


def _called_off(session: Session, claimed: Sequence[AnyReminder]) -> set[int]:
    """The follow-ups that were cancelled while their text was claimed: what is planned is taken back."""
    ids = {one.follow_up_id for one in claimed if one.follow_up_id is not None}
    if not ids:
        return set()
    cancelled = FollowUp.status == FollowUpStatus.CANCELLED
    return set(session.scalars(select(FollowUp.id).where(FollowUp.id.in_(ids), cancelled)))


def recipients(session: Session, ids: Sequence[int]) -> list[Recipient]:
    """These clients as texting knows them, without those that are gone."""
    rows = session.execute(select(*CLIENT_COLUMNS).where(is_among(session, CLIENTS.c.id, ids)))
    return [Recipient(*row) for row in rows]


def _midnights(clients: Sequence[Recipient], now: datetime) -> dict[int, datetime]:
    """When each client's day began. None for a zone nobody knows: that client's texts are parked, which
    must not stop the others.
    """
    began = {zone: _midnight(zone, now) for zone in {client.timezone for client in clients}}
    return {client.id: at for client in clients if (at := began[client.timezone]) is not None}


def _midnight(zone: str, now: datetime) -> datetime | None:
    try:
        return instant_of(today_in(zone, now), time(0), ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return None


@dataclass
class Lately:
    """How many texts we started since each client's own midnight; one on its way or in doubt counts too.
    And whose first text has not gone out yet, though it may be in this very batch.
    """

    sent_today: dict[int, int] = field(default_factory=dict)
    awaiting_enrolment: set[int] = field(default_factory=set)


def lately(session: Session, clients: Sequence[Recipient], now: datetime) -> Lately:
    of_clients = is_among(session, Reminder.client_id, [client.id for client in clients])
    rows = session.execute(texts_since(of_clients, earliest_midnight(clients, now)))
    return lately_among(rows, clients, now)


def earliest_midnight(clients: Sequence[Recipient], now: datetime) -> datetime:
    """Since when texts may count as of today for one of them."""
    return min(_midnights(clients, now).values(), default=now)


def lately_among(rows: Iterable[Sequence[Any]], clients: Sequence[Recipient], now: datetime) -> Lately:
    """What these rows of `texts_since` come to; one that comes twice counts once."""
    found = Lately()
    texts: set[tuple[int, int]] = set()
    midnights = _midnights(clients, now)
    for client_id, kind, status, message_id, at in rows:
        if kind is ReminderKind.ENROL and status in WAITS:
            found.awaiting_enrolment.add(client_id)
        if message_id is not None and at is not None and at >= midnights.get(client_id, now):
            texts.add((client_id, message_id))
    for client_id, _ in texts:
        found.sent_today[client_id] = found.sent_today.get(client_id, 0) + 1
    return found


def texts_since(
    of_clients: ColumnElement[bool], since: datetime | BindParameter[datetime]
) -> CompoundSelect[int | None, ReminderKind, ReminderStatus, int | None, datetime | None]:
    """Two selects, so that each finds its part of the index of clients and statuses."""
    is_counted = Reminder.dedupe_key.not_like(f"{contact.SECOND_TRY}%")
    what = (Reminder.client_id, Reminder.kind, Reminder.status, Reminder.message_id)
    went_out = select(*what, Reminder.sent_at.label("at")).where(
        of_clients,
        ~is_one_of(Reminder.kind, contact.IN_ANSWER),
        is_one_of(Reminder.status, WENT_OUT),
        Reminder.sent_at >= since,
        is_counted,
    )
    on_its_way = select(*what, Reminder.claimed_at.label("at")).where(
        of_clients,
        ~is_one_of(Reminder.kind, contact.IN_ANSWER),
        is_one_of(Reminder.status, (ReminderStatus.PLANNED, *MAY_ARRIVE)),
        or_(Reminder.kind == ReminderKind.ENROL, and_(Reminder.message_id.is_not(None), is_counted)),
    )
    return union_all(went_out, on_its_way)


def _answered_phones(claimed: Sequence[AnyReminder], clients: Sequence[Recipient]) -> set[str]:
    by_id = {client.id: client for client in clients}
    phones = (_phone_of(one, by_id) for one in claimed if one.kind is ReminderKind.ANSWER)
    return {phone for phone in phones if phone is not None}


def _phone_of(reminder: AnyReminder, clients: Mapping[int, AnyClient]) -> str | None:
    client = clients.get(reminder.client_id or 0)
    return reminder.to_phone or (client.phone if client else None)


def _assignments(
    session: Session, claimed: Sequence[AnyReminder], now: datetime
) -> tuple[dict[int, list[Round]], set[int], set[int]]:
    """The exercises each reminder still reminds of; which reminders have an occurrence open at all, since
    what was taken out of the plan after it was due is not wanted any more, though nobody answered it;
    and which have one that closed before its text could go out, swept yet or not.
    """
    ids = [one.id for one in claimed if one.kind is ReminderKind.EXERCISE]
    if not ids:
        return {}, set(), set()
    rows = session.execute(
        select(
            Occurrence.reminder_id,
            Occurrence.status,
            Occurrence.closes_at,
            Assignment.status,
            Exercise.laterality,
            *ROUND_COLUMNS,
        )
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .join(Exercise, Exercise.id == Assignment.exercise_id)
        .where(is_among(session, Occurrence.reminder_id, ids), Occurrence.status.in_(UNANSWERED))
    )
    found: dict[int, list[Round]] = {}
    unanswered: set[int] = set()
    ran_out: set[int] = set()
    for reminder_id, answered, closes_at, status, laterality, *dose in rows:
        assert reminder_id is not None
        if answered is OccurrenceStatus.UNKNOWN or closes_at <= now:
            ran_out.add(reminder_id)
            continue
        unanswered.add(reminder_id)
        if status is AssignmentStatus.ACTIVE:
            found.setdefault(reminder_id, []).append(Round(Sided(laterality), *dose))
    return found, unanswered, ran_out
