"""What one client is owed in the days ahead: stored reminders, and what planning will lay out, unstored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, joinedload

from care.fixed import is_one_of
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    Exercise,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Visit,
)
from care.recurrence import today_in
from care.rounds import Round, Sided, round_of
from reminders.batch_rows import Due
from reminders.calls import JUST_NOW
from reminders.claiming import MERGED_KINDS, TOGETHER, turn_of
from reminders.contact import IN_ANSWER
from reminders.given import is_named, named
from reminders.knowledge import ROUND_COLUMNS, UNANSWERED
from reminders.planned_rows import exercise_reminders, follow_up_reminders, slot_key, slots_of

WITHOUT_A_PLAN = 5
OF_NO_PLAN = (ReminderKind.ENROL, ReminderKind.MESSAGE, ReminderKind.NUDGE)
WAITING = (ReminderStatus.PLANNED,)
# The number is named by a text that may be claimed together with the first of those it counts.
ABOUT_TO_GO = (ReminderStatus.PLANNED, ReminderStatus.SENDING)
TAKEN_BACK = (ReminderStatus.PLANNED, ReminderStatus.CANCELLED)
CLIENT: BindParameter[int] = bindparam("client", type_=Integer)
UNSTORED_FROM = 2_000_000_000
OF_A_REMINDER = frozenset(Due.__slots__)
REMINDER: tuple[Any, ...] = tuple(getattr(Reminder, name) for name in Due.__slots__)
# What only storing gives a reminder.
NOT_STORED: dict[str, Any] = {
    "id": 0, "user_id": None, "to_phone": None, "in_reply_to_id": None, "reason": None,
}  # fmt: skip


@dataclass
class Owed:
    """A reminder that belongs to no session, so that nothing done to it is stored.

    `exercises` are those it reminds of, each with the instant from which nobody waits for it any more.
    Of what is stored it also says whether an occurrence is open at all, whether one closed before its
    text could go out, and the visit it is about.
    """

    reminder: Due
    exercises: list[tuple[Round, datetime]] = field(default_factory=list)
    is_unanswered: bool = False
    ran_out: bool = False
    visit: Visit | None = None


@dataclass(frozen=True)
class HomeCare:
    """What planning lays out for a client: active exercises, and open follow-ups with their visits."""

    assignments: Sequence[Assignment]
    follow_ups: Sequence[tuple[FollowUp, Visit | None]]


def home_care(session: Session, client: Client) -> HomeCare:
    assignments = session.scalars(_active_of(), {"client": client.id}).all()
    return HomeCare(assignments, open_follow_ups(session, client))


@cache
def _active_of() -> Select[Assignment]:
    return (
        select(Assignment)
        .where(Assignment.client_id == CLIENT, Assignment.status == AssignmentStatus.ACTIVE)
        .options(joinedload(Assignment.exercise))
    )


def open_follow_ups(session: Session, client: Client) -> list[tuple[FollowUp, Visit | None]]:
    """In the order they were added, each with the visit it belongs to."""
    rows = session.execute(_follow_ups_of(), {"client": client.id})
    return [(follow_up, visit) for follow_up, visit in rows]


@cache
def _follow_ups_of() -> Select[FollowUp, Visit]:
    return (
        select(FollowUp, Visit)
        .outerjoin(Visit, Visit.id == FollowUp.visit_id)
        .where(FollowUp.client_id == CLIENT, FollowUp.status == FollowUpStatus.OPEN)
        .order_by(FollowUp.id)
    )


def agenda(
    session: Session,
    client: Client,
    now: datetime,
    until: datetime,
    waiting: Sequence[ReminderStatus] = WAITING,
    care: HomeCare | None = None,
) -> list[Owed]:
    """In the order of sending. Reminders that only planning will store have ids of no stored one."""
    care = care or home_care(session, client)
    coming = [*_exercises(care, client, now, until), *_follow_ups(care, client, now, until)]
    stored, settled = _stored(session, client, waiting, [one.reminder.dedupe_key for one in coming], now)
    for one in coming:
        key = one.reminder.dedupe_key
        if key in stored:
            stored[key].exercises += one.exercises
        elif key not in settled:
            stored[key] = one
    for number, one in enumerate(coming):
        one.reminder.id = UNSTORED_FROM + number
    owed = [one for one in stored.values() if one.reminder.send_at < until]
    return sorted(owed, key=lambda one: (one.reminder.send_at, turn_of(one.reminder)))


def texts_a_week(session: Session, client: Client, now: datetime) -> int:
    """How many texts of their plan the next seven days hold; a usual number while there is no plan."""
    practice = session.get_one(Practice, client.practice_id)
    until = now + timedelta(days=7)
    owed = [
        one.reminder
        for one in agenda(session, client, now, until, ABOUT_TO_GO)
        if one.reminder.kind not in OF_NO_PLAN and now <= one.reminder.send_at
    ]
    a_day: dict[object, int] = {}
    for text in together(owed):
        day = today_in(client.timezone, text[0].send_at)
        a_day[day] = min(a_day.get(day, 0) + 1, practice.daily_cap)
    return sum(a_day.values()) or WITHOUT_A_PLAN


def together(reminders: Sequence[Due]) -> list[list[Due]]:
    """Exercise reminders and pain questions within a quarter of an hour are one text."""
    groups: list[list[Due]] = []
    open_group: list[Due] | None = None
    for one in reminders:
        if one.kind not in MERGED_KINDS:
            groups.append([one])
        elif open_group and one.send_at <= open_group[0].send_at + TOGETHER:
            open_group.append(one)
        else:
            open_group = [one]
            groups.append(open_group)
    return groups


def _stored(
    session: Session, client: Client, waiting: Sequence[ReminderStatus], keys: Sequence[str], now: datetime
) -> tuple[dict[str, Owed], set[str]]:
    """What is written down and has not gone out, answers to the client's own messages left aside; and which
    of these keys went out already, or never will. What was taken back is laid out again.
    """
    dialect = session.get_bind().dialect.name
    asked = {"client": client.id, "practice": client.practice_id, "keys": named(dialect, keys)}
    rows = session.execute(_reminders_of(tuple(waiting), dialect), asked)
    stored: dict[str, Owed] = {}
    settled: set[str] = set()
    for status, key, visit, answer, closes_at, *rest in rows:
        if status in waiting:
            if key not in stored:
                stored[key] = Owed(Due(*rest[: len(REMINDER)]), visit=visit)
            if answer is not None:
                _add_round(stored[key], answer, closes_at, rest[len(REMINDER) :], now)
        elif status not in TAKEN_BACK:
            settled.add(key)
    return stored, settled


@cache
def _reminders_of(waiting: tuple[ReminderStatus, ...], dialect: str) -> Select[Any]:
    """Built once: that takes longer than asking."""
    practice: BindParameter[int] = bindparam("practice", type_=Integer)
    return (
        select(
            *(Reminder.status, Reminder.dedupe_key, Visit, Occurrence.status, Occurrence.closes_at),
            *(*REMINDER, Assignment.status, Exercise.laterality, *ROUND_COLUMNS),
        )
        .outerjoin(Visit, Visit.id == Reminder.visit_id)
        .outerjoin(
            Occurrence, and_(Occurrence.reminder_id == Reminder.id, is_one_of(Occurrence.status, UNANSWERED))
        )
        .outerjoin(Assignment, Assignment.id == Occurrence.assignment_id)
        .outerjoin(Exercise, Exercise.id == Assignment.exercise_id)
        .where(
            ~is_one_of(Reminder.kind, IN_ANSWER),
            # Each half has an index of its own: a client's past is not read for it.
            or_(
                and_(Reminder.client_id == CLIENT, is_one_of(Reminder.status, waiting)),
                and_(
                    Reminder.practice_id == practice,
                    is_named(dialect, Reminder.dedupe_key, "keys"),
                ),
            ),
        )
    )


def _add_round(
    owed: Owed, answer: OccurrenceStatus, closes_at: datetime, once: Sequence[Any], now: datetime
) -> None:
    """As in `knowledge`: swept or not, what closed ran out."""
    status, laterality, *dose = once
    if answer is OccurrenceStatus.UNKNOWN or closes_at <= now:
        owed.ran_out = True
    else:
        owed.is_unanswered = True
    if answer is OccurrenceStatus.OPEN and status is AssignmentStatus.ACTIVE:
        owed.exercises.append((Round(Sided(laterality), *dose), closes_at))


def copy_of(reminder: Reminder) -> Due:
    """One that belongs to no session."""
    return Due(**{name: getattr(reminder, name) for name in Due.__slots__})


def _unstored(row: dict[str, Any]) -> Due:
    return Due(**NOT_STORED, **{name: value for name, value in row.items() if name in OF_A_REMINDER})


def _exercises(care: HomeCare, client: Client, now: datetime, until: datetime) -> Iterator[Owed]:
    slots = []
    by_slot: dict[str, list[tuple[Round, datetime]]] = {}
    for assignment in care.assignments:
        if not assignment.is_reminded:
            continue
        once = round_of(assignment)
        for slot, closes_at in slots_of(assignment, client, assignment.planned_until or now, until):
            slots.append((assignment, client, slot, closes_at))
            by_slot.setdefault(slot_key(client, slot), []).append((once, closes_at))
    for row in exercise_reminders(slots, now):
        yield Owed(_unstored(row), by_slot[row["dedupe_key"]])


def _follow_ups(care: HomeCare, client: Client, now: datetime, until: datetime) -> Iterable[Owed]:
    """A call is a person's to make: nothing is texted."""
    for follow_up, visit in care.follow_ups:
        if follow_up.kind is FollowUpKind.CALL_TASK:
            continue
        since = follow_up.planned_until or follow_up.created_at - JUST_NOW
        for row in follow_up_reminders(follow_up, client, visit, now, since, until):
            yield Owed(_unstored(row), visit=visit)
