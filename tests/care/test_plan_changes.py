"""Plan changes: what was different, and when."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from care.models import Client, Exercise, Plan, Practice
from care.plan_changes import changes_among, list_versions
from tests.care.measuring import on_day
from tests.making import (
    MONDAY,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
    make_visit,
)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def make_plan(session: Session, client: Client, version: int, day: int, *exercises: Exercise) -> Plan:
    plan = Plan(practice_id=client.practice_id, client_id=client.id, version=version, created_at=on_day(day))
    session.add(plan)
    session.flush()
    for position, exercise in enumerate(exercises, start=1):
        make_assignment(
            session, client, exercise, plan_id=plan.id, position=position, created_at=plan.created_at
        )
    return plan


def test_a_new_version_says_what_is_different(session: Session, practice: Practice, client: Client) -> None:
    bridge = make_exercise(session, practice, name="Bridge")
    doorway = make_exercise(session, practice, name="Doorway chest stretch")
    sam = make_user(session, practice, name="Sam")
    first = make_plan(session, client, 1, 0, bridge)
    second = make_plan(session, client, 2, 9, doorway)
    first.ended_at, second.created_by_id = second.created_at, sam.id

    changes = changes_among(list_versions(session, client), client.timezone)

    assert [(one.at, one.words, one.detail, one.by) for one in changes] == [
        (on_day(0), "Plan 1 started, 1 exercise", "Bridge", ""),
        (
            on_day(9),
            "Plan 2 started, 1 exercise",
            "Bridge swapped for Doorway chest stretch",
            "Sam",
        ),
    ]


def test_an_exercise_ended_or_paused_in_between_is_told(
    session: Session, practice: Practice, client: Client
) -> None:
    bridge = make_exercise(session, practice, name="Bridge")
    plan = make_plan(session, client, 1, 0)
    make_assignment(session, client, bridge, plan_id=plan.id, ended_at=on_day(4), end_reason="too painful")
    make_assignment(
        session,
        client,
        make_exercise(session, practice, name="Clam"),
        plan_id=plan.id,
        paused_from=MONDAY + timedelta(days=2),
        paused_until=MONDAY + timedelta(days=5),
    )

    changes = changes_among(list_versions(session, client), client.timezone)

    assert [(one.words, one.detail) for one in changes[1:]] == [
        ("Clam paused until 7 Mar", ""),
        ("Bridge ended", "too painful"),
    ]


def test_a_plan_that_nothing_followed_is_said_to_have_ended(
    session: Session, practice: Practice, client: Client
) -> None:
    plan = make_plan(session, client, 1, 0, make_exercise(session, practice))
    plan.ended_at = on_day(20)

    assert [one.words for one in changes_among(list_versions(session, client), client.timezone)][
        -1
    ] == "Plan 1 ended"


def test_only_changes_of_the_asked_days_are_listed(
    session: Session, practice: Practice, client: Client
) -> None:
    for version, day in ((1, 0), (2, 5), (3, 9)):
        make_plan(session, client, version, day, make_exercise(session, practice))

    changes = changes_among(list_versions(session, client), client.timezone, since=on_day(1), until=on_day(8))

    assert [one.at for one in changes] == [on_day(5)]


def test_a_version_of_another_visit_adds_and_takes_out(
    session: Session, practice: Practice, client: Client
) -> None:
    make_plan(session, client, 1, 0, make_exercise(session, practice, name="Bridge"))
    second = make_plan(session, client, 2, 9, make_exercise(session, practice, name="Clam"))
    second.visit_id = make_visit(session, client).id

    changes = changes_among(list_versions(session, client), client.timezone)

    assert changes[-1].detail == "Clam added, Bridge taken out"
