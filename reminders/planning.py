"""Turning active assignments and open follow-ups into occurrences and reminders for the next days.

The scheduler calls `plan_ahead` every minute; the preview lays out the same rows without storing them.

Doing it twice changes nothing: a slot and a reminder are each unique by what they are for. What was
taken back by a change, and is wanted again, is revived; what went out stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select, true, update
from sqlalchemy.orm import Session, joinedload

from care.drafts import UNDO_WITHIN
from care.followups import checks_between, has_ended
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    ClientStatus,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Occurrence,
    OccurrenceStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Visit,
    VisitStatus,
)
from care.occurrences import LONGEST_OPEN
from care.plans import is_running_on, schedule_of
from care.recurrence import Slot, slots_between
from care.thresholds import Thresholds, thresholds_of
from care.upsert import insert_into
from care.wire import ORDINARY_PRIORITY, lane_of
from reminders.calls import JUST_NOW, put_aside_if_broken, raise_calls
from reminders.contact import Window, next_opening, window_of
from reminders.missing_keys import follow_ups_that_open, opens
from reminders.spreading import spread
from reminders.timelines import Timeline

AHEAD = timedelta(hours=48)
# Planned a little further than asked, so that each assignment is looked at twice a day, not every minute.
SLACK = timedelta(hours=12)
CLIENTS_AT_ONCE = 200
# SQLite takes 32,766 values in one statement.
KEYS_AT_ONCE = 5_000

KINDS = {
    FollowUpKind.PAIN_QUESTION: (ReminderKind.PAIN_QUESTION, "pain_now"),
    FollowUpKind.MESSAGE: (ReminderKind.MESSAGE, "message"),
    FollowUpKind.VISIT_REMINDER: (ReminderKind.VISIT, "visit"),
}


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


class _Hours(NamedTuple):
    """When a client may be texted, on their own clock."""

    window: Window
    zone: ZoneInfo


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


def slots_of(
    assignment: Assignment, client: Client, since: datetime, until: datetime
) -> Iterator[tuple[Slot, datetime]]:
    """Each slot with the instant it closes: a day later, or when the next is due."""
    if client.status is ClientStatus.DISCHARGED or client.texts_held_at is not None:
        return
    zone = ZoneInfo(client.timezone)
    found = list(slots_between(schedule_of(assignment), zone, since, until + LONGEST_OPEN))
    ends = [later.due_at for _, later in pairwise(found)]
    for position, slot in enumerate(found):
        if slot.due_at >= until:
            break
        if not is_running_on(assignment, slot.on) or client.is_paused_on(slot.on):
            continue
        closes_at = slot.due_at + LONGEST_OPEN
        if position < len(ends) and ends[position] > slot.due_at:
            closes_at = min(closes_at, ends[position])
        yield slot, closes_at


def slot_key(client: Client, slot: Slot) -> str:
    return f"exercise:{client.id}:{_wall_clock(slot.on, slot.at)}"


@lru_cache(maxsize=4_096)
def _wall_clock(on: date, at: time) -> str:
    """Kept, since the clients and exercises of a practice share their days and hours."""
    return f"{on.isoformat()}T{at.isoformat('minutes')}"


def wall_of(key: str) -> datetime | None:
    """The wall clock that such a key names; None for any other key."""
    what, _, rest = key.partition(":")
    try:
        return datetime.fromisoformat(rest.partition(":")[2]) if what == "exercise" else None
    except ValueError:
        return None


def exercise_reminders(
    slots: Sequence[tuple[Assignment, Client, Slot, datetime]], now: datetime
) -> list[dict[str, Any]]:
    """One reminder for all a client's exercises of one slot."""
    rows: dict[str, dict[str, Any]] = {}
    useful: dict[int, timedelta] = {}
    hours: dict[int, _Hours] = {}
    for assignment, client, slot, _ in slots:
        if not assignment.is_reminded or client.phone is None:
            continue
        key = slot_key(client, slot)
        if key in rows:
            continue
        if client.practice_id not in useful:
            limits = thresholds_of(client.practice.thresholds)
            useful[client.practice_id] = timedelta(hours=limits.exercise_stale_hours)
        if client.id not in hours:
            hours[client.id] = _hours_of(client)
        expires_at = slot.due_at + useful[client.practice_id]
        rows[key] = row = _reminder(
            client, hours[client.id], ReminderKind.EXERCISE, "reminder", key, slot.due_at, expires_at, now
        )
        row["send_at"] = max(row["send_at"], assignment.created_at + UNDO_WITHIN)
    return list(rows.values())


def _hours_of(client: Client) -> _Hours:
    return _Hours(window_of(client.practice, client), ZoneInfo(client.timezone))


def _reminder(
    client: Client,
    hours: _Hours,
    kind: ReminderKind,
    text_key: str,
    dedupe_key: str,
    due_at: datetime,
    expires_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    """A row as it is inserted. It is planned for when the window is open, if that is still useful."""
    practice_id = client.practice_id
    opening = next_opening(hours.window, hours.zone, due_at)
    return {
        "practice_id": practice_id,
        "client_id": client.id,
        "kind": kind,
        "dedupe_key": dedupe_key,
        "text_key": text_key,
        "params": {},
        "body": None,
        "follow_up_id": None,
        "visit_id": None,
        "lane": lane_of(practice_id),
        "priority": ORDINARY_PRIORITY,
        "due_at": due_at,
        "send_at": min(spread(client, kind, opening, hours.window), expires_at),
        "expires_at": expires_at,
        "status": ReminderStatus.PLANNED,
        "attempts": 0,
        "created_at": now,
    }


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


def follow_up_reminders(
    follow_up: FollowUp,
    client: Client,
    visit: Visit | None,
    now: datetime,
    since: datetime,
    until: datetime,
) -> Iterator[dict[str, Any]]:
    """A row for each time it is due from `since` on and before `until`."""
    if client.phone is None or client.status is ClientStatus.DISCHARGED:
        return
    if follow_up.kind is FollowUpKind.PAIN_QUESTION and client.texts_held_at is not None:
        return
    if follow_up.kind is FollowUpKind.VISIT_REMINDER and not _is_ahead(visit, now):
        return
    limits = thresholds_of(client.practice.thresholds)
    kind, text_key = KINDS[follow_up.kind]
    visit_at = visit.starts_at if visit else None
    hours = _hours_of(client)
    for check in checks_between(follow_up, visit_at, hours.zone, since, until):
        row = _reminder(
            client,
            hours,
            kind,
            text_key,
            f"follow_up:{follow_up.id}:{check.on:%Y-%m-%d}",
            check.due_at,
            _expires_at(follow_up, visit, check.due_at, limits),
            now,
        )
        yield row | {
            "follow_up_id": follow_up.id,
            "visit_id": follow_up.visit_id if kind is ReminderKind.VISIT else None,
            "body": follow_up.body or None,
            "params": _confirmed(follow_up),
            "send_at": max(row["send_at"], follow_up.created_at + UNDO_WITHIN),
        }


def _confirmed(follow_up: FollowUp) -> dict[str, Any]:
    """Who said that words about health may go out, for the record."""
    if not follow_up.health_words:
        return {}
    return {"health_words": follow_up.health_words, "confirmed_by": follow_up.created_by_id}


def _is_ahead(visit: Visit | None, now: datetime) -> bool:
    return visit is not None and visit.status is VisitStatus.PLANNED and visit.starts_at > now


def _expires_at(follow_up: FollowUp, visit: Visit | None, due_at: datetime, limits: Thresholds) -> datetime:
    if follow_up.kind is FollowUpKind.VISIT_REMINDER and visit is not None:
        return visit.starts_at
    return due_at + timedelta(hours=limits.question_stale_hours)
