"""Rows for tests, by name: each takes the session and what differs from the ordinary case."""

from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.models import (
    Assignment,
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    ConsentSource,
    Direction,
    Exercise,
    ExerciseSource,
    ExerciseType,
    FollowUp,
    FollowUpAnchor,
    FollowUpKind,
    Laterality,
    Message,
    Plan,
    Practice,
    Role,
    Side,
    User,
    Visit,
    VisitStatus,
)
from care.phones import PhoneBook
from tests.conftest import PHONE_KEY

# A Monday in winter, so New York is five hours behind.
MONDAY = date(2026, 3, 2)
MONDAY_8AM = datetime(2026, 3, 2, 13, tzinfo=UTC)
MONDAY_9AM = datetime(2026, 3, 2, 14, tzinfo=UTC)
MONDAY_NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
NEW_YORK = "America/New_York"
# argon2 of "correct horse battery staple" is slow to make; tests that sign in use the real function.
NO_PASSWORD = "!"

Row = TypeVar("Row")


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def make_practice(session: Session, **changes: Any) -> Practice:
    count = session.scalar(select(func.count()).select_from(Practice)) or 0
    values = {
        "name": f"Riverside {count + 1}",
        "country": "US",
        "timezone": NEW_YORK,
        "phone": "+12025550100",
        "created_at": MONDAY_8AM,
    }
    return _add(session, Practice(**(values | changes)))


def make_user(session: Session, practice: Practice, **changes: Any) -> User:
    count = session.scalar(select(func.count()).select_from(User)) or 0
    values = {
        "practice_id": practice.id,
        "email": f"user{count + 1}@sample.example",
        "name": f"User {count + 1}",
        "role": Role.THERAPIST,
        "password_hash": NO_PASSWORD,
        "created_at": MONDAY_8AM,
    }
    return _add(session, User(**(values | changes)))


def make_client(session: Session, practice: Practice, *, has_consent: bool = True, **changes: Any) -> Client:
    count = session.scalar(select(func.count()).select_from(Client)) or 0
    values: dict[str, Any] = {
        "practice_id": practice.id,
        "first_name": "Maria",
        "last_name": f"Lopez {count + 1}",
        "phone": f"+1202555{100 + count + 1:04d}",
        "timezone": practice.timezone,
        "created_at": MONDAY_8AM,
        # As if the first text had gone out: what follows says only what it is about.
        "stop_told_at": MONDAY_8AM,
    } | changes
    if values["phone"]:
        values.setdefault("phone_hash", PhoneBook(PHONE_KEY).hash(values["phone"]))
    client = _add(session, Client(**values))
    if has_consent and client.phone:
        make_consent(session, client)
    return client


def make_consent(session: Session, client: Client, **changes: Any) -> ConsentEvent:
    values = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "phone_hash": client.phone_hash,
        "purpose": ConsentPurpose.TEXTING,
        "action": ConsentAction.GIVEN,
        "wording": "I agree to get texts about my home care.",
        "source": ConsentSource.PAPER,
        "at": MONDAY_8AM,
    }
    return _add(session, ConsentEvent(**(values | changes)))


def make_exercise(session: Session, practice: Practice, **changes: Any) -> Exercise:
    count = session.scalar(select(func.count()).select_from(Exercise)) or 0
    values = {
        "practice_id": practice.id,
        "slug": f"exercise-{count + 1}",
        "name": f"Doorway stretch {count + 1}",
        "body_region": "chest",
        "start_position": "standing",
        "type": ExerciseType.STRETCH,
        "laterality": Laterality.BOTH,
        "sets": 1,
        "reps": 3,
        "hold_seconds": 30,
        "duration_seconds": 0,
        "cue": "Step forward until you feel a gentle pull.",
        "source": ExerciseSource.SEED,
    }
    return _add(session, Exercise(**(values | changes)))


def make_assignment(session: Session, client: Client, exercise: Exercise, **changes: Any) -> Assignment:
    """One exercise of a plan of its own, at nine every day from MONDAY on, unless told otherwise."""
    plan_id = changes.pop("plan_id", None)
    if plan_id is None:
        plan = Plan(practice_id=client.practice_id, client_id=client.id, version=1, created_at=MONDAY_8AM)
        plan_id = _add(session, plan).id
    values = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "plan_id": plan_id,
        "exercise_id": exercise.id,
        "position": 1,
        "sets": 1,
        "reps": 3,
        "hold_seconds": 30,
        "duration_seconds": 0,
        "side": Side.BOTH,
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "times": ["09:00"],
        "starts_on": MONDAY,
        "created_at": MONDAY_8AM,
    }
    return _add(session, Assignment(**(values | changes)))


def make_text(session: Session, client: Client, body: str = "Riverside: hello", **changes: Any) -> Message:
    """One of ours that arrived at eight on Monday."""
    values = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "direction": Direction.OUT,
        "phone": client.phone or "+12025550199",
        "phone_hash": client.phone_hash or "none",
        "body": body,
        "status": "delivered",
        "at": MONDAY_8AM,
    }
    return _add(session, Message(**(values | changes)))


def make_answer(session: Session, client: Client, body: str, **changes: Any) -> Message:
    """What they texted at eight on Monday."""
    return make_text(session, client, body, **({"direction": Direction.IN, "status": "received"} | changes))


def make_visit(session: Session, client: Client, **changes: Any) -> Visit:
    """One that is planned for Monday at noon, unless told otherwise."""
    values = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "starts_at": MONDAY_NOON,
        "status": VisitStatus.PLANNED,
    }
    return _add(session, Visit(**(values | changes)))


def make_follow_up(session: Session, client: Client, **changes: Any) -> FollowUp:
    """A pain question at ten on Monday, unless told otherwise."""
    values = {
        "practice_id": client.practice_id,
        "client_id": client.id,
        "kind": FollowUpKind.PAIN_QUESTION,
        "anchor": FollowUpAnchor.DATE if changes.get("visit_id") is None else FollowUpAnchor.VISIT,
        "due_on": MONDAY if changes.get("visit_id") is None else None,
        "at_time": time(10),
        "created_at": MONDAY_8AM,
    }
    return _add(session, FollowUp(**(values | changes)))
