"""What a client will get in the days ahead, by the same planning and wording as the real thing, unsent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from care.consent import has_texting_consent
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
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
from care.plans import minutes_for
from care.recurrence import Slot
from reminders.claiming import MERGED_KINDS, TOGETHER
from reminders.contact import IN_ANSWER, Facts, Go, judge
from reminders.planning import exercise_reminders, follow_up_reminders, slot_key, slots_of
from reminders.segments import Parts, count_parts
from reminders.wording import client_text, visit_values

WITHOUT_A_PLAN = 5
WRITTEN_ALREADY = (ReminderKind.ENROL, ReminderKind.MESSAGE, ReminderKind.NUDGE)
JUDGED = ("kind", "text_key", "due_at", "expires_at")


@dataclass(frozen=True)
class PlannedText:
    """One text to come: the instant, the client's wall clock, what it says, and how many parts it takes.

    `why` names what it is for: the slot, or the follow-up and its day.
    """

    at: datetime
    local: datetime
    kind: ReminderKind
    body: str
    parts: Parts
    text_key: str
    why: tuple[str, ...]


@dataclass
class _Due:
    row: dict[str, Any]
    assignments: list[Assignment]
    visit: Visit | None = None


def upcoming(session: Session, client: Client, now: datetime, days: int = 30) -> list[PlannedText]:
    """Every text this client would get in the next days if nothing changes, soonest first.

    The daily cap is not applied: it depends on what else will be said by then.
    """
    practice = session.get_one(Practice, client.practice_id)
    weekly = texts_a_week(session, client, now)
    groups = _groups(session, client, practice, now, now + timedelta(days=days))
    return [_text(together, client, practice, weekly) for together in groups]


def texts_a_week(session: Session, client: Client, now: datetime) -> int:
    """How many texts of their plan the next seven days hold; a usual number while there is no plan."""
    practice = session.get_one(Practice, client.practice_id)
    coming = _groups(session, client, practice, now, now + timedelta(days=7))
    return sum(together[0].row["kind"] not in WRITTEN_ALREADY for together in coming) or WITHOUT_A_PLAN


def first_reminder(client: Client, practice: Practice, assignments: Sequence[Assignment]) -> str:
    """The very words of an exercise reminder for these exercises (stored or only drafted)."""
    return client_text("reminder", client, practice, min=minutes_for(assignments))


def _groups(
    session: Session, client: Client, practice: Practice, now: datetime, until: datetime
) -> list[list[_Due]]:
    """What will go out, text by text, by the rules that sending asks."""
    due = [*_exercises(session, client, now, until), *_follow_ups(session, client, now, until)]
    due = [*_not_settled(session, client, due), *_waiting(session, client, now)]
    due = [one for one in due if now <= one.row["send_at"] < until]
    due.sort(key=lambda one: (one.row["send_at"], one.row["dedupe_key"]))
    facts = Facts(
        practice=practice,
        client=client,
        has_consent=has_texting_consent(session, client),
        is_opted_out=False,
        sent_today=0,
        answered_this_hour=0,
        is_real_gateway=False,
    )
    return _together([one for one in due if _may_go(one, facts)])


def _may_go(due: _Due, facts: Facts) -> bool:
    row = {name: value for name, value in due.row.items() if name in JUDGED}
    return isinstance(judge(Reminder(**row), facts, due.row["send_at"]), Go)


def _not_settled(session: Session, client: Client, due: Sequence[_Due]) -> Iterable[_Due]:
    """Without those that went out already, or never will; a postponed one at its later time."""
    keys = [one.row["dedupe_key"] for one in due]
    stored = session.execute(
        select(Reminder.dedupe_key, Reminder.status, Reminder.send_at).where(
            Reminder.practice_id == client.practice_id, Reminder.dedupe_key.in_(keys)
        )
    )
    rows = {key: (status, send_at) for key, status, send_at in stored}
    for one in due:
        status, send_at = rows.get(one.row["dedupe_key"], (ReminderStatus.CANCELLED, None))
        if status is ReminderStatus.PLANNED:
            one.row["send_at"] = send_at
        if status in (ReminderStatus.PLANNED, ReminderStatus.CANCELLED):
            yield one


def _exercises(session: Session, client: Client, now: datetime, until: datetime) -> list[_Due]:
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.client_id == client.id, Assignment.status == AssignmentStatus.ACTIVE)
        .options(joinedload(Assignment.exercise))
    ).all()
    slots: list[tuple[Assignment, Client, Slot, datetime]] = [
        (assignment, client, slot, closes_at)
        for assignment in assignments
        for slot, closes_at in slots_of(assignment, client, now, until)
    ]
    by_slot: dict[str, list[Assignment]] = {}
    for assignment, _, slot, _ in slots:
        if assignment.is_reminded:
            by_slot.setdefault(slot_key(client, slot), []).append(assignment)
    return [_Due(row, by_slot[row["dedupe_key"]]) for row in exercise_reminders(slots, now)]


def _follow_ups(session: Session, client: Client, now: datetime, until: datetime) -> Iterable[_Due]:
    rows = session.execute(
        select(FollowUp, Visit)
        .outerjoin(Visit, Visit.id == FollowUp.visit_id)
        .where(
            FollowUp.client_id == client.id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind != FollowUpKind.CALL_TASK,
        )
    ).all()
    for follow_up, visit in rows:
        for row in follow_up_reminders(follow_up, client, visit, now, now, until):
            yield _Due(row, [], visit)


def _waiting(session: Session, client: Client, now: datetime) -> list[_Due]:
    """Texts written down that no plan from now on would lay out again: the first one, those a person
    wrote, and what was due earlier and waits for the window or for the provider.
    """
    waiting = session.execute(
        select(Reminder, Visit)
        .outerjoin(Visit, Visit.id == Reminder.visit_id)
        .where(
            Reminder.client_id == client.id,
            Reminder.status == ReminderStatus.PLANNED,
            Reminder.kind.not_in(IN_ANSWER),
            or_(
                Reminder.due_at < now,
                and_(Reminder.kind.in_(WRITTEN_ALREADY), Reminder.follow_up_id.is_(None)),
            ),
        )
    ).all()
    names = ("kind", "text_key", "dedupe_key", "body", "params", "due_at", "expires_at")
    found = []
    for one, visit in waiting:
        row = {name: getattr(one, name) for name in names} | {"send_at": max(one.send_at, now)}
        assignments = _open_assignments(session, one) if one.kind is ReminderKind.EXERCISE else []
        if assignments or one.kind is not ReminderKind.EXERCISE:
            found.append(_Due(row, assignments, visit))
    return found


def _open_assignments(session: Session, reminder: Reminder) -> list[Assignment]:
    return list(
        session.scalars(
            select(Assignment)
            .join(Occurrence, Occurrence.assignment_id == Assignment.id)
            .where(
                Occurrence.reminder_id == reminder.id,
                Occurrence.status == OccurrenceStatus.OPEN,
                Assignment.status == AssignmentStatus.ACTIVE,
            )
            .options(joinedload(Assignment.exercise))
        )
    )


def _together(due: Sequence[_Due]) -> list[list[_Due]]:
    """Exercise reminders and pain questions within a quarter of an hour are one text."""
    groups: list[list[_Due]] = []
    open_group: list[_Due] | None = None
    for one in due:
        if one.row["kind"] not in MERGED_KINDS:
            groups.append([one])
        elif open_group and one.row["send_at"] <= open_group[0].row["send_at"] + TOGETHER:
            open_group.append(one)
        else:
            open_group = [one]
            groups.append(open_group)
    return groups


def _text(together: Sequence[_Due], client: Client, practice: Practice, weekly: int) -> PlannedText:
    first = together[0].row
    kinds = {one.row["kind"] for one in together}
    kind, text_key = first["kind"], first["text_key"]
    values: dict[str, object] = dict(first.get("params") or {})
    if ReminderKind.EXERCISE in kinds:
        kind = ReminderKind.EXERCISE
        text_key = "reminder_pain" if ReminderKind.PAIN_QUESTION in kinds else "reminder"
        values["min"] = minutes_for([a for one in together for a in one.assignments])
    elif kind is ReminderKind.VISIT and together[0].visit is not None:
        values |= visit_values(together[0].visit.starts_at, client)
    if first["body"]:
        values["body"] = first["body"]
    values.setdefault("weekly", weekly)
    body = client_text(text_key, client, practice, **values)
    local = first["send_at"].astimezone(ZoneInfo(client.timezone))
    why = tuple(one.row["dedupe_key"] for one in together)
    return PlannedText(first["send_at"], local, kind, body, count_parts(body), text_key, why)
