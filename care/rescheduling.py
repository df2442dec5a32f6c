"""Moving a client's exercises to another time or other days: a new version of the plan, from the next round.

The version before keeps what the therapist chose.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import (
    Assignment,
    Client,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Plan,
    Visit,
)
from care.plan_edits import running_exercises
from care.plans import NewAssignment, as_new, current_plan, schedule_of, start_plan
from care.recurrence import A_DAY, Schedule, instant_of, today_in
from care.withdrawal import replan_client

LOOKED_AHEAD = timedelta(days=366)


def move_time(session: Session, client: Client, at: time, note: str, now: datetime) -> Sequence[time] | None:
    """All exercises due once a day, and the pain questions that come with them, at this time from now on.

    Returns the times that were left behind; None where nothing is due once a day.
    """
    plan = current_plan(session, client)
    movable = [one for one in _active(session, plan) if len(one.times) == 1]
    before = sorted({time.fromisoformat(one.times[0]) for one in movable})
    questions = _pain_questions(session, client)
    if not movable:
        before = sorted({one.at_time for one in questions})
        if len(before) != 1:
            return None
    elif plan is not None and before != [at]:

        def at_this_time(schedule: Schedule) -> Schedule:
            return replace(schedule, times=(at,))

        _start_again(session, client, plan, movable, at_this_time, note, now)
    for question in questions:
        if question.at_time in before:
            question.at_time = at
    replan_client(session, client.id, now)
    return before


def choose_days(
    session: Session, client: Client, weekdays: frozenset[int], note: str, now: datetime
) -> Sequence[Schedule] | None:
    """All exercises on these days (0 is Monday) from now on. Returns what was before; None without any."""
    plan = current_plan(session, client)
    running = _active(session, plan)
    if plan is None or not running:
        return None
    before = [schedule_of(one) for one in running]
    chosen = None if len(weekdays) == 7 else weekdays
    if any((one.weekdays, one.every_days) != (chosen, None) for one in before):
        _start_again(
            session,
            client,
            plan,
            running,
            lambda schedule: replace(schedule, weekdays=chosen, every_days=None),
            note,
            now,
        )
    replan_client(session, client.id, now)
    return before


def _active(session: Session, plan: Plan | None) -> list[Assignment]:
    return running_exercises(session, plan) if plan is not None else []


def _pain_questions(session: Session, client: Client) -> Sequence[FollowUp]:
    return session.scalars(
        select(FollowUp).where(
            FollowUp.client_id == client.id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind == FollowUpKind.PAIN_QUESTION,
        )
    ).all()


def _start_again(
    session: Session,
    client: Client,
    plan: Plan,
    changed: Sequence[Assignment],
    change: Callable[[Schedule], Schedule],
    note: str,
    now: datetime,
) -> None:
    """The next version: the same exercises in the same doses, some with another schedule."""
    running = _active(session, plan)
    wanted = [_as_new(one, client, change if one in changed else None, now) for one in running]
    visit = session.get(Visit, plan.visit_id) if plan.visit_id is not None else None
    started = start_plan(session, client, wanted, user=None, now=now, visit=visit, note=note)
    started.episode_id = plan.episode_id
    session.flush()


def _as_new(
    one: Assignment, client: Client, change: Callable[[Schedule], Schedule] | None, now: datetime
) -> NewAssignment:
    given = as_new(one)
    if change is None:
        return given
    moved = change(given.schedule)
    starts_on = _first_day(given.schedule, moved, client, now)
    # What has no day ahead any more is over, wherever its time stands.
    return replace(given, schedule=replace(moved, starts_on=starts_on)) if starts_on else given


def _first_day(schedule: Schedule, moved: Schedule, client: Client, now: datetime) -> date | None:
    """Today, unless today's round was due already: nobody does it twice for having moved it."""
    zone, today = ZoneInfo(client.timezone), today_in(client.timezone, now)
    was_due = schedule.is_due_on(today) and any(
        instant_of(today, at, zone) <= now for at in schedule.times if len(schedule.times) == 1
    )
    day = max(today + A_DAY if was_due else today, schedule.starts_on)
    last = min(schedule.ends_on or date.max, day + LOOKED_AHEAD)
    while day <= last:
        if moved.is_due_on(day):
            return day
        day += A_DAY
    return None
