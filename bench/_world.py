"""Installations to measure on: a practice of any size in a fresh database, laid out in bulk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from care.db import Database, open_database, without_waiting_for_disk
from care.key_ring import OFF, KeyRing
from care.migrating import migrate
from care.models import (
    Assignment,
    Base,
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    ConsentSource,
    Exercise,
    ExerciseSource,
    ExerciseType,
    Laterality,
    Occurrence,
    Plan,
    Practice,
    Reminder,
    ReminderKind,
    Sender,
    SenderKind,
    Side,
)
from care.phones import PhoneBook
from care.tokens import new_token
from care.wire import ORDINARY_PRIORITY, lane_of

KEY = b"a key for measurements alone"
BOOK = PhoneBook(KEY)
# Nine in the morning of a Monday in New York, when a practice's reminders fall due.
NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
LONG_AGO = NOW - timedelta(days=400)
# Said about once a month: on most days none of a client's texts carries the line.
TOLD_OF_STOP = NOW - timedelta(days=10)
TIMES = ["09:00", "13:00", "18:00"]
AT_ONCE = 10_000

Rows = list[dict[str, Any]]


@contextmanager
def empty_database(ring: KeyRing = OFF) -> Iterator[Database]:
    """A migrated SQLite file of its own, with the settings every installation has."""
    with tempfile.TemporaryDirectory(prefix="homestretch-bench-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'homestretch.db'}", ring)
        migrate(database)
        try:
            yield database
        finally:
            database.dispose()


def fill(database: Database, clients: int, *, assignments: int = 1, is_due: bool = False) -> None:
    """A practice with so many consenting clients. With `is_due`, each has one reminder due at NOW."""
    with without_waiting_for_disk(database), database.sessions.begin() as session:
        practice_id = _practice(session)
        _people(session, practice_id, clients)
        _assignments(session, practice_id, clients, assignments)
        if is_due:
            _due(session, practice_id, clients)


def in_bulk(session: Session, table: type[Base], rows: Rows) -> None:
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(table), rows[start : start + AT_ONCE])


def phone_of(number: int) -> str:
    return f"+1{2_120_000_000 + number}"


def _practice(session: Session) -> int:
    practice = Practice(
        name="Riverside", country="US", timezone="America/New_York", phone="+12025550100", created_at=LONG_AGO
    )
    session.add(practice)
    session.flush()
    session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address="+15005550006"))
    exercise = {
        "practice_id": practice.id,
        "body_region": "chest",
        "start_position": "standing",
        "type": ExerciseType.STRETCH,
        "laterality": Laterality.BOTH,
        "sets": 1,
        "reps": 3,
        "hold_seconds": 30,
        "duration_seconds": 0,
        "cue": "Until you feel a gentle pull.",
        "source": ExerciseSource.SEED,
    }
    in_bulk(session, Exercise, [exercise | {"slug": f"e{n}", "name": f"Stretch {n}"} for n in range(1, 4)])
    return practice.id


def _people(session: Session, practice_id: int, clients: int) -> None:
    numbers = range(1, clients + 1)
    people = [
        {
            "id": number,
            "practice_id": practice_id,
            "token": new_token(),
            "first_name": "Maria",
            "last_name": f"Lopez {number}",
            "phone": phone_of(number),
            "phone_hash": BOOK.hash(phone_of(number)),
            "timezone": "America/New_York",
            "stop_told_at": TOLD_OF_STOP,
            "created_at": LONG_AGO,
        }
        for number in numbers
    ]
    consents = [
        {
            "practice_id": practice_id,
            "client_id": person["id"],
            "phone_hash": person["phone_hash"],
            "purpose": ConsentPurpose.TEXTING,
            "action": ConsentAction.GIVEN,
            "wording": "I agree to get texts about my home care.",
            "source": ConsentSource.PAPER,
            "at": LONG_AGO,
        }
        for person in people
    ]
    plan = {"practice_id": practice_id, "version": 1, "created_at": LONG_AGO}
    in_bulk(session, Client, people)
    in_bulk(session, ConsentEvent, consents)
    in_bulk(session, Plan, [plan | {"id": number, "client_id": number} for number in numbers])


def _assignments(session: Session, practice_id: int, clients: int, each: int) -> None:
    """The first of each client is due at nine every day, the others later."""
    shared = {
        "practice_id": practice_id,
        "sets": 1,
        "reps": 3,
        "hold_seconds": 30,
        "duration_seconds": 0,
        "side": Side.BOTH,
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "starts_on": MONDAY - timedelta(days=30),
        "created_at": LONG_AGO,
    }
    rows = [
        shared
        | {
            "id": (number - 1) * each + place + 1,
            "client_id": number,
            "plan_id": number,
            "exercise_id": place % 3 + 1,
            "position": place + 1,
            "times": [TIMES[place % len(TIMES)]],
        }
        for number in range(1, clients + 1)
        for place in range(each)
    ]
    in_bulk(session, Assignment, rows)


def _due(session: Session, practice_id: int, clients: int) -> None:
    numbers = range(1, clients + 1)
    reminder = {
        "practice_id": practice_id,
        "kind": ReminderKind.EXERCISE,
        "text_key": "reminder",
        "params": {},
        "lane": lane_of(practice_id),
        "priority": ORDINARY_PRIORITY,
        "due_at": NOW,
        "send_at": NOW,
        "expires_at": NOW + timedelta(hours=2),
        "created_at": NOW - timedelta(days=2),
    }
    reminders = [
        reminder | {"id": number, "client_id": number, "dedupe_key": f"exercise:{number}:2026-03-02T09:00"}
        for number in numbers
    ]
    occurrence = {
        "practice_id": practice_id,
        "slot_on": MONDAY,
        "slot_time": NOW.replace(hour=9, tzinfo=None).time(),
        "due_at": NOW,
        "closes_at": NOW + timedelta(hours=24),
    }
    occurrences = [
        occurrence | {"client_id": number, "assignment_id": number, "reminder_id": number}
        for number in numbers
    ]
    in_bulk(session, Reminder, reminders)
    in_bulk(session, Occurrence, occurrences)
