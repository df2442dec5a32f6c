"""Ticks from paper: what staff read off a sheet, what it changes, and that nothing of it is lost."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.adherence import Adherence, adherence_of
from care.db import Database
from care.models import (
    AnswerSource,
    Assignment,
    Client,
    Occurrence,
    OccurrenceStatus,
    PaperTick,
    Practice,
    Rating,
    RatingSource,
    User,
)
from care.occurrences import answer
from care.paper import NO_MARK, Entered, Reading, enter, first_day_to_enter, sheet_to_enter
from care.ratings import list_ratings
from care.timeline import timeline
from tests.care.measuring import make_occurrence, on_day
from tests.making import MONDAY, make_assignment, make_client, make_exercise, make_practice, make_user

DONE, PARTIAL, SKIPPED = OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED
UNKNOWN, OPEN = OccurrenceStatus.UNKNOWN, OccurrenceStatus.OPEN
FRIDAY = 4


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def client(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, phone=None, therapist_id=sam.id)


@pytest.fixture
def assignment(session: Session, practice: Practice, client: Client) -> Assignment:
    return make_assignment(session, client, make_exercise(session, practice))


@pytest.fixture
def boxes(session: Session, assignment: Assignment) -> list[Occurrence]:
    """Monday to Friday, on paper. On Friday noon the last may still be done."""
    return [
        make_occurrence(
            session,
            assignment,
            OPEN if day == FRIDAY else UNKNOWN,
            MONDAY + timedelta(days=day),
            is_on_paper=True,
        )
        for day in range(5)
    ]


def read(
    session: Session,
    client: Client,
    user: User,
    marks: dict[int, OccurrenceStatus],
    *,
    day: int = FRIDAY,
    pain: dict[date, float | None] | None = None,
    seen: dict[int, OccurrenceStatus] | None = None,
) -> Entered:
    return enter(session, client, MONDAY, Reading(marks, seen or {}, pain or {}, {}), user, on_day(day))


def marks_of(boxes: list[Occurrence], *marks: OccurrenceStatus) -> dict[int, OccurrenceStatus]:
    return {box.id: mark for box, mark in zip(boxes, marks, strict=True)}


def test_a_sheet_turns_paper_into_answers_and_empty_boxes_into_unknowns(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    entered = read(session, client, sam, marks_of(boxes, DONE, PARTIAL, SKIPPED, NO_MARK, NO_MARK))

    assert entered == Entered(boxes=4, ratings=0)
    assert adherence_of(session, client.id, MONDAY, MONDAY + timedelta(days=6)) == Adherence(
        done=1, partial=1, skipped=1, unknown=1, open=1
    )
    assert [box.source for box in boxes] == [AnswerSource.PAPER] * 4 + [None]
    assert boxes[0].answered_at == boxes[0].due_at


def test_the_same_sheet_twice_changes_nothing(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    marks = marks_of(boxes, DONE, DONE, SKIPPED, NO_MARK, DONE)
    read(session, client, sam, marks, pain={MONDAY: 4})

    again = read(session, client, sam, marks, pain={MONDAY: 4})

    assert again == Entered(0, 0)
    assert len(session.scalars(select(PaperTick)).all()) == 5


def test_a_correction_stands_and_what_was_read_first_is_kept(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    read(session, client, sam, marks_of(boxes, DONE, DONE, DONE, DONE, NO_MARK))

    read(session, client, sam, {boxes[0].id: SKIPPED, boxes[1].id: NO_MARK}, day=5)

    assert [box.status for box in boxes[:2]] == [SKIPPED, UNKNOWN]
    assert boxes[1].source is AnswerSource.PAPER
    ticks = session.scalars(select(PaperTick).order_by(PaperTick.id)).all()
    assert [(tick.was, tick.status) for tick in ticks[-2:]] == [(DONE, SKIPPED), (DONE, UNKNOWN)]
    corrected, entered = timeline(session, client, kinds=["paper"])
    assert (entered.title, entered.body) == ("Sheet entered", "4 done")
    assert entered.detail == "2 Mar to 5 Mar, by Sam"
    assert corrected.title == "Sheet put right"
    assert corrected.body == "1 from done to left out, 1 from done to without a mark"


def test_what_the_client_said_by_text_is_not_read_off_paper(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    answer(session, boxes[:1], SKIPPED, on_day(0), AnswerSource.TEXT)

    entered = read(session, client, sam, {boxes[0].id: DONE})

    assert entered == Entered(0, 0)
    assert (boxes[0].status, boxes[0].source) == (SKIPPED, AnswerSource.TEXT)


def test_a_box_nobody_touched_takes_nothing_back_that_came_meanwhile(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    shown = marks_of(boxes, *[NO_MARK] * 5)
    read(session, client, sam, {boxes[0].id: DONE})

    read(session, client, sam, shown | {boxes[1].id: DONE}, seen=shown)

    assert [box.status for box in boxes[:2]] == [DONE, DONE]


def test_an_empty_box_of_a_client_with_a_phone_says_nothing(
    session: Session, client: Client, sam: User, assignment: Assignment
) -> None:
    box = make_occurrence(session, assignment, UNKNOWN)

    assert read(session, client, sam, {box.id: NO_MARK}) == Entered(0, 0)
    assert box.source is None


def test_a_box_still_to_come_or_of_somebody_else_cannot_be_entered(
    session: Session, practice: Practice, client: Client, sam: User, assignment: Assignment
) -> None:
    ahead = make_occurrence(session, assignment, OPEN, MONDAY + timedelta(days=6), is_on_paper=True)
    other = make_client(session, practice, phone=None)
    exercise = make_exercise(session, practice)
    strange = make_occurrence(session, make_assignment(session, other, exercise), UNKNOWN, is_on_paper=True)

    assert read(session, client, sam, {ahead.id: DONE, strange.id: DONE}) == Entered(0, 0)


def test_pain_from_paper_is_a_rating_that_a_later_look_can_put_right_or_take_back(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    tuesday = MONDAY + timedelta(days=1)
    read(session, client, sam, {}, pain={MONDAY: 6, tuesday: 0, MONDAY + timedelta(days=9): 3})
    assert [(one.score, one.source) for one in list_ratings(session, client.id)] == [
        (6, RatingSource.PAPER),
        (0, RatingSource.PAPER),
    ]

    read(session, client, sam, {}, pain={MONDAY: 5, tuesday: None})

    [rating] = list_ratings(session, client.id)
    assert (rating.score, rating.at) == (5, on_day(0))
    assert session.get_one(Rating, rating.id).user_id == sam.id


def test_the_page_opens_where_the_oldest_sheet_waits(
    session: Session, client: Client, sam: User, boxes: list[Occurrence]
) -> None:
    assert first_day_to_enter(session, client, on_day(FRIDAY)) == MONDAY

    read(session, client, sam, marks_of(boxes, *[DONE] * 5))

    assert first_day_to_enter(session, client, on_day(FRIDAY)) == MONDAY + timedelta(days=FRIDAY - 13)


def test_a_sheet_is_entered_on_either_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        sam, client = make_user(session, practice), make_client(session, practice, phone=None)
        assignment = make_assignment(session, client, make_exercise(session, practice))
        box = make_occurrence(session, assignment, UNKNOWN, is_on_paper=True)

        read(session, client, sam, {box.id: DONE}, pain={MONDAY: 2})

        [entry] = timeline(session, client, kinds=["paper"])
        assert entry.body == "1 done"
        assert sheet_to_enter(session, client, MONDAY, on_day(1)).pain[MONDAY].score == 2
