"""Which question an answer belongs to: the rules of docs/replies.md, each through the webhook."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from care.db import Database
from care.models import Client, Occurrence, OccurrenceStatus, Question, QuestionStatus
from tests.making import MONDAY, make_assignment, make_exercise
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import Line, open_line


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def maria(line: Line) -> Client:
    return line.add()


def assign(line: Line, client: Client, *times: str, **changes: object) -> None:
    with line.database.sessions.begin() as session:
        exercise = make_exercise(session, line.practice)
        make_assignment(session, session.get_one(Client, client.id), exercise, times=list(times), **changes)
    line.plan()


def remind(line: Line, client: Client) -> None:
    """The nine o'clock reminder goes out."""
    line.clock.now -= timedelta(minutes=1)
    assign(line, client, "09:00")
    line.later(minutes=1)
    assert "time for your home stretches" in line.drain()[0]


def statuses(line: Line, client: Client) -> list[tuple[date, time, str]]:
    with line.looking() as session:
        rows = session.scalars(
            select(Occurrence)
            .where(Occurrence.client_id == client.id, Occurrence.due_at <= line.clock.now)
            .order_by(Occurrence.due_at, Occurrence.id)
        )
        return [(one.slot_on, one.slot_time, one.status.value) for one in rows]


def test_a_bare_number_within_twelve_hours_answers_the_question(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.later(hours=11, minutes=50)

    answer = line.text(maria, "4")

    assert answer == ["Thanks Maria. We saved 4 out of 10. Your therapist sees it before your next visit."]
    [rating] = line.ratings(maria)
    assert (rating.score, rating.is_late) == (4, False)
    assert rating.question_id == line.questions(maria)[0].id
    assert line.questions(maria)[0].status is QuestionStatus.ANSWERED


def test_after_twelve_hours_a_bare_number_is_asked_again_once(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.later(hours=13)

    assert "could not read that" in line.text(maria, "4")[0]
    assert line.scores(maria) == []
    line.later(minutes=1)
    assert "We saved 5" in line.text(maria, "5")[0]

    assert line.scores(maria) == [5]
    assert {one.status for one in line.questions(maria)} == {QuestionStatus.ANSWERED}


@pytest.mark.parametrize("body", ["pain 4", "4/10", "my knee is a 4 pain wise", "back 4"])
def test_after_twelve_hours_what_says_it_is_pain_is_recorded_as_late(
    line: Line, maria: Client, body: str
) -> None:
    line.ask_pain(maria)
    line.later(hours=13)

    line.text(maria, body)

    [rating] = line.ratings(maria)
    assert (rating.score, rating.is_late) == (4, True)
    assert rating.question_id == line.questions(maria)[0].id


def test_after_a_day_it_belongs_to_no_question_and_is_not_late(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.later(hours=25)

    line.text(maria, "pain 4")

    [rating] = line.ratings(maria)
    assert (rating.score, rating.is_late, rating.question_id) == (4, False, None)


def test_the_practice_sets_the_hours_of_a_bare_number(line: Line, maria: Client) -> None:
    line.set_practice(thresholds={"bare_number_hours": 2})
    line.ask_pain(maria)
    line.later(hours=3)

    line.text(maria, "4")

    assert line.scores(maria) == []


def test_a_number_with_nothing_open_is_asked_about_and_then_put_before_a_person(
    line: Line, maria: Client
) -> None:
    assert "one whole number" in line.text(maria, "44")[0]
    line.later(minutes=1)

    assert line.text(maria, "55") == []

    assert line.scores(maria) == []
    assert line.causes() == [("unreadable", maria.id)]


def test_of_two_open_questions_the_newer_takes_the_number_and_the_older_has_none(
    line: Line, maria: Client
) -> None:
    line.ask_pain(maria)
    line.later(hours=3)
    line.ask_pain(maria)

    line.text(maria, "6")

    older, newer = line.questions(maria)
    assert (older.status, newer.status) == (QuestionStatus.EXPIRED, QuestionStatus.ANSWERED)
    assert [one.question_id for one in line.ratings(maria)] == [newer.id]


def test_done_belongs_to_the_reminder_and_the_number_to_the_newer_question(line: Line, maria: Client) -> None:
    remind(line, maria)
    line.later(hours=1)
    line.ask_pain(maria)

    line.text(maria, "done 4")

    exercises, pain = line.questions(maria)
    assert [(one[1], one[2]) for one in statuses(line, maria)] == [(time(9), "done")]
    assert [one.question_id for one in line.ratings(maria)] == [pain.id]
    assert (exercises.status, pain.status) == (QuestionStatus.ANSWERED, QuestionStatus.ANSWERED)


def test_done_and_the_number_may_come_in_two_messages(line: Line, maria: Client) -> None:
    remind(line, maria)

    assert "Marked as done" in line.text(maria, "DONE")[0]
    line.later(minutes=2)
    assert "We saved 3" in line.text(maria, "3")[0]

    [question] = line.questions(maria)
    assert line.scores(maria) == [3]
    assert line.ratings(maria)[0].question_id == question.id


def test_the_number_and_done_may_come_in_two_messages(line: Line, maria: Client) -> None:
    remind(line, maria)

    line.text(maria, "3")
    line.later(minutes=2)
    line.text(maria, "did them")

    assert line.scores(maria) == [3]
    assert [one[2] for one in statuses(line, maria)] == ["done"]
    assert line.questions(maria)[0].status is QuestionStatus.ANSWERED


def test_thanks_after_done_is_left_alone(line: Line, maria: Client) -> None:
    remind(line, maria)
    line.text(maria, "DONE")
    line.later(minutes=1)

    assert line.text(maria, "thanks!") == []
    assert line.causes() == []


def test_a_second_bare_number_is_not_recorded_but_asked_about(line: Line, maria: Client) -> None:
    remind(line, maria)
    line.text(maria, "3")
    line.later(minutes=1)

    assert "could not read" in line.text(maria, "7")[0]

    assert line.scores(maria) == [3]


def test_a_correction_stands_in_for_the_rating_and_answers_its_question(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.text(maria, "8")
    line.later(hours=20)

    line.text(maria, "sorry I meant 3")

    first, second = line.ratings(maria)
    assert (first.score, second.score, line.scores(maria)) == (8, 3, [3])
    assert first.superseded_by_id == second.id
    assert second.question_id == first.question_id == line.questions(maria)[0].id


def test_after_a_day_a_correction_is_a_rating_of_its_own(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.text(maria, "6")
    line.later(hours=24, minutes=1)

    line.text(maria, "I meant 3")

    assert line.scores(maria) == [6, 3]


def test_what_corrects_itself_answers_the_newer_question(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.text(maria, "2")
    line.later(hours=4)
    line.ask_pain(maria)

    line.text(maria, "4.. no wait 6")

    assert line.scores(maria) == [2, 6]


def test_a_correction_leaves_a_newer_reminder_open(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.later(minutes=5)
    line.text(maria, "2")
    line.text(maria, "*3")

    assert line.scores(maria) == [3]
    assert [one.status for one in line.questions(maria)] == [QuestionStatus.ANSWERED]


def test_done_with_nothing_open_closes_what_was_due_today(line: Line, maria: Client) -> None:
    line.clock.now -= timedelta(hours=1)
    assign(line, maria, "08:30", "09:30", is_reminded=False)
    line.later(hours=1)

    line.text(maria, "done")

    line.later(hours=1)
    assert [(one[1], one[2]) for one in statuses(line, maria)] == [
        (time(8, 30), "done"),
        (time(9, 30), "open"),
    ]


def test_a_count_closes_so_many_rounds(line: Line, maria: Client) -> None:
    line.clock.now -= timedelta(hours=1)
    assign(line, maria, "08:15", "08:30", "08:45", is_reminded=False)
    line.later(hours=1)

    line.text(maria, "did them twice")

    assert [one[2] for one in statuses(line, maria)] == ["done", "done", "open"]


def test_a_count_closes_the_round_that_was_reminded_of_first(line: Line, maria: Client) -> None:
    line.clock.now -= timedelta(hours=2)
    assign(line, maria, "07:30", "08:00", is_reminded=False)
    line.clock.now += timedelta(hours=2, minutes=-1)
    assign(line, maria, "09:00")
    line.later(minutes=1)
    line.drain()

    line.text(maria, "done twice")

    assert [(one[1], one[2]) for one in statuses(line, maria)] == [
        (time(7, 30), "done"),
        (time(8), "open"),
        (time(9), "done"),
    ]


def test_half_of_it_is_partial(line: Line, maria: Client) -> None:
    remind(line, maria)

    line.text(maria, "did half, had to stop")

    assert [one[2] for one in statuses(line, maria)] == ["partial"]


def test_what_stays_open_closes_as_unknown(line: Line, maria: Client) -> None:
    remind(line, maria)

    line.later(hours=25)
    line.sweep()

    assert statuses(line, maria)[0][2] == OccurrenceStatus.UNKNOWN.value
    assert line.questions(maria)[0].status is QuestionStatus.EXPIRED
    assert line.scores(maria) == []


def test_half_an_answer_is_no_silence(line: Line, maria: Client) -> None:
    remind(line, maria)
    line.text(maria, "3")

    line.later(hours=25)
    line.sweep()

    assert line.questions(maria)[0].status is QuestionStatus.ANSWERED
    assert statuses(line, maria)[0][2] == "unknown"


def test_done_hours_later_still_closes_what_was_reminded_of(line: Line, maria: Client) -> None:
    remind(line, maria)
    line.later(hours=14)

    line.text(maria, "all done")

    assert [(one[0], one[2]) for one in statuses(line, maria)] == [(MONDAY, "done")]


def test_the_reply_names_the_question_it_answers(line: Line, maria: Client) -> None:
    remind(line, maria)
    line.later(hours=1)
    line.ask_pain(maria)
    with line.looking() as session:
        exercises = session.scalars(select(Question).where(Question.context == "exercise_prompt")).one()

    line.text(maria, "not today")

    assert line.reply().question_id == exercises.id
