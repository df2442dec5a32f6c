"""Moving a sample practice's clock through every moment at which something is due, with the real engine."""

from collections.abc import Collection
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.db import Sessions
from care.models import Practice, Reminder, ReminderStatus
from care.wire import lane_of
from reminders.dispatch import Dispatcher
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from scheduler.sweeping import sweep

LONGEST_STEP = timedelta(hours=12)


def move_clocks(
    sessions: Sessions, dispatcher: Dispatcher, now: datetime, lanes: Collection[int] | None = None
) -> int:
    """Bring every sample practice that was asked to move to its goal. Returns how many moved.

    Somebody who asks the dispatcher to stop does not wait for that: the goal stays, for whoever is next.
    """
    with sessions() as session:
        waiting = [id for id in asked_to_move(session) if lanes is None or lane_of(id) in lanes]
    for practice_id in waiting:
        live(sessions, dispatcher, _here(sessions, practice_id, now))
        while not dispatcher.is_stopping:
            if step(sessions, dispatcher, practice_id, now):
                break
    return len(waiting)


def asked_to_move(session: Session) -> list[int]:
    """The sample practices whose clock has a goal ahead."""
    asked = select(Practice.id).where(Practice.is_sample, Practice.clock_goal_at.is_not(None))
    return list(session.scalars(asked))


def _here(sessions: Sessions, practice_id: int, now: datetime) -> Timeline:
    """What is due before the clock moves goes out before it moves, and what is new is planned first."""
    with sessions() as session:
        practice = session.get_one(Practice, practice_id)
        return Timeline(now + timedelta(seconds=practice.clock_offset_seconds), practice_id=practice_id)


def step(sessions: Sessions, dispatcher: Dispatcher, practice_id: int, now: datetime) -> bool:
    """Move to the next moment something is due, and do what is due then. True at the goal."""
    with sessions.begin() as session:
        practice = session.get_one(Practice, practice_id)
        here = now + timedelta(seconds=practice.clock_offset_seconds)
        goal = practice.clock_goal_at or here
        there = max(here, min(goal, _next_due(session, practice_id, here), here + LONGEST_STEP))
        practice.clock_offset_seconds = ceil((there - now).total_seconds())
        is_there = there >= goal
        if is_there:
            practice.clock_goal_at = None
    live(sessions, dispatcher, Timeline(there, practice_id=practice_id))
    return is_there


def live(sessions: Sessions, dispatcher: Dispatcher, moment: Timeline) -> None:
    """Plan, send and sweep at this moment."""
    with sessions.begin() as session:
        plan_ahead(session, moment)
    while dispatcher.drain_batch(moment).claimed:
        pass
    with sessions.begin() as session:
        sweep(session, moment)


def _next_due(session: Session, practice_id: int, after: datetime) -> datetime:
    """When the next text is due; far away when none is planned yet."""
    soonest = session.scalar(
        select(func.min(Reminder.send_at)).where(
            Reminder.practice_id == practice_id,
            Reminder.status == ReminderStatus.PLANNED,
            Reminder.send_at > after,
        )
    )
    return soonest or after + LONGEST_STEP
