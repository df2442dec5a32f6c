"""The rows that planning stores and the preview only shows: each slot and each check that comes due."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from care.drafts import UNDO_WITHIN
from care.followups import checks_between
from care.models import (
    Assignment,
    Client,
    ClientStatus,
    FollowUp,
    FollowUpKind,
    ReminderKind,
    ReminderStatus,
    Visit,
    VisitStatus,
)
from care.occurrences import LONGEST_OPEN
from care.plans import is_running_on, schedule_of
from care.recurrence import Slot, slots_between
from care.thresholds import Thresholds, thresholds_of
from care.wire import ORDINARY_PRIORITY, lane_of
from reminders.contact import Window, next_opening, window_of
from reminders.spreading import spread

KINDS = {
    FollowUpKind.PAIN_QUESTION: (ReminderKind.PAIN_QUESTION, "pain_now"),
    FollowUpKind.MESSAGE: (ReminderKind.MESSAGE, "message"),
    FollowUpKind.VISIT_REMINDER: (ReminderKind.VISIT, "visit"),
}


class _Hours(NamedTuple):
    """When a client may be texted, on their own clock."""

    window: Window
    zone: ZoneInfo


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
