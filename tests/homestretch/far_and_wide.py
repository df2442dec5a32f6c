"""Five clients around the world across a clock change, and what really goes out to them.

`python -m tests.homestretch.far_and_wide DATABASE` lives it and prints it, whatever the machine's own
time zone and language are.
"""

import json
import locale
import sys
from contextlib import suppress
from datetime import UTC, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.db import Database, open_database
from care.models import Client, FollowUpKind, Practice, Reminder, ReminderStatus
from tests.making import make_assignment, make_client, make_exercise, make_follow_up, make_visit
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, Life, begin

# New York, London and Lord Howe change their clocks within a month of each other.
FRIDAY_BEFORE = datetime(2026, 3, 6, 13, tzinfo=UTC)
ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati")


def fill(session: Session, client: Client, practice: Practice) -> None:
    exercise = make_exercise(session, practice)
    made = {"created_at": FRIDAY_BEFORE, "planned_until": FRIDAY_BEFORE}
    starts_on = FRIDAY_BEFORE.date() + DAY
    for times in (["02:30", "09:00", "19:55"], ["09:10", "21:30"], ["12:00"]):
        make_assignment(session, client, exercise, times=times, starts_on=starts_on, **made)
    day = {"due_on": starts_on, "created_at": FRIDAY_BEFORE}
    make_follow_up(session, client, every_days=1, at_time=time(9, 5), **day)
    make_follow_up(session, client, every_days=2, at_time=time(6, 45), **day)
    visit = make_visit(session, client, starts_at=FRIDAY_BEFORE + 2 * DAY + 5 * HOUR)
    kind = FollowUpKind.VISIT_REMINDER
    make_follow_up(session, client, kind=kind, visit_id=visit.id, days=-1, created_at=FRIDAY_BEFORE)


def lived(life: Life, now: datetime, until: datetime) -> list[tuple[str, str, str]]:
    """What really goes out, when the engine ticks every hour and whenever something is due."""
    gateway, sent = CountingGateway(), []
    with life.database.reading() as session:
        tokens = {client.phone: client.token for client in session.scalars(select(Client))}
    while now < until:
        if now.minute == 0:
            life.plan(now)
            life.sweep(now)
        before = len(gateway.sent)
        life.drain(gateway, now)
        at = now.isoformat().replace("+00:00", "Z")
        sent += [(at, tokens[out.to], out.body) for out in gateway.sent[before:]]
        now = next_moment(life, now)
    return sorted(sent)


def next_moment(life: Life, now: datetime) -> datetime:
    hour = now.replace(minute=0) + HOUR
    waits = select(func.min(Reminder.send_at)).where(
        Reminder.status == ReminderStatus.PLANNED, Reminder.send_at > now
    )
    with life.database.reading() as session:
        return min(hour, session.scalar(waits) or hour)


def inhabit(database: Database) -> Life:
    life = begin(database, timezone=ZONES[0], created_at=FRIDAY_BEFORE)
    with database.sessions.begin() as session:
        fill(session, session.get_one(Client, life.client.id), life.practice)
        for zone in ZONES[1:]:
            fill(session, make_client(session, life.practice, timezone=zone), life.practice)
    return life


def main(url: str) -> None:
    with suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    database = open_database(url)
    life = inhabit(database)
    order = {client.token: client.id for client in everybody(database)}
    sent = lived(life, FRIDAY_BEFORE, FRIDAY_BEFORE + 2 * DAY)
    database.dispose()
    print(json.dumps([(at, order[token], body) for at, token, body in sent]))


def everybody(database: Database) -> list[Client]:
    with database.reading() as session:
        return list(session.scalars(select(Client)))


if __name__ == "__main__":
    main(sys.argv[1])
