"""The caseload summed up: sums are those of the lines, few say nothing, and no answer drops nothing."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from care.caseload import caseload
from care.caseload_groups import ExerciseUse, by_condition, by_exercise, by_therapist
from care.db import Database
from care.models import (
    Client,
    ClientStatus,
    Episode,
    Exercise,
    OccurrenceStatus,
    Practice,
    QuestionStatus,
    ReminderStatus,
    Role,
)
from care.recurrence import today_in
from care.standings import find_old, make_anew
from tests.care.measuring import make_occurrence, make_question, make_reminder, on_day, rate
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice, make_user

DAY = 20
NOW, TODAY = on_day(DAY), MONDAY + timedelta(days=DAY)
DONE, SKIPPED, UNKNOWN = OccurrenceStatus.DONE, OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def exercise(session: Session, practice: Practice) -> Exercise:
    return make_exercise(session, practice, name="Hip hinge")


def give(
    session: Session,
    client: Client,
    exercise: Exercise,
    *statuses: OccurrenceStatus,
    pain: float | None = None,
) -> None:
    """Once a day up to today; with a rating in answer to the last text, where there is one."""
    assignment = make_assignment(session, client, exercise)
    reminder = make_reminder(session, client, ReminderStatus.SENT, DAY)
    for ago, status in enumerate(reversed(statuses)):
        make_occurrence(
            session, assignment, status, TODAY - timedelta(days=ago), reminder_id=None if ago else reminder.id
        )
    if pain is not None:
        question = make_question(session, client, QuestionStatus.ANSWERED, DAY, reminder_id=reminder.id)
        rate(session, client, pain, DAY, question=question)


def uses(session: Session, practice: Practice) -> list[ExerciseUse]:
    """As the page has it: what changed is counted anew first."""
    count_anew(session, practice)
    return by_exercise(session, practice.id)


def count_anew(session: Session, practice: Practice) -> None:
    session.flush()
    old = find_old(session, Client.practice_id == practice.id, NOW).get(practice.id, [])
    make_anew(session, old, practice.id, NOW)


def test_groups_add_up_to_the_lines(session: Session, practice: Practice, exercise: Exercise) -> None:
    therapists = [make_user(session, practice, name=name) for name in ("Sam", "Kim")]
    for number in range(7):
        client = make_client(
            session, practice, therapist_id=therapists[number % 2].id if number < 6 else None
        )
        give(session, client, exercise, DONE, SKIPPED, UNKNOWN)
        if number < 3:
            session.add(
                Episode(
                    practice_id=practice.id,
                    client_id=client.id,
                    complaint="hip",
                    condition_category="chronic_pain",
                    started_on=MONDAY,
                )
            )
    make_client(session, practice, status=ClientStatus.DISCHARGED)
    count_anew(session, practice)
    admin = make_user(session, practice, role=Role.ADMIN)
    rows = caseload(session, admin, NOW, today_in(practice.timezone, NOW))

    therapist, condition = by_therapist(session, practice.id), by_condition(session, practice.id)

    assert [(group.name, group.clients) for group in therapist] == [("Kim", 3), ("Sam", 3), ("", 1)]
    assert [(group.name, group.clients) for group in condition] == [("chronic_pain", 3), ("", 4)]
    for groups in (therapist, condition):
        assert sum(group.adherence.due for group in groups) == sum(row.adherence.due for row in rows) == 21
        assert sum(group.adherence.done for group in groups) == 7
    assert not any(group.is_enough for group in therapist)


def test_an_exercise_is_dropped_by_who_says_no_and_never_yes(
    session: Session, practice: Practice, exercise: Exercise
) -> None:
    for statuses in (
        [SKIPPED] * 3,
        [SKIPPED] * 2,
        [UNKNOWN] * 9,
        [SKIPPED, SKIPPED, SKIPPED, DONE],
        [SKIPPED, UNKNOWN, SKIPPED, SKIPPED],
    ):
        give(session, make_client(session, practice), exercise, *statuses)

    [use] = uses(session, practice)

    assert (use.name, use.clients, use.dropped_by, use.is_enough) == ("Hip hinge", 5, 2, True)
    assert (use.adherence.skipped, use.adherence.unknown, use.adherence.done) == (11, 10, 1)


def test_pain_with_an_exercise_is_said_of_enough_ratings_where_it_was_done(
    session: Session, practice: Practice, exercise: Exercise
) -> None:
    clients = [make_client(session, practice) for _ in range(5)]
    for number, client in enumerate(clients):
        give(session, client, exercise, DONE, pain=number)
        rate(session, client, 10, DAY)  # in answer to nothing
    give(session, make_client(session, practice), exercise, SKIPPED, pain=10)
    [few] = uses(session, practice)

    other = make_exercise(session, practice, name="Neck turn")
    for client in clients:
        give(session, client, other, DONE, pain=0)
        give(session, client, other, DONE, pain=3)
    enough = {use.name: use for use in uses(session, practice)}["Neck turn"]

    assert (few.ratings, few.raters, few.pain) == (5, 5, None)
    assert (enough.ratings, enough.raters, enough.pain) == (10, 5, 1.5)


def test_what_was_due_longer_ago_or_elsewhere_counts_nowhere(
    session: Session, practice: Practice, exercise: Exercise
) -> None:
    old = make_assignment(session, make_client(session, practice), exercise)
    make_occurrence(session, old, DONE, TODAY - timedelta(days=14))
    elsewhere = make_practice(session)
    give(session, make_client(session, elsewhere), make_exercise(session, elsewhere), DONE)
    give(session, make_client(session, practice, status=ClientStatus.DISCHARGED), exercise, DONE)

    assert uses(session, practice) == []


def test_the_sums_are_the_same_on_every_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        exercise = make_exercise(session, practice)
        for score in (2, 4) * 5:
            give(session, make_client(session, practice), exercise, DONE, SKIPPED, DONE, pain=score)
        [use] = uses(session, practice)
        [group] = by_condition(session, practice.id)

        assert (use.clients, use.adherence.done, use.ratings, use.raters, use.pain) == (10, 20, 10, 10, 3)
        assert (group.name, group.clients, group.adherence) == ("", 10, use.adherence)
        session.rollback()
