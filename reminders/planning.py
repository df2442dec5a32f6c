"""Turning active assignments and open follow-ups into occurrences and reminders for the next days.

The scheduler calls `plan_ahead` every minute; the preview shows the same `planned_rows` without storing them.

Doing it twice changes nothing: a slot and a reminder are each unique by what they are for. What was
taken back by a change, and is wanted again, is revived; what went out stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select, true, update
from sqlalchemy.orm import Session, joinedload

from care.followups import has_ended
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Occurrence,
    OccurrenceStatus,
    Reminder,
    ReminderStatus,
    Visit,
)
from care.recurrence import Slot
from care.upsert import insert_into
from reminders.calls import JUST_NOW, put_aside_if_broken, raise_calls
from reminders.missing_keys import follow_ups_that_open, opens
from reminders.planned_rows import exercise_reminders, follow_up_reminders, slot_key, slots_of
from reminders.timelines import Timeline

AHEAD = timedelta(hours=48)
# Planned a little further than asked, so that each assignment is looked at twice a day, not every minute.
SLACK = timedelta(hours=12)
CLIENTS_AT_ONCE = 200
# SQLite takes 32,766 values in one statement.
KEYS_AT_ONCE = 5_000


@dataclass
class Planned:
    """How many rows were looked at, and laid out anew."""

    looked_at: int = 0
    occurrences: int = 0
    reminders: int = 0

    def add(self, other: "Planned") -> None:
        self.looked_at += other.looked_at
        self.occurrences += other.occurrences
        self.reminders += other.reminders


def plan_ahead(session: Session, timeline: Timeline) -> Planned:
    """Lay out the next 48 hours of these practices, however long that takes."""
    total = Planned()
    while (done := plan_some(session, timeline)).looked_at:
        total.add(done)
    return total


def plan_some(session: Session, timeline: Timeline, *, leave_shut: bool = False) -> Planned:
    """The next 48 hours of some clients; none is looked at once all is laid out.

    `leave_shut` leaves those for later that this process cannot open; else they raise KeyMissing.
    """
    done = Planned()
    if not _plan_assignments(session, timeline, done, leave_shut=leave_shut) and not _plan_follow_ups(
        session, timeline, done, leave_shut=leave_shut
    ):
        raise_calls(session, timeline, leave_shut=leave_shut)
    return done


def _hold(session: Session, with_work: Select[int], *, leave_shut: bool) -> Sequence[int]:
    """Clients with something to lay out whose plan nobody is changing at this moment: their rows are
    ours until we commit (`care.withdrawal` locks the same ones). The others' turn is the next tick.
    """
    clients = select(Client.id).where(Client.id.in_(with_work)).order_by(Client.id).limit(CLIENTS_AT_ONCE)
    if leave_shut:
        clients = clients.where(opens(session, Client))
    return session.scalars(clients.with_for_update(key_share=True, skip_locked=True)).all()


def _plan_assignments(session: Session, timeline: Timeline, total: Planned, *, leave_shut: bool) -> bool:
    """One batch. False when there was none."""
    to_plan = (
        Assignment.status == AssignmentStatus.ACTIVE,
        or_(Assignment.planned_until.is_(None), Assignment.planned_until < timeline.now + AHEAD),
        timeline.covers(Assignment.practice_id),
        opens(session, Assignment) if leave_shut else true(),
    )
    held = _hold(session, select(Assignment.client_id).where(*to_plan), leave_shut=leave_shut)
    if not held:
        return False
    batch = session.execute(
        select(Assignment, Client)
        .join(Client, Client.id == Assignment.client_id)
        .where(*to_plan, Client.id.in_(held))
        .options(joinedload(Client.practice))
        .order_by(Assignment.client_id, Assignment.id)
    ).all()
    until = timeline.now + AHEAD + SLACK
    slots = []
    for assignment, client in batch:
        since = assignment.planned_until or timeline.now
        with put_aside_if_broken(session, client, timeline.now):
            slots += [(assignment, client, *found) for found in slots_of(assignment, client, since, until)]
    reminder_ids = _owe_reminders(session, exercise_reminders(slots, timeline.now))
    rows = [
        _occurrence(assignment, client, slot, closes_at, reminder_ids)
        for assignment, client, slot, closes_at in slots
    ]
    _lay_out(session, rows)
    ids = [assignment.id for assignment, _ in batch]
    session.execute(update(Assignment).where(Assignment.id.in_(ids)).values(planned_until=until))
    session.expire_all()
    total.looked_at += len(batch)
    total.occurrences += len(rows)
    total.reminders += len(reminder_ids)
    return True


def _owe_reminders(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Insert those that are new, revive those taken back; returns the id of each key."""
    if not rows:
        return {}
    insert = insert_into(session, Reminder)
    fresh = {name: insert.excluded[name] for name in ("due_at", "send_at", "expires_at", "body", "visit_id")}
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["practice_id", "dedupe_key"],
            set_={**fresh, "status": ReminderStatus.PLANNED, "reason": None},
            where=Reminder.status == ReminderStatus.CANCELLED,
        ),
        list(rows),
    )
    practices = {row["practice_id"] for row in rows}
    ids: dict[str, int] = {}
    for start in range(0, len(rows), KEYS_AT_ONCE):
        keys = [row["dedupe_key"] for row in rows[start : start + KEYS_AT_ONCE]]
        found = session.execute(
            select(Reminder.dedupe_key, Reminder.id).where(
                Reminder.practice_id.in_(practices), Reminder.dedupe_key.in_(keys)
            )
        )
        ids.update(found.all())
    return ids


def _occurrence(
    assignment: Assignment,
    client: Client,
    slot: Slot,
    closes_at: datetime,
    reminder_ids: dict[str, int],
) -> dict[str, Any]:
    is_reminded = assignment.is_reminded and client.phone is not None
    return {
        "practice_id": assignment.practice_id,
        "client_id": assignment.client_id,
        "assignment_id": assignment.id,
        "slot_on": slot.on,
        "slot_time": slot.at,
        "due_at": slot.due_at,
        "closes_at": closes_at,
        "status": OccurrenceStatus.OPEN,
        "is_on_paper": client.phone is None,
        "reminder_id": reminder_ids.get(slot_key(client, slot)) if is_reminded else None,
    }


def _lay_out(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    insert = insert_into(session, Occurrence)
    names = ("due_at", "closes_at", "status", "is_on_paper", "reminder_id")
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["assignment_id", "slot_on", "slot_time"],
            set_={name: insert.excluded[name] for name in names},
            where=Occurrence.status == OccurrenceStatus.CANCELLED,
        ),
        list(rows),
    )


def _plan_follow_ups(session: Session, timeline: Timeline, total: Planned, *, leave_shut: bool) -> bool:
    """One batch. False when there was none."""
    until = timeline.now + AHEAD
    to_plan = (
        follow_ups_that_open(session) if leave_shut else true(),
        FollowUp.status == FollowUpStatus.OPEN,
        FollowUp.kind != FollowUpKind.CALL_TASK,
        or_(FollowUp.planned_until.is_(None), FollowUp.planned_until < until),
        timeline.covers(FollowUp.practice_id),
    )
    held = _hold(session, select(FollowUp.client_id).where(*to_plan), leave_shut=leave_shut)
    if not held:
        return False
    batch = session.execute(
        select(FollowUp, Client, Visit)
        .join(Client, Client.id == FollowUp.client_id)
        .outerjoin(Visit, Visit.id == FollowUp.visit_id)
        .where(*to_plan, Client.id.in_(held))
        .options(joinedload(Client.practice))
        .order_by(FollowUp.id)
    ).all()
    rows: list[dict[str, Any]] = []
    for follow_up, client, visit in batch:
        visit_at = visit.starts_at if visit else None
        since = follow_up.planned_until or follow_up.created_at - JUST_NOW
        with put_aside_if_broken(session, client, timeline.now):
            rows += follow_up_reminders(follow_up, client, visit, timeline.now, since, until + SLACK)
            if has_ended(follow_up, visit_at, ZoneInfo(client.timezone), timeline.now):
                follow_up.status = FollowUpStatus.DONE
        follow_up.planned_until = until + SLACK
    total.reminders += len(_owe_reminders(session, rows))
    total.looked_at += len(batch)
    session.flush()
    return True
