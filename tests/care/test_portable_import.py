"""Files by hand: how little is enough, what an import leaves alone, and what it refuses."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.consent import has_texting_consent
from care.db import Database
from care.in_words import reason_in_words
from care.models import (
    Assignment,
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentSource,
    Exercise,
    FollowUp,
    Occurrence,
    OptOut,
    Plan,
    Practice,
    Rating,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Visit,
    VisitStatus,
)
from care.phones import PhoneBook
from care.photos import photo_of
from care.pictures import is_shown_to_clients
from care.plans import current_plan, list_assignments
from care.portable import export_records, import_records
from care.users import check_password
from reminders.flow import lateness
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.care.portable_files import MARIA, PRACTICE, bring_in, count, refusal
from tests.care.portable_world import make_world
from tests.care.test_photos import PLACE, with_secrets
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, NEW_YORK, make_client, make_practice


@pytest.fixture
def any_session(any_database: Database) -> Iterator[Session]:
    with any_database.sessions() as session:
        yield session


def test_a_small_file_by_hand_is_enough(any_session: Session, book: PhoneBook) -> None:
    counts = bring_in(
        any_session,
        book,
        PRACTICE,
        {"type": "user", "ref": "kim", "email": "Kim@Example.com", "password": "a long enough password"},
        MARIA
        | {
            "therapist": "kim",
            "consent": {"given_at": "2026-03-01T10:00:00-05:00", "source": "paper"},
            "goals": "Walk an hour",
            "precautions": ["falls"],
        },
        {"type": "visit", "client": "maria", "starts_at": "2026-03-01T15:00:00Z"},
        {
            "type": "assignment",
            "client": "maria",
            "exercise": "cat-cow",
            "times": ["18:00"],
            "starts_on": "2026-02-23",
        },
        {"type": "assignment", "client": "maria", "exercise": "own", "ref": "a2"},
        {"type": "exercise", "ref": "own", "name": "Our own bridge"},
        {"type": "follow_up", "client": "maria", "kind": "pain_question", "at_time": "10:30"},
        {"type": "occurrence", "assignment": "a2", "slot_on": "2026-03-01", "slot_time": "09:00"},
        {"type": "message", "ref": "m", "client": "maria", "body": "7", "at": "2026-03-01T15:00:00Z"},
        {"type": "reply", "ref": "r", "message": "m", "intents": ["rating"], "rating": 7},
        {"type": "rating", "reply": "r", "score": 7, "source": "text"},
        {"type": "attention", "kind": "high_pain", "message": "m"},
        {"type": "reminder", "client": "maria", "kind": "exercise", "due_at": "2026-03-02T14:00:00Z"},
    )

    maria = any_session.scalars(select(Client)).one()
    plan = current_plan(any_session, maria)
    assert plan is not None
    assignments = list_assignments(any_session, plan)
    occurrence = any_session.scalars(select(Occurrence)).one()
    rating = any_session.scalars(select(Rating)).one()
    reminder = any_session.scalars(select(Reminder)).one()
    assert (maria.phone, maria.timezone, maria.language) == ("+12025550123", NEW_YORK, "en")
    assert has_texting_consent(any_session, maria)
    assert [one.exercise.slug for one in assignments] == ["cat-cow", "own"]
    assert [one.position for one in assignments] == [1, 2]
    assert assignments[0].reps == assignments[0].exercise.reps
    assert assignments[1].starts_on == MONDAY
    assert plan.version == 1
    assert plan.created_at.isoformat() == "2026-02-23T05:00:00+00:00"
    assert occurrence.client_id == maria.id
    assert occurrence.due_at.isoformat() == "2026-03-01T14:00:00+00:00"
    assert (rating.client_id, rating.at.hour) == (maria.id, 15)
    assert reminder.dedupe_key == f"exercise:{maria.id}:2026-03-02T09:00"
    assert any_session.scalars(select(Visit)).one().status is VisitStatus.HAPPENED
    assert check_password(any_session, "kim@example.com", "a long enough password") is not None
    assert counts.counts["assignment"] == 2
    assert counts.clients == {"maria": maria.token}


def test_a_slot_far_from_when_it_was_due_is_refused(session: Session, book: PhoneBook) -> None:
    """Counts look for a day among what was due near it."""
    exercise = {"type": "assignment", "client": "maria", "exercise": "own", "ref": "a"}
    own = {"type": "exercise", "ref": "own", "name": "Our own bridge"}
    due = {"type": "occurrence", "assignment": "a", "due_at": "2026-03-01T14:00:00Z"}

    said = refusal(session, book, PRACTICE, MARIA, own, exercise, due | {"slot_on": "2026-03-05"})

    assert "must be the day of its due_at" in said


def test_the_file_in_the_guide_comes_in(session: Session, book: PhoneBook) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "portable-format.md").read_text(encoding="utf-8")
    example = guide.partition("```json\n")[2].partition("```")[0]

    import_records(session, book, example.splitlines(), MONDAY_8AM)

    assert has_texting_consent(session, session.scalars(select(Client)).one())
    assert count(session, FollowUp) == 1


def test_a_file_without_a_practice_goes_into_the_only_one(session: Session, book: PhoneBook) -> None:
    practice = make_practice(session)

    bring_in(session, book, MARIA)

    assert session.scalars(select(Client)).one().practice_id == practice.id


def test_a_file_without_a_practice_is_refused_when_there_are_several(
    session: Session, book: PhoneBook
) -> None:
    make_practice(session)
    make_practice(session)

    assert refusal(session, book, MARIA).startswith("Begin the file with a practice")


def test_a_user_without_a_password_cannot_sign_in(session: Session, book: PhoneBook) -> None:
    bring_in(session, book, PRACTICE, {"type": "user", "email": "kim@example.com"})

    assert check_password(session, "kim@example.com", "!") is None
    assert check_password(session, "kim@example.com", "") is None


def test_import_owes_no_text(session: Session, book: PhoneBook) -> None:
    consent = {"given_at": "2026-03-01T10:00:00Z"}
    assigned = {"type": "assignment", "client": "maria", "exercise": "cat-cow"}

    bring_in(session, book, PRACTICE, MARIA | {"consent": consent}, assigned)

    assert count(session, Reminder) == 0
    assert count(session, Occurrence) == 0


def test_planning_after_an_import_owes_nothing_twice(session: Session, book: PhoneBook) -> None:
    bring_in(
        session,
        book,
        PRACTICE,
        MARIA | {"consent": True},
        {"type": "assignment", "client": "maria", "exercise": "cat-cow"},
        {"type": "reminder", "client": "maria", "kind": "exercise", "due_at": "2026-03-02T14:00:00Z"},
    )

    practice = session.scalars(select(Practice)).one()
    plan_ahead(session, Timeline(MONDAY_8AM, practice.id))

    due = select(Reminder).where(Reminder.due_at == MONDAY_9AM)
    assert len(session.scalars(due).all()) == 1


def test_an_alert_in_a_file_is_refused(session: Session, book: PhoneBook) -> None:
    alert = {"type": "reminder", "client": "maria", "kind": "alert", "due_at": "2026-03-02T14:00:00Z"}

    said = refusal(session, book, PRACTICE, MARIA, alert | {"text_key": "alert", "key": "alert:1"})

    assert said == "Line 3: A reminder of kind alert goes to a user, and cannot come from a file."


@pytest.mark.parametrize("said", [{}, {"sent_at": None}])
def test_a_text_sent_elsewhere_at_a_time_nobody_says_was_on_time(
    any_session: Session, book: PhoneBook, said: dict[str, None]
) -> None:
    message = {"type": "message", "ref": "m", "client": "maria", "direction": "out", "body": "Time for it."}
    sent = {"type": "reminder", "client": "maria", "kind": "exercise", "due_at": "2026-03-02T13:00:00Z"}
    at = {"at": "2026-03-02T13:00:00Z"}

    bring_in(
        any_session, book, PRACTICE, MARIA, message | at, sent | said | {"message": "m", "status": "sent"}
    )

    reminder = any_session.scalars(select(Reminder)).one()
    here = Timeline(MONDAY_8AM, reminder.practice_id)
    late = lateness(any_session, here, MONDAY_8AM - timedelta(days=7))
    assert reminder.sent_at == reminder.due_at
    assert (late[ReminderKind.EXERCISE].total, late[ReminderKind.EXERCISE].longest) == (1, 0)


@pytest.mark.parametrize("status", ["sending", "unsure"])
def test_a_text_in_doubt_elsewhere_has_failed_here_and_says_why(
    any_session: Session, book: PhoneBook, status: str
) -> None:
    doubt = {"type": "reminder", "client": "maria", "kind": "exercise", "due_at": "2026-03-02T14:00:00Z"}
    instants = {"claimed_at": "2026-03-02T14:00:01Z", "looked_at": "2026-03-02T14:05:00Z"}

    bring_in(any_session, book, PRACTICE, MARIA, doubt | instants | {"status": status})

    reminder = any_session.scalars(select(Reminder)).one()
    assert (reminder.status, reminder.reason) == (ReminderStatus.FAILED, f"{status}_when_exported")
    assert (reminder.claimed_at, reminder.looked_at) == (None, None)
    assert "whether it arrived is not known here" in reason_in_words(reminder.reason)


def test_consent_in_a_file_does_not_undo_an_opt_out(any_session: Session, book: PhoneBook) -> None:
    stopped = OptOut(phone_hash=book.hash("+12025550123"), at=MONDAY_8AM, source=ConsentSource.TEXT)
    any_session.add(stopped)
    any_session.flush()

    bring_in(any_session, book, PRACTICE, MARIA | {"consent": {"given_at": "2026-03-01T10:00:00Z"}})

    maria = any_session.scalars(select(Client)).one()
    events = any_session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()
    assert not has_texting_consent(any_session, maria)
    assert [event.action for event in events] == [ConsentAction.GIVEN, ConsentAction.WITHDRAWN]
    assert count(any_session, OptOut) == 1


def test_an_opt_out_in_a_file_holds_for_clients_who_were_here(session: Session, book: PhoneBook) -> None:
    client = make_client(session, make_practice(session), phone="+12025550123")

    bring_in(session, book, {"type": "opt_out", "phone": "202-555-0123"})

    assert not has_texting_consent(session, client)


def test_consent_for_a_former_phone_does_not_count(session: Session, book: PhoneBook) -> None:
    former = {"given_at": "2026-03-01T10:00:00Z", "phone": "202-555-0199"}

    bring_in(session, book, PRACTICE, MARIA | {"consent": former})

    assert not has_texting_consent(session, session.scalars(select(Client)).one())


def test_the_same_file_twice_is_refused_and_changes_nothing(any_session: Session, book: PhoneBook) -> None:
    bring_in(any_session, book, PRACTICE, MARIA)

    again = refusal(any_session, book, PRACTICE, MARIA)
    into_it = refusal(any_session, book, PRACTICE | {"existing": True}, MARIA)

    assert again.startswith('Line 1: There is already a practice called "Riverside".')
    assert into_it == "Line 2: This client, with this phone, is in the practice already."
    assert count(any_session, Client) == 1


def test_an_exported_client_is_not_taken_in_twice(session: Session, book: PhoneBook) -> None:
    make_world(session, book)
    maria = session.scalars(select(Client).where(Client.email == "maria@example.com")).one()
    records = list(export_records(session, None, maria.token))
    maria.phone = maria.phone_hash = None
    session.flush()

    said = refusal(session, book, *records).splitlines()

    assert said == [f"Line {number(records, 'client')}: Another client has the same token."]


def number(records: list[dict[str, Any]], kind: str) -> int:
    return [record["type"] for record in records].index(kind) + 1


def test_each_bad_line_is_told_with_its_number_and_nothing_comes_in(
    any_session: Session, book: PhoneBook
) -> None:
    said = refusal(
        any_session,
        book,
        PRACTICE,
        "not json",
        "",
        {"type": "patient"},
        MARIA | {"ref": "typo", "phon": "202-555-0123"},
        MARIA | {"phone": "12"},
        {"type": "rating", "client": "maria", "score": 3, "at": "2026-03-01T15:00:00Z"},
        {"type": "client", "ref": "tom", "first_name": "Tom"},
        {"type": "rating", "client": "tom", "score": 11, "at": "2026-03-01T15:00:00Z"},
        {"type": "rating", "client": "tom", "score": 1, "at": "2026-03-01 15:00"},
        {"type": "assignment", "client": "tom", "exercise": "handstand"},
        {"type": "assignment", "client": "tom", "exercise": "cat-cow", "times": ["noon"]},
        {"type": "visit", "client": "ann", "starts_at": "2026-03-01T15:00:00Z"},
        {"type": "visit", "client": "p"},
        {"type": "visit", "client": "tom"},
        {"type": "client", "ref": "tom", "first_name": "Tom"},
        {"type": "client", "first_name": "Tim", "status": "asleep"},
    ).splitlines()

    assert [line.split(":")[0] for line in said] == [
        f"Line {n}" for n in (2, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17)
    ]
    assert said[2].startswith("Line 5: client has no field phon. It has ")
    assert said[3] == "Line 6: Phone must be a number that can be texted, like 202-555-0123."
    assert said[4] == "Line 9: score must be 0 to 10."
    assert said[5] == "Line 10: at must be an instant like 2026-03-02T14:00:00Z."
    assert said[6] == "Line 11: There is no exercise handstand in this file or the practice's library."
    assert said[7] == 'Line 12: times must be a list like ["09:00", "18:00"].'
    assert said[8] == "Line 13: client is ann, which is the ref of nothing in this file."
    assert said[9] == "Line 14: client must be the ref of a record of type client; p is of type practice."
    assert said[10] == "Line 15: visit needs starts_at."
    assert said[11] == "Line 16: The ref tom was given to line 8 already."
    assert said[12] == "Line 17: status must be one of active, discharged."
    assert count(any_session, Practice) == 0


@pytest.mark.parametrize("name", ["NUL \x00", "half \ud800"])
def test_a_character_that_cannot_be_stored_is_refused(session: Session, book: PhoneBook, name: str) -> None:
    said = refusal(session, book, PRACTICE, MARIA | {"first_name": name})

    assert said == "Line 2: This line holds a character that cannot be stored."


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_at_the_end_of_the_calendar_is_refused(session: Session, book: PhoneBook, day: str) -> None:
    slot = {"type": "assignment", "client": "maria", "exercise": "cat-cow", "starts_on": day}

    said = refusal(session, book, PRACTICE, MARIA, slot)

    assert said == "Line 3: starts_on must be a day like 2026-03-02."


def test_at_most_twenty_bad_lines_are_told(session: Session, book: PhoneBook) -> None:
    said = refusal(session, book, PRACTICE, *["?"] * 25).splitlines()

    assert len(said) == 21
    assert said[-1] == "And 5 more."


def test_what_may_stand_only_once_is_refused_with_both_lines(any_session: Session, book: PhoneBook) -> None:
    due = {"type": "reminder", "client": "maria", "kind": "exercise", "due_at": "2026-03-02T14:00:00Z"}
    alarm = {"type": "attention", "client": "maria", "kind": "silence"}
    sent = {"type": "message", "client": "maria", "provider_sid": "SM1"}

    said = refusal(any_session, book, PRACTICE, MARIA, due, due, alarm, alarm, sent, sent)

    assert said.splitlines() == [
        "Line 4: The reminder of line 3 has the same key.",
        "Line 6: The attention of line 5 has the same cause.",
        "Line 8: The message of line 7 has the same provider_sid.",
    ]


def test_records_of_two_clients_do_not_mix(session: Session, book: PhoneBook) -> None:
    tom = {"type": "client", "ref": "tom", "first_name": "Tom"}
    plan = {"type": "plan", "ref": "plan", "client": "tom"}
    assigned = {"type": "assignment", "client": "maria", "plan": "plan", "exercise": "cat-cow"}

    said = refusal(session, book, PRACTICE, MARIA, tom, plan, assigned)

    assert said == "Line 5: plan belongs to another client."


def test_records_of_two_practices_do_not_mix(session: Session, book: PhoneBook) -> None:
    other = PRACTICE | {"ref": "q", "name": "Lakeside"}
    kim = {"type": "user", "ref": "kim", "email": "kim@example.com"}

    said = refusal(session, book, PRACTICE, kim, other, MARIA | {"therapist": "kim"})

    assert said == "Line 4: therapist belongs to another practice."


def test_a_practice_that_is_there_keeps_its_library(session: Session, book: PhoneBook) -> None:
    bring_in(session, book, PRACTICE)
    changed = {"type": "exercise", "slug": "cat-cow", "name": "Something else"}

    bring_in(session, book, {"type": "practice", "name": "Riverside", "existing": True}, changed)

    cat_cow = session.scalars(select(Exercise).where(Exercise.slug == "cat-cow")).one()
    assert cat_cow.name == "Cat and cow"


@pytest.mark.parametrize(
    ("photo", "sentence"),
    [
        ("no base64!", "photo must be a JPEG in base64."),
        (
            b64encode(b"<svg onload=alert(1)>").decode(),
            "Choose a photo as JPEG, PNG or WebP. This file is none, or was cut off.",
        ),
    ],
)
def test_what_is_no_photo_is_told_with_its_line(
    session: Session, book: PhoneBook, photo: str, sentence: str
) -> None:
    own = {"type": "exercise", "ref": "own", "name": "Our own bridge", "photo": photo}

    assert refusal(session, book, PRACTICE, own) == f"Line 2: {sentence}"


def test_a_photo_from_elsewhere_leaves_the_rest_of_its_file_behind(session: Session, book: PhoneBook) -> None:
    photo = b64encode(with_secrets()).decode()

    bring_in(session, book, PRACTICE, {"type": "exercise", "ref": "own", "name": "Our own", "photo": photo})

    own = session.scalars(select(Exercise).where(Exercise.slug == "own")).one()
    assert PLACE not in photo_of(session, own)
    assert not is_shown_to_clients(own)


def test_an_ended_plan_leaves_room_for_a_running_one(session: Session, book: PhoneBook) -> None:
    bring_in(
        session,
        book,
        PRACTICE,
        MARIA,
        {"type": "plan", "ref": "old", "client": "maria", "ended_at": "2026-02-20T12:00:00Z"},
        {"type": "assignment", "plan": "old", "exercise": "cat-cow", "ended_at": "2026-02-20T12:00:00Z"},
        {"type": "assignment", "client": "maria", "exercise": "cat-cow"},
    )

    plans = session.scalars(select(Plan).order_by(Plan.version)).all()
    assert [(plan.version, plan.status.value) for plan in plans] == [(1, "ended"), (2, "active")]
    assert [one.plan_id for one in session.scalars(select(Assignment).order_by(Assignment.id))] == [
        plan.id for plan in plans
    ]
