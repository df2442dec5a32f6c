"""A practice that has been at work for a while: visits, texts, answers and what needs a person, in bulk."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bench._world import BOOK, LONG_AGO, MONDAY, NOW, Rows, fill, in_bulk, phone_of
from care.brief import brief_for
from care.db import Database, without_waiting_for_disk
from care.freezing import freeze
from care.models import (
    Assessment,
    AssessmentStatus,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    AuditEntry,
    Client,
    ClientLink,
    Direction,
    Episode,
    Exercise,
    ExerciseSource,
    FollowUp,
    FollowUpAnchor,
    FollowUpKind,
    Goal,
    Message,
    Occurrence,
    OccurrenceStatus,
    Plan,
    Precaution,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Reply,
    Role,
    Side,
    Template,
    TemplateItem,
    TwoStep,
    User,
    Visit,
    VisitStatus,
)
from care.tokens import new_token

EACH = 3
DAY = timedelta(days=1)
OF_AN_EXERCISE = (
    "body_region", "start_position", "type", "laterality", "sets", "reps", "hold_seconds", "duration_seconds",
    "cue",
)  # fmt: skip
ANSWERS = (OccurrenceStatus.DONE, OccurrenceStatus.DONE, OccurrenceStatus.UNKNOWN, OccurrenceStatus.SKIPPED)
KINDS = (AttentionKind.RED_FLAG, AttentionKind.UNREADABLE, AttentionKind.HIGH_PAIN, AttentionKind.QUESTION)


def lived_in(database: Database, clients: int, days: int, *, therapists: int = 2) -> None:
    """So many clients with so many days behind them up to NOW; user 1 is an admin, client 1 has it all.

    Each does three exercises a day, is asked every third day, seen every other week.
    """
    fill(database, clients, assignments=EACH)
    with without_waiting_for_disk(database), database.sessions.begin() as session:
        practice_id = session.scalars(select(Plan.practice_id)).first()
        assert practice_id is not None
        _users(session, practice_id, therapists)
        _exercises(session, practice_id)
        session.flush()
        code = {"practice_id": practice_id, "user_id": 1, "sealed_secret": "-", "confirmed_at": LONG_AGO}
        session.add(TwoStep(**code))
        for table, rows in _about_people(practice_id, clients, days, therapists):
            in_bulk(session, table, rows)
        _days(session, practice_id, clients, days)
        _templates(session, practice_id, therapists)
        session.flush()
        brief = freeze(brief_for(session, session.get_one(Client, 1), NOW))
        session.execute(update(Assessment).values(brief=brief))


def _users(session: Session, practice_id: int, therapists: int) -> None:
    for number in range(1, therapists + 2):
        session.add(
            User(
                practice_id=practice_id,
                email=f"user{number}@sample.example",
                name=f"User {number}",
                role=Role.ADMIN if number == 1 else Role.THERAPIST,
                password_hash="!",
                created_at=LONG_AGO,
            )
        )


def _exercises(session: Session, practice_id: int) -> None:
    """The first has a picture that clients see; a fourth is the practice's own."""
    drawn = session.get_one(Exercise, 1)
    drawn.slug, drawn.picture_approved_at, drawn.picture_approved_by_id = "bird-dog", LONG_AGO, 1
    own = {name: getattr(drawn, name) for name in OF_AN_EXERCISE}
    session.add(
        Exercise(**own, practice_id=practice_id, slug="own", name="Our own", source=ExerciseSource.OWN)
    )


def _about_people(
    practice_id: int, clients: int, days: int, therapists: int
) -> Iterator[tuple[type[Any], Rows]]:
    numbers = range(1, clients + 1)
    own = [{"practice_id": practice_id, "client_id": number} for number in numbers]
    yield Goal, [one | {"text": "Walk half an hour", "set_on": MONDAY - timedelta(days=days)} for one in own]
    yield (
        Precaution,
        [one | {"code": "hip_replacement", "added_on": MONDAY - timedelta(days=9)} for one in own],
    )
    yield ClientLink, [one | {"token": new_token(), "created_at": LONG_AGO} for one in own]
    episode = {"complaint": "Low back", "condition_category": "other", "started_on": LONG_AGO.date()}
    yield Episode, [one | episode for one in own]
    visits = [
        one
        | {
            "token": new_token(),
            "user_id": one["client_id"] % therapists + 2,
            "starts_at": NOW - (ago - 7) * DAY,
            "status": VisitStatus.HAPPENED if ago > 7 else VisitStatus.PLANNED,
            "note": "Easier on the stairs.",
        }
        for one in own
        for ago in range(0, days, 14)
    ]
    yield Visit, visits
    yield (
        FollowUp,
        [
            one
            | {
                "kind": FollowUpKind.PAIN_QUESTION,
                "anchor": FollowUpAnchor.DATE,
                "due_on": MONDAY,
                "at_time": time(18),
                "every_days": 3,
                "created_at": LONG_AGO,
                "planned_until": NOW + 3 * DAY,
            }
            for one in own
        ],
    )
    yield (
        Assessment,
        [
            one
            | {
                "user_id": 2,
                "status": AssessmentStatus.COMPLETED,
                "pain": 4,
                "brief": {},
                "started_at": NOW - ago * DAY,
                "completed_at": NOW - ago * DAY,
            }
            for one in own
            for ago in range(60, days, 60)
        ],
    )
    yield (
        AuditEntry,
        [
            {"practice_id": practice_id, "user_id": 1, "action": "view", "subject": "client"}
            | {"subject_id": one["client_id"], "at": NOW - ago * DAY}
            for one in own
            for ago in range(0, days, 7)
        ],
    )


def _days(session: Session, practice_id: int, clients: int, days: int) -> None:
    """What went out each day, and what came back every third."""
    session.execute(update(Client).values(therapist_id=2))
    rows: dict[type[Any], Rows] = {
        table: [] for table in (Message, Reminder, Question, Reply, Rating, Occurrence, AttentionItem)
    }
    for number in range(1, clients + 1):
        own = {"practice_id": practice_id, "client_id": number}
        wire = own | {"phone": phone_of(number), "phone_hash": BOOK.hash(phone_of(number))}
        for ago in range(days):
            at = NOW - ago * DAY
            _one_day(rows, own, wire, at, ago)
    for table in rows:
        in_bulk(session, table, rows[table])


def _one_day(
    rows: dict[type[Any], Rows], own: dict[str, Any], wire: dict[str, Any], at: datetime, ago: int
) -> None:
    number, client = len(rows[Reminder]) + 1, own["client_id"]
    sent = len(rows[Message]) + 1
    rows[Message].append(
        wire
        | {"id": sent, "direction": Direction.OUT, "reference": new_token(), "body": "Time for it."}
        | {"status": "undelivered" if ago % 30 == 7 else "delivered", "status_rank": 4, "at": at}
        | {"error_code": 30003 if ago % 30 == 7 else None}
    )
    rows[Reminder].append(
        own
        | {"id": number, "kind": ReminderKind.EXERCISE, "text_key": "reminder", "params": {}, "lane": 0}
        | {"dedupe_key": f"exercise:{client}:{at:%Y-%m-%dT%H:%M}", "priority": 2, "due_at": at, "send_at": at}
        | {"expires_at": at + timedelta(hours=2), "status": ReminderStatus.SENT, "sent_at": at}
        | {"message_id": sent, "created_at": at - DAY}
    )
    for place in range(EACH):
        status = ANSWERS[(ago + place) % len(ANSWERS)]
        rows[Occurrence].append(
            own
            | {"assignment_id": (client - 1) * EACH + place + 1, "slot_on": at.date(), "slot_time": time(9)}
            | {"due_at": at, "closes_at": at + DAY, "status": status, "reminder_id": number}
            | {"answered_at": at if status is not OccurrenceStatus.UNKNOWN else None}
        )
    if ago % 3:
        return
    asked, came = len(rows[Question]) + 1, sent + 1
    is_clear = ago % 30 != 0
    rows[Question].append(
        own
        | {"id": asked, "reminder_id": number, "message_id": sent, "context": "pain_prompt", "asked_at": at}
        | {"bare_until": at + timedelta(hours=12), "closes_at": at + DAY, "status": QuestionStatus.ANSWERED}
        | {"answered_at": at}
    )
    rows[Message].append(
        wire
        | {"id": came, "direction": Direction.IN, "reference": new_token(), "body": "5, sore", "at": at}
        | {"status": "received", "status_rank": 0, "error_code": None}
    )
    reply = len(rows[Reply]) + 1
    rows[Reply].append(
        own
        | {"id": reply, "message_id": came, "question_id": asked, "context": "pain_prompt", "at": at}
        | {"intents": ["rating"] if is_clear else ["unclear"], "rating": 5 if is_clear else None}
    )
    if is_clear:
        rows[Rating].append(
            own
            | {"score": 3 + ago % 5, "source": RatingSource.TEXT, "at": at}
            | {"question_id": asked, "reply_id": reply}
        )
        return
    rows[AttentionItem].append(
        own
        | {"kind": KINDS[(ago // 30) % len(KINDS)], "cause_key": f"reply:{came}", "message_id": came}
        | {"status": AttentionStatus.OPEN if ago < 60 else AttentionStatus.CLOSED, "owner_id": 2}
        | {"raised_at": at, "details": {"groups": []}, "closed_by_id": None if ago < 60 else 1}
        | {"closed_at": None if ago < 60 else at, "acknowledged_by_id": None if ago < 60 else 1}
    )


def _templates(session: Session, practice_id: int, count: int) -> None:
    for number in range(count):
        item = {"practice_id": practice_id, "sets": 1, "reps": 3, "hold_seconds": 30, "duration_seconds": 0}
        session.add(
            Template(
                practice_id=practice_id,
                name=f"Template {number}",
                source=ExerciseSource.SEED,
                changed_at=LONG_AGO,
                items=[
                    TemplateItem(**item, exercise_id=place + 1, position=place, side=Side.BOTH)
                    for place in range(EACH)
                ],
            )
        )
