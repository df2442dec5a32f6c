"""Weeks and months of ordinary days: exactly the texts that a calendar on paper would name."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Occurrence, OccurrenceStatus, Practice, Reminder, ReminderStatus
from tests.making import make_assignment, make_client, make_exercise, make_follow_up, make_practice
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, Life, dispatching

# New York changes its clocks on the 8th, London on the 29th, Lord Howe on April 5th.
BEGINS = datetime(2026, 3, 3, tzinfo=UTC)
ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Phoenix")
EXERCISES = (time(9), time(12, 30), time(17))
QUESTION = time(19, 10)
# They never answer, and nothing is to follow from that here.
NOBODY_MINDS_SILENCE = {"silence_days": 9_999, "silence_questions": 9_999, "silence_pause_days": 9_999}

Sent = tuple[str, datetime]


def calendar(session: Session, practice: Practice, number: int, days: int) -> list[Sent]:
    """Give one client something to do; returns when they should be texted, by their wall clock."""
    dice = random.Random(number)
    zone = ZoneInfo(dice.choice(ZONES))
    client = make_client(session, practice, timezone=zone.key, created_at=BEGINS)
    starts_on = BEGINS.date() + timedelta(days=dice.randrange(1, 4))
    ends_on = starts_on + timedelta(days=dice.randrange(days))
    times = dice.sample(EXERCISES, dice.randrange(1, 3))
    every = dice.choice([1, 2, 3])
    exercise = make_exercise(session, practice)
    make_assignment(
        session,
        client,
        exercise,
        times=[f"{at:%H:%M}" for at in sorted(times)],
        every_days=every,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=BEGINS,
        planned_until=BEGINS,
    )
    make_follow_up(
        session,
        client,
        due_on=starts_on,
        every_days=7,
        ends_on=ends_on,
        at_time=QUESTION,
        created_at=BEGINS,
    )
    return [
        *texts(client, zone, times, starts_on, ends_on, every),
        *texts(client, zone, [QUESTION], starts_on, ends_on, 7),
    ]


def texts(
    client: Client, zone: ZoneInfo, times: list[time], first: date, last: date, every: int
) -> list[Sent]:
    days = (first + n * DAY for n in range(0, (last - first).days + 1, every))
    return [
        (str(client.phone), datetime.combine(day, at, zone).astimezone(UTC)) for day in days for at in times
    ]


def soak(database: Database, clients: int, days: int) -> None:
    with database.sessions.begin() as session:
        practice = make_practice(session, created_at=BEGINS, thresholds=NOBODY_MINDS_SILENCE)
        wanted = [one for number in range(clients) for one in calendar(session, practice, number, days)]
        life = Life(database, practice, session.scalars(select(Client)).all()[0])
    gateway, sent, now = CountingGateway(), [], BEGINS
    with dispatching(database, gateway) as dispatcher:
        while now < BEGINS + (days + 6) * DAY:
            if now.minute == 0 and now.hour % 6 == 0:
                life.plan(now)
                life.sweep(now)
            before = len(gateway.sent)
            dispatcher.drain(lambda now=now: now)
            sent += [(out.to, now) for out in gateway.sent[before:]]
            now = next_moment(database, now)

    assert sorted(sent) == sorted(wanted)
    with database.reading() as session:
        assert set(session.scalars(select(Reminder.status))) == {ReminderStatus.SENT}
        assert set(session.scalars(select(Occurrence.status))) == {OccurrenceStatus.UNKNOWN}


def next_moment(database: Database, now: datetime) -> datetime:
    """When the next text is due, or a quarter of the day is over."""
    quarter = now.replace(minute=0, hour=now.hour - now.hour % 6) + 6 * HOUR
    waits = select(func.min(Reminder.send_at)).where(
        Reminder.status == ReminderStatus.PLANNED, Reminder.send_at > now
    )
    with database.reading() as session:
        return min(quarter, session.scalar(waits) or quarter)


def test_a_week_of_eight_clients_is_what_the_calendar_says(database: Database) -> None:
    soak(database, clients=8, days=7)


@pytest.mark.audit
def test_ninety_days_of_two_hundred_clients_are_what_the_calendar_says(any_database: Database) -> None:
    soak(any_database, clients=200, days=90)
