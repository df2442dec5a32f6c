"""The timeline: everything once, newest first, what was dropped with its reason."""

from datetime import time, timedelta

import pytest
from sqlalchemy.orm import Session

from care.client_facts import client_facts
from care.db import Database
from care.models import (
    Assessment,
    AssessmentStatus,
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Direction,
    Occurrence,
    OccurrenceStatus,
    PaperTick,
    Practice,
    RatingSource,
    ReminderKind,
    ReminderStatus,
    Role,
    Visit,
    VisitStatus,
)
from care.timeline import KINDS, timeline
from care.visit_facts import visit_facts
from reminders.texting_facts import texting_facts
from tests.care.measuring import make_message, make_reminder, make_reply, on_day, rate
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice, has_consent=False)


def make_one_of_each(session: Session, practice: Practice, client: Client) -> None:
    sam = make_user(session, practice, name="Sam")
    at_practice = {"practice_id": practice.id, "client_id": client.id}
    make_assignment(session, client, make_exercise(session, practice, name="Bridge"))
    session.add_all(
        [
            Visit(
                **at_practice, user_id=sam.id, starts_at=on_day(1), status=VisitStatus.HAPPENED, note="Hip"
            ),
            AttentionItem(
                **at_practice,
                kind=AttentionKind.RED_FLAG,
                cause_key="red-flag",
                status=AttentionStatus.CLOSED,
                raised_at=on_day(4),
                closed_at=on_day(5),
                closed_by_id=sam.id,
                note="Called, sent to the ER",
            ),
            Assessment(
                **at_practice,
                user_id=sam.id,
                status=AssessmentStatus.COMPLETED,
                started_at=on_day(6),
                completed_at=on_day(6),
                impression="settling",
            ),
        ]
    )
    make_message(session, client, "How is it?", 2, direction=Direction.OUT, status="delivered")
    message = make_message(session, client, "3, better on stairs", 3)
    reply = make_reply(session, message, "rating", rating=3)
    rate(session, client, 3, day=3, reply=reply)
    rate(session, client, 4, day=1, source=RatingSource.VISIT)
    make_reminder(session, client, ReminderStatus.SKIPPED, 7, reason="stale")


def test_everything_is_told_once_and_newest_first(
    session: Session, practice: Practice, client: Client
) -> None:
    make_one_of_each(session, practice, client)

    entries = timeline(session, client)

    assert [(one.kind, one.title, one.body, one.detail) for one in entries] == [
        ("dropped", "Exercise text not sent", "", "It would have come too late to be useful."),
        ("assessment", "Assessment completed", "settling", "by Sam"),
        (
            "attention",
            "Red flag",
            "Called, sent to the ER",
            "dealt with by Sam Sat 7 Mar 12:00pm",
        ),
        ("message_in", "Client wrote", "3, better on stairs", "rating 3"),
        ("message_out", "We wrote", "How is it?", "delivered"),
        ("visit", "Visit", "Hip", "by Sam"),
        ("rating", "Rating 4", "", "asked at a visit"),
        ("plan", "Plan 1 started, 1 exercise", "Bridge", ""),
    ]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("consent", "paper")])
def test_each_kind_can_be_seen_alone(session: Session, practice: Practice, client: Client, kind: str) -> None:
    make_one_of_each(session, practice, client)

    assert {entry.kind for entry in timeline(session, client, kinds={kind})} == {kind}


def test_texted_ratings_are_told_when_texts_are_left_out(
    session: Session, practice: Practice, client: Client
) -> None:
    make_one_of_each(session, practice, client)

    ratings = timeline(session, client, kinds={"rating"})

    assert [(one.title, one.detail) for one in ratings] == [
        ("Rating 3", "by text"),
        ("Rating 4", "asked at a visit"),
    ]


def test_consent_is_told_with_its_words_and_source(session: Session, practice: Practice) -> None:
    client = make_client(session, practice)

    [entry] = timeline(session, client)

    assert (entry.kind, entry.title, entry.detail) == ("consent", "Consent to texting given", "paper")
    assert entry.body == "I agree to get texts about my home care."


@pytest.mark.parametrize(
    ("status", "reason", "title", "detail"),
    [
        (
            ReminderStatus.FAILED,
            "refused_21211",
            "Nudge failed",
            "The provider refused it (code 21211).",
        ),
        (
            ReminderStatus.UNSURE,
            "no_answer_from_provider",
            "Nudge may not have arrived",
            "The provider did not say whether it took the text.",
        ),
        (ReminderStatus.SKIPPED, "paused", "Nudge not sent", "The client's texts are paused."),
        (ReminderStatus.SKIPPED, "some_new_reason", "Nudge not sent", "Some new reason."),
    ],
)
def test_a_dropped_text_says_why_and_is_not_told_twice(
    session: Session, client: Client, status: ReminderStatus, reason: str, title: str, detail: str
) -> None:
    message = make_message(session, client, "Hello Maria", direction=Direction.OUT, status="failed")
    make_reminder(session, client, status, reason=reason, kind=ReminderKind.NUDGE, message_id=message.id)

    [entry] = timeline(session, client)

    assert (entry.kind, entry.title, entry.body, entry.detail) == ("dropped", title, "Hello Maria", detail)


def test_a_text_stands_before_the_red_flag_it_raised_at_the_same_instant(
    session: Session, practice: Practice, client: Client
) -> None:
    message = make_message(session, client, "It hurts in my chest", 3)
    flag = AttentionItem(
        practice_id=practice.id,
        client_id=client.id,
        kind=AttentionKind.RED_FLAG,
        cause_key="red-flag",
        raised_at=message.at,
    )
    session.add(flag)
    session.flush()

    assert [entry.kind for entry in timeline(session, client)] == ["message_in", "attention"]


def test_what_stop_took_back_says_so(session: Session, client: Client) -> None:
    make_reminder(session, client, ReminderStatus.CANCELLED, reason="opted_out", kind=ReminderKind.NUDGE)

    [entry] = timeline(session, client)

    assert (entry.title, entry.detail) == ("Nudge not sent", "The client asked for no more texts (STOP).")


def test_what_a_changed_plan_took_back_is_told_by_the_change_alone(session: Session, client: Client) -> None:
    make_reminder(session, client, ReminderStatus.CANCELLED, reason="plan_changed")

    assert timeline(session, client) == []


def test_a_text_the_carrier_lost_says_so(session: Session, client: Client) -> None:
    make_message(session, client, "Hello", direction=Direction.OUT, status="undelivered", error_code=30003)

    [entry] = timeline(session, client)

    assert entry.detail == "not delivered (code 30003)"


def test_the_limit_keeps_the_newest(session: Session, client: Client) -> None:
    for day in range(5):
        make_message(session, client, f"day {day}", day)
        rate(session, client, day, day=day, source=RatingSource.PAPER, at=on_day(day) + timedelta(hours=1))

    entries = timeline(session, client, limit=3)

    assert [entry.at for entry in entries] == [
        on_day(4) + timedelta(hours=1),
        on_day(4),
        on_day(3) + timedelta(hours=1),
    ]


def test_either_database_tells_the_story_and_what_stands_in_its_head(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        make_one_of_each(session, practice, client)
        sam = make_user(session, practice, role=Role.ADMIN)
        plan = make_assignment(session, client, make_exercise(session, practice, name="Squat"))
        due = Occurrence(
            practice_id=practice.id,
            client_id=client.id,
            assignment_id=plan.id,
            slot_on=on_day(8).date(),
            slot_time=time(9),
            due_at=on_day(8),
            closes_at=on_day(9),
        )
        session.add(due)
        session.flush()
        session.add(
            PaperTick(
                practice_id=practice.id,
                client_id=client.id,
                occurrence_id=due.id,
                was=None,
                status=OccurrenceStatus.DONE,
                user_id=sam.id,
                at=on_day(9),
            )
        )
        session.flush()

        told = timeline(session, client)
        head = client_facts(session, client.id, sam, on_day(9))
        pain = visit_facts(session, client)
        texting = texting_facts(session, client, on_day(9))

    assert {one.kind for one in told} == set(KINDS)
    assert told[0].title == "Sheet entered"
    assert (head.client.id, head.precautions, head.draft) == (client.id, [], None)
    assert (pain.ratings, pain.first_score, pain.last_score) == (2, 4, 3)
    assert (texting.has_consent, texting.sent_today) == (True, 0)


def test_what_became_of_an_item_is_told_however_long_ago_it_was_raised(
    session: Session, practice: Practice, client: Client
) -> None:
    """Newer things do not push out the item that was handed on after them."""
    flag = AttentionItem(
        practice_id=practice.id,
        client_id=client.id,
        kind=AttentionKind.RED_FLAG,
        cause_key="red-flag",
        raised_at=on_day(0),
        escalated_at=on_day(9),
    )
    session.add(flag)
    for day in range(1, 6):
        make_message(session, client, f"day {day}", day)

    assert [entry.title for entry in timeline(session, client, limit=2)] == ["Handed on", "Client wrote"]


def test_another_clients_story_stays_out(session: Session, practice: Practice, client: Client) -> None:
    other = make_client(session, practice)
    make_one_of_each(session, practice, other)

    assert timeline(session, client) == []
