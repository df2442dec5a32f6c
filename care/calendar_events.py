"""A client's plan as events of a calendar: when exercises are due, as rules with their exceptions. No words.

One event for each schedule and clock time, whatever number of exercises share it. Its times are those that
planning lays out (`reminders.planned_rows.slots_of`): not before the plan was given, not on days of a pause,
and where the clocks skip a time, at the first instant after the gap.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.models import Assignment, AssignmentStatus, Client, ClientStatus
from care.plans import is_running_on, schedule_of
from care.recurrence import A_DAY, Schedule, instant_of, today_in
from care.rounds import minutes_for

# How far ahead the clock changes are looked up; a calendar asks again long before.
LOOK_AHEAD = timedelta(days=2 * 366)


@dataclass(frozen=True)
class CalendarEvent:
    """`days_off` are due by the rule and left out; `moved` are days whose time the clocks skip, with the
    instant in its place where a calendar would not find it.

    Neither `weekdays` nor `every_days` means every day.
    """

    uid: str
    first_day: date
    last_day: date | None
    at: time
    weekdays: tuple[int, ...]
    every_days: int | None
    days_off: tuple[date, ...]
    moved: tuple[tuple[date, datetime], ...]
    minutes: int


@dataclass(frozen=True)
class _Rule:
    """What assignments of one event have in common."""

    at: time
    first_day: date
    last_day: date | None
    weekdays: frozenset[int] | None
    every_days: int | None
    paused: tuple[tuple[date, date | None], ...]


def calendar_events(session: Session, client: Client, now: datetime) -> list[CalendarEvent]:
    """Of the running exercises. None while exercises are held, as none are planned then."""
    if client.texts_held_at is not None or client.status is ClientStatus.DISCHARGED:
        return []
    given = session.scalars(
        select(Assignment)
        .where(Assignment.client_id == client.id, Assignment.status == AssignmentStatus.ACTIVE)
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.id)
    )
    rules: dict[_Rule, list[Assignment]] = defaultdict(list)
    for assignment in given:
        for rule in _rules(assignment, client):
            rules[rule].append(assignment)
    until = today_in(client.timezone, now) + LOOK_AHEAD
    return [_event(rule, members, client, until) for rule, members in rules.items()]


def _rules(assignment: Assignment, client: Client) -> Iterator[_Rule]:
    schedule, zone = schedule_of(assignment), ZoneInfo(client.timezone)
    spans = ((assignment.paused_from, assignment.paused_until), (client.paused_from, client.paused_until))
    pauses = [(since, until) for since, until in spans if since is not None]
    endless = [since for since, until in pauses if until is None]
    lasts = [day - A_DAY for day in endless] + ([schedule.ends_on] if schedule.ends_on else [])
    last = min(lasts, default=None)
    paused = tuple((since, until) for since, until in pauses if until is not None)
    for at in schedule.times:
        first = _first_day(schedule, at, assignment, client, zone, last)
        if first is not None:
            yield _Rule(at, first, last, schedule.weekdays, schedule.every_days, paused)


def _first_day(
    schedule: Schedule, at: time, assignment: Assignment, client: Client, zone: ZoneInfo, last: date | None
) -> date | None:
    """The first day it is truly due; None where there is none."""
    day = max(schedule.starts_on, assignment.created_at.astimezone(zone).date() - A_DAY)
    pauses = [one for one in (assignment.paused_until, client.paused_until) if one is not None]
    latest = max([day, *pauses]) + timedelta(days=32)
    while day <= (latest if last is None else min(latest, last)):
        runs = is_running_on(assignment, day) and not client.is_paused_on(day)
        if schedule.is_due_on(day) and runs and instant_of(day, at, zone) >= assignment.created_at:
            return day
        day += A_DAY
    return None


def _event(rule: _Rule, members: Sequence[Assignment], client: Client, until: date) -> CalendarEvent:
    zone = ZoneInfo(client.timezone)
    schedule = Schedule((rule.at,), rule.first_day, rule.last_day, rule.weekdays, rule.every_days)
    off, moved = [], []
    for day in _due_days(schedule, until if rule.last_day is None else min(until, rule.last_day)):
        if any(since <= day and (end is None or day <= end) for since, end in rule.paused):
            off.append(day)
            continue
        instant = instant_of(day, rule.at, zone)
        # RFC 5545 reads a time that is skipped by the clock of before the gap, which may be ours already.
        if datetime.combine(day, rule.at, zone).astimezone(UTC) != instant:
            moved.append((day, instant.astimezone(UTC)))
    return CalendarEvent(
        uid=str(uuid5(NAMESPACE_OID, f"{client.token}/{members[0].id}/{rule.at:%H:%M}")),
        first_day=rule.first_day,
        last_day=rule.last_day,
        at=rule.at,
        weekdays=tuple(sorted(rule.weekdays or ())),
        every_days=rule.every_days,
        days_off=tuple(off),
        moved=tuple(moved),
        minutes=minutes_for(members),
    )


def _due_days(schedule: Schedule, until: date) -> Iterator[date]:
    day = schedule.starts_on
    while day <= until:
        if schedule.is_due_on(day):
            yield day
        day += A_DAY
