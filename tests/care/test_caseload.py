"""The caseload: one line per client, whom to call first, in a fixed number of queries."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from care.adherence import Adherence, DayCounts
from care.caseload import CaseloadRow, call_first, caseload
from care.db import Database
from care.models import (
    Assignment,
    AttentionItem,
    AttentionKind,
    Client,
    ClientStatus,
    Direction,
    Episode,
    NumberState,
    OccurrenceStatus,
    Practice,
    QuestionStatus,
    Role,
    User,
    Visit,
    VisitStatus,
)
from care.pain import pain_figures
from tests.care.measuring import make_days, make_message, make_occurrence, make_question, on_day, rate
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice, make_user

DONE, SKIPPED, UNKNOWN = OccurrenceStatus.DONE, OccurrenceStatus.SKIPPED, OccurrenceStatus.UNKNOWN
EXPIRED, ANSWERED = QuestionStatus.EXPIRED, QuestionStatus.ANSWERED

Counting = Callable[[Database], AbstractContextManager[list[str]]]


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def client(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, therapist_id=sam.id)


@pytest.fixture
def assignment(session: Session, practice: Practice, client: Client) -> Assignment:
    return make_assignment(session, client, make_exercise(session, practice))


def rows_on(session: Session, user: User, day: int) -> list[CaseloadRow]:
    return caseload(session, user, on_day(day), MONDAY + timedelta(days=day))


def row_on(session: Session, user: User, day: int) -> CaseloadRow:
    [row] = rows_on(session, user, day)
    return row


def raise_attention(session: Session, client: Client, kind: AttentionKind) -> None:
    session.add(
        AttentionItem(
            practice_id=client.practice_id,
            client_id=client.id,
            kind=kind,
            cause_key=f"{kind}-{client.id}",
            raised_at=on_day(0),
        )
    )
    session.flush()


def test_a_line_says_how_a_client_is_doing(
    session: Session, sam: User, client: Client, assignment: Assignment
) -> None:
    assignment.ends_on = MONDAY + timedelta(days=27)
    for day, score in ((-1, 8), (3, 6), (9, 3)):
        rate(session, client, score, day=day)
    make_days(session, assignment, *[DONE] * 9, UNKNOWN, SKIPPED)
    make_message(session, client, "3, better on stairs", day=9)
    make_message(session, client, "Thanks Maria", day=10, direction=Direction.OUT)
    make_question(session, client, EXPIRED, day=5)
    make_question(session, client, ANSWERED, day=9)
    visit = {"practice_id": client.practice_id, "client_id": client.id}
    session.add_all(
        [
            Visit(**visit, starts_at=on_day(7), status=VisitStatus.HAPPENED),
            Visit(**visit, starts_at=on_day(30), status=VisitStatus.PLANNED),
            Visit(**visit, starts_at=on_day(14), status=VisitStatus.PLANNED),
        ]
    )

    row = row_on(session, sam, 11)

    assert (row.first_rating, row.latest_rating, len(row.ratings)) == (8, 3, 3)
    assert row.adherence == Adherence(done=9, skipped=1, unknown=1)
    assert row.band == "high"
    assert row.days_28[MONDAY + timedelta(days=9)] == DayCounts(unknown=1)
    assert (row.plan_day, row.plan_days) == (12, 28)
    assert (row.response_answered, row.response_asked, row.unanswered_in_a_row) == (1, 2, 0)
    assert (row.last_reply_text, row.last_reply_at) == ("3, better on stairs", on_day(9))
    assert row.last_heard_at == on_day(9)
    assert row.next_visit_at == on_day(14)
    assert row.therapist == "Sam"
    assert row.needs == []


def test_a_new_client_has_blanks_and_no_zeros(session: Session, sam: User, client: Client) -> None:
    row = row_on(session, sam, 0)

    assert (row.first_rating, row.latest_rating, row.ratings) == (None, None, [])
    assert (row.adherence.conservative, row.band) == (None, None)
    assert (row.plan_day, row.plan_days, row.last_heard_at, row.next_visit_at) == (None, None, None, None)
    assert row.needs == []


def test_a_plan_without_a_last_day_has_no_length(
    session: Session, sam: User, client: Client, assignment: Assignment
) -> None:
    exercise = make_exercise(session, make_practice(session))
    make_assignment(session, client, exercise, plan_id=assignment.plan_id, ends_on=MONDAY)

    assert row_on(session, sam, 2).plan_days is None


def test_a_therapist_sees_their_own_clients_and_an_admin_all_of_the_practice(
    session: Session, practice: Practice, sam: User, client: Client
) -> None:
    unassigned = make_client(session, practice)
    make_client(session, practice, therapist_id=sam.id, status=ClientStatus.DISCHARGED)
    make_client(session, make_practice(session))
    admin = make_user(session, practice, role=Role.ADMIN)

    assert [row.client.id for row in rows_on(session, sam, 0)] == [client.id]
    assert {row.client.id for row in rows_on(session, admin, 0)} == {client.id, unassigned.id}


def test_silence_is_counted_from_the_last_word(session: Session, sam: User, client: Client) -> None:
    make_message(session, client, "ok", day=0)
    make_question(session, client, EXPIRED, day=3)

    assert row_on(session, sam, 6).needs == []
    assert row_on(session, sam, 7).needs == ["silent 7 days"]
    assert row_on(session, sam, 7).silent_days == 7


def test_three_questions_without_an_answer_are_silence_too(
    session: Session, sam: User, client: Client
) -> None:
    for day in (1, 2, 3):
        make_question(session, client, EXPIRED, day=day)

    row = row_on(session, sam, 5)

    assert row.unanswered_in_a_row == 3
    assert row.needs == ["silent 4 days"]


def test_who_was_not_asked_is_not_silent(session: Session, sam: User, client: Client) -> None:
    make_message(session, client, "ok", day=0)

    row = row_on(session, sam, 40)

    assert (row.silent_days, row.needs) == (0, [])


def test_a_word_that_answers_nothing_ends_the_silence(session: Session, sam: User, client: Client) -> None:
    for day in (1, 2, 3):
        make_question(session, client, EXPIRED, day=day)
    make_message(session, client, "sorry, was away", day=6)

    row = row_on(session, sam, 7)

    assert (row.unanswered_in_a_row, row.needs) == (0, [])


def test_a_rise_from_the_baseline_is_said_in_points(
    session: Session, sam: User, client: Client, assignment: Assignment
) -> None:
    rate(session, client, 4, day=-1)
    rate(session, client, 7, day=5)

    assert row_on(session, sam, 6).needs == ["pain up 3"]


def test_an_open_item_is_always_said_and_each_reason_once(
    session: Session, sam: User, client: Client
) -> None:
    rate(session, client, 4, day=0)
    rate(session, client, 7, day=1)
    rate(session, client, 3, day=2)
    raise_attention(session, client, AttentionKind.PAIN_RISE)
    raise_attention(session, client, AttentionKind.RED_FLAG)
    client.number_state = NumberState.INVALID

    assert row_on(session, sam, 3).needs == ["red flag", "pain is up", "number cannot be texted"]


@pytest.mark.parametrize(
    ("statuses", "needs"),
    [
        ([SKIPPED, SKIPPED, DONE], ["1 of 3 done"]),
        ([UNKNOWN, UNKNOWN, DONE], ["answered 1 of 3"]),
        ([DONE, DONE, DONE], []),
    ],
)
def test_low_adherence_and_few_replies_are_two_different_needs(
    session: Session, sam: User, assignment: Assignment, statuses: list[OccurrenceStatus], needs: list[str]
) -> None:
    make_days(session, assignment, *statuses)

    assert row_on(session, sam, 5).needs == needs


def test_adherence_is_of_fourteen_days_and_cells_of_twenty_eight(
    session: Session, sam: User, assignment: Assignment
) -> None:
    today = 40
    for ago in (0, 13, 14, 27, 28):
        make_occurrence(session, assignment, DONE, MONDAY + timedelta(days=today - ago))

    row = row_on(session, sam, today)

    assert row.adherence.done == 2
    assert len(row.days_28) == 4


def test_the_line_agrees_with_the_clients_own_page(
    session: Session, practice: Practice, sam: User, client: Client
) -> None:
    session.add(
        Episode(
            practice_id=practice.id,
            client_id=client.id,
            complaint="right hip",
            condition_category="sports_injury",
            started_on=MONDAY - timedelta(days=2),
        )
    )
    exercise = make_exercise(session, practice)
    make_assignment(session, client, exercise, created_at=on_day(-40))
    make_assignment(session, client, exercise, created_at=on_day(0))
    for day, score in ((-41, 1), (-3, 3), (-1, 8), (0, 6), (9, 5)):
        rate(session, client, score, day=day)

    row = row_on(session, sam, 10)

    assert row.pain == pain_figures(session, client, on_day(10))
    assert row.pain.baseline == 7


def test_the_most_urgent_come_first_then_the_longest_silent(
    session: Session, practice: Practice, sam: User
) -> None:
    def named(name: str) -> Client:
        return make_client(session, practice, therapist_id=sam.id, first_name=name, last_name="")

    fine, flagged = named("Fine"), named("Flagged")
    short, long = named("Short"), named("Long")
    low = named("Low")
    rate(session, fine, 2, day=0)
    raise_attention(session, flagged, AttentionKind.RED_FLAG)
    make_message(session, short, "ok", day=10)
    make_message(session, long, "ok", day=0)
    for client in (short, long):
        make_question(session, client, EXPIRED, day=11)
    make_days(session, make_assignment(session, low, make_exercise(session, practice)), *[SKIPPED] * 19)

    rows = sorted(rows_on(session, sam, 18), key=call_first)

    assert [row.client.name for row in rows] == ["Flagged", "Long", "Short", "Low", "Fine"]


def test_the_number_of_queries_does_not_grow_with_the_clients(
    session: Session,
    database: Database,
    practice: Practice,
    sam: User,
    count_queries: Counting,
) -> None:
    def queries_with(more: int) -> int:
        for _ in range(more):
            add_busy_client(session, practice, sam)
        session.commit()
        session.expunge_all()
        with count_queries(database) as statements:
            rows = rows_on(session, sam, 5)
        assert all(row.client.practice.name and row.therapist for row in rows)
        return len(statements)

    few, many = queries_with(1), queries_with(12)

    assert few == many <= 10


def add_busy_client(session: Session, practice: Practice, user: User) -> Client:
    client = make_client(session, practice, therapist_id=user.id)
    make_days(session, make_assignment(session, client, make_exercise(session, practice)), DONE, UNKNOWN)
    rate(session, client, 5, day=1)
    make_message(session, client, "5", day=1)
    make_question(session, client, EXPIRED, day=2)
    raise_attention(session, client, AttentionKind.QUESTION)
    return client


def test_the_caseload_is_the_same_on_every_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        sam = make_user(session, practice)
        add_busy_client(session, practice, sam)
        session.commit()
        row = row_on(session, sam, 5)

    assert (row.adherence, row.latest_rating) == (Adherence(done=1, unknown=1), 5)
    assert (row.last_reply_text, row.unanswered_in_a_row, row.needs) == ("5", 1, ["asks a question"])


def test_the_day_of_the_plan_goes_by_the_clients_clock(
    session: Session, practice: Practice, sam: User
) -> None:
    # Noon in New York is already the next day in Auckland.
    away = make_client(session, practice, therapist_id=sam.id, timezone="Pacific/Auckland")
    make_assignment(session, away, make_exercise(session, practice), created_at=on_day(0))

    [row] = caseload(session, sam, on_day(0) - timedelta(hours=3), MONDAY)
    [later] = caseload(session, sam, on_day(0) + timedelta(hours=20), MONDAY)

    assert (row.plan_day, later.plan_day) == (1, 2)
