"""A person's reading in place of ours: what it changes everywhere, and the trace it leaves."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.adherence import adherence_of
from care.brief import brief_for
from care.corrections import Meaning, Means, confirm, correct
from care.db import Database
from care.errors import Refused
from care.in_words import reading_in_words
from care.models import (
    Client,
    Direction,
    Message,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    ReminderKind,
    Reply,
    User,
)
from care.ratings import latest_rating, list_ratings, record_rating, supersede
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)

AN_HOUR = timedelta(hours=1)
TUESDAY_NOON = MONDAY_NOON + timedelta(days=1)


@pytest.fixture
def session(any_database: Database) -> Iterator[Session]:
    with any_database.sessions() as session:
        yield session


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def client(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, therapist_id=sam.id)


def write_message(session: Session, client: Client, body: str, direction: Direction, at: datetime) -> Message:
    message = Message(
        practice_id=client.practice_id,
        client_id=client.id,
        direction=direction,
        phone=client.phone,
        phone_hash=client.phone_hash,
        body=body,
        status="received",
        at=at,
    )
    session.add(message)
    session.flush()
    return message


def ask(session: Session, client: Client, context: str = "pain_prompt") -> Question:
    """Asked at nine on Monday, open for a day."""
    asked = write_message(session, client, "How are you?", Direction.OUT, MONDAY_9AM)
    question = Question(
        practice_id=client.practice_id,
        client_id=client.id,
        message_id=asked.id,
        context=context,
        asked_at=MONDAY_9AM,
        bare_until=MONDAY_9AM + timedelta(hours=12),
        closes_at=MONDAY_9AM + timedelta(hours=24),
    )
    session.add(question)
    session.flush()
    return question


def reply_with(
    session: Session,
    client: Client,
    body: str,
    *intents: str,
    question: Question | None = None,
    at: datetime = MONDAY_9AM + AN_HOUR,
    rating: float | None = None,
) -> Reply:
    """A message as it was read, with the rating that was recorded for it."""
    message = write_message(session, client, body, Direction.IN, at)
    reply = Reply(
        practice_id=client.practice_id,
        client_id=client.id,
        message_id=message.id,
        question_id=question.id if question else None,
        context=question.context if question else "none",
        intents=list(intents),
        rating=rating,
        at=at,
    )
    session.add(reply)
    session.flush()
    if rating is not None:
        record_rating(
            session, client, rating, source=RatingSource.TEXT, at=at, question=question, reply=reply
        )
    return reply


def make_due(session: Session, client: Client, practice: Practice, question: Question | None) -> Occurrence:
    """An exercise due at nine on Monday, of which the question's text reminded."""
    assignment = make_assignment(session, client, make_exercise(session, practice))
    reminder = None
    if question is not None:
        reminder = Reminder(
            practice_id=client.practice_id,
            client_id=client.id,
            kind=ReminderKind.EXERCISE,
            dedupe_key=f"exercise:{client.id}",
            text_key="reminder",
            lane=1,
            priority=5,
            due_at=MONDAY_9AM,
            send_at=MONDAY_9AM,
            expires_at=MONDAY_NOON,
            message_id=question.message_id,
            created_at=MONDAY_8AM,
        )
        session.add(reminder)
        session.flush()
    occurrence = Occurrence(
        practice_id=client.practice_id,
        client_id=client.id,
        assignment_id=assignment.id,
        slot_on=MONDAY,
        slot_time=MONDAY_9AM.time(),
        due_at=MONDAY_9AM,
        closes_at=MONDAY_9AM + timedelta(hours=24),
        reminder_id=reminder.id if reminder else None,
    )
    session.add(occurrence)
    session.flush()
    return occurrence


def scores(session: Session, client: Client) -> list[float]:
    return [rating.score for rating in list_ratings(session, client.id)]


def test_the_number_a_person_read_stands_everywhere_and_the_first_stays_stored(session, client, sam):
    reply = reply_with(session, client, "7 or was it 1", "rating", rating=7)

    correct(session, client, reply, Meaning(Means.RATING, 1), sam, MONDAY_NOON)

    assert scores(session, client) == [1]
    assert latest_rating(session, client.id).score == 1
    assert brief_for(session, client, MONDAY_NOON).worst == 1
    assert sorted(session.scalars(select(Rating.score))) == [1, 7]
    assert (reply.rating, reply.intents) == (7, ["rating"])


def test_a_correction_says_who_when_and_what_was_read_first(session, client, sam):
    reply = reply_with(session, client, "six I think", "unclear")

    correct(session, client, reply, Meaning(Means.RATING, 6), sam, MONDAY_NOON)

    entry = {"at": MONDAY_NOON.isoformat(), "by": "Sam", "means": "rating", "score": 6}
    assert reply.corrections == [entry]
    assert (reply.confirmed_by_id, reply.confirmed_at) == (sam.id, MONDAY_NOON)
    told = "rating 6 (corrected by Sam; first read as could not be read)"
    assert reading_in_words(reply) == told
    assert [words.reading for words in brief_for(session, client, MONDAY_NOON).words] == [told]


def test_a_correction_can_be_corrected_again_and_both_are_kept(session, client, sam):
    reply = reply_with(session, client, "7", "rating", rating=7)

    for score in (1, 4):
        correct(session, client, reply, Meaning(Means.RATING, score), sam, MONDAY_NOON)

    assert scores(session, client) == [4]
    assert [one["score"] for one in reply.corrections] == [1, 4]
    assert reading_in_words(reply).startswith("rating 4 (")


def test_what_is_no_rating_counts_no_more_and_the_question_waits_again(session, client, sam):
    question = ask(session, client)
    reply = reply_with(session, client, "my 3 kids are sick", "rating", question=question, rating=3)
    question.status = QuestionStatus.ANSWERED

    correct(session, client, reply, Meaning(Means.NO_RATING), sam, MONDAY_NOON)

    assert scores(session, client) == []
    assert (question.status, question.answered_at) == (QuestionStatus.OPEN, None)


def test_a_question_whose_time_is_over_does_not_open_again(session, client, sam):
    question = ask(session, client)
    reply = reply_with(session, client, "my 3 kids", "rating", question=question, rating=3)

    correct(session, client, reply, Meaning(Means.NO_RATING), sam, TUESDAY_NOON)

    assert question.status is QuestionStatus.EXPIRED


def test_a_rating_taken_back_can_be_given_again(session, client, sam):
    reply = reply_with(session, client, "3", "rating", rating=3)

    correct(session, client, reply, Meaning(Means.NO_RATING), sam, MONDAY_NOON)
    correct(session, client, reply, Meaning(Means.RATING, 3), sam, MONDAY_NOON)

    assert scores(session, client) == [3]


def test_a_rating_answers_the_question_the_message_was_sent_to(session, client, sam):
    question = ask(session, client)
    reply = reply_with(session, client, "six I think, no wait", "unclear", question=question)

    correct(session, client, reply, Meaning(Means.RATING, 6), sam, MONDAY_NOON)

    assert (question.status, question.answered_at) == (QuestionStatus.ANSWERED, reply.at)
    assert session.scalars(select(Rating.question_id)).all() == [question.id]


def test_the_clients_own_later_correction_still_holds(session, client, sam):
    first = reply_with(session, client, "7", "rating", rating=7)
    later = reply_with(session, client, "oops 4", "rating", rating=4, at=MONDAY_NOON)
    seven, four = session.scalars(select(Rating).order_by(Rating.id))
    supersede(session, seven, four)

    correct(session, client, first, Meaning(Means.RATING, 1), sam, MONDAY_NOON)

    assert scores(session, client) == [4]
    assert four.reply_id == later.id


def test_what_a_mistaken_correction_stood_in_for_counts_again(session, client, sam):
    reply_with(session, client, "7", "rating", rating=7)
    mistaken = reply_with(session, client, "sorry 4 pm", "rating", rating=4, at=MONDAY_NOON)
    seven, four = session.scalars(select(Rating).order_by(Rating.id))
    supersede(session, seven, four)

    correct(session, client, mistaken, Meaning(Means.NO_RATING), sam, MONDAY_NOON)
    session.expire_all()

    assert scores(session, client) == [7]


@pytest.mark.parametrize(
    ("means", "status"),
    [
        (Means.DONE, OccurrenceStatus.DONE),
        (Means.PARTIAL, OccurrenceStatus.PARTIAL),
        (Means.SKIPPED, OccurrenceStatus.SKIPPED),
    ],
)
def test_exercises_the_text_reminded_of_are_answered_again(session, client, practice, sam, means, status):
    question = ask(session, client, "exercise_prompt")
    due = make_due(session, client, practice, question)
    due.status = OccurrenceStatus.UNKNOWN
    reply = reply_with(session, client, "well sort of", "unclear", question=question)

    correct(session, client, reply, Meaning(means), sam, TUESDAY_NOON)

    assert (due.status, due.reply_id, due.answered_at) == (status, reply.id, reply.at)
    counted = adherence_of(session, client.id, MONDAY, MONDAY)
    assert (counted.due, counted.unknown) == (1, 0)


def test_without_a_question_the_exercises_of_that_day_are_answered(session, client, practice, sam):
    due = make_due(session, client, practice, None)
    reply = reply_with(session, client, "finito", "unclear")

    correct(session, client, reply, Meaning(Means.DONE), sam, TUESDAY_NOON)

    assert due.status is OccurrenceStatus.DONE


def test_done_corrected_to_partly_changes_the_same_exercises(session, client, practice, sam):
    due = make_due(session, client, practice, None)
    reply = reply_with(session, client, "done, well half", "done")
    due.status, due.reply_id = OccurrenceStatus.DONE, reply.id

    correct(session, client, reply, Meaning(Means.PARTIAL), sam, TUESDAY_NOON)

    assert due.status is OccurrenceStatus.PARTIAL


def test_a_corrected_number_leaves_what_the_message_says_of_exercises(session, client, practice, sam):
    due = make_due(session, client, practice, None)
    reply = reply_with(session, client, "done 4", "done", "rating", rating=4)
    due.status, due.reply_id = OccurrenceStatus.DONE, reply.id

    correct(session, client, reply, Meaning(Means.RATING, 6), sam, MONDAY_NOON)

    assert (due.status, scores(session, client)) == (OccurrenceStatus.DONE, [6])


@pytest.mark.parametrize(
    ("now", "status"), [(MONDAY_NOON, OccurrenceStatus.OPEN), (TUESDAY_NOON, OccurrenceStatus.UNKNOWN)]
)
def test_what_only_asks_has_answered_nothing(session, client, practice, sam, now, status):
    due = make_due(session, client, practice, None)
    reply = reply_with(session, client, "done 4 or 5 sets?", "done", "rating", rating=4)
    due.status, due.reply_id, due.answered_at = OccurrenceStatus.DONE, reply.id, reply.at

    correct(session, client, reply, Meaning(Means.QUESTION), sam, now)

    assert (due.status, due.reply_id, due.answered_at) == (status, None, None)
    assert scores(session, client) == []


def test_labelled_numbers_stay_when_the_whole_is_corrected(session, client, sam):
    reply = reply_with(session, client, "knee 3, rest 5", "rating", rating=5)
    record_rating(session, client, 3, source=RatingSource.TEXT, at=reply.at, reply=reply, label="knee")

    correct(session, client, reply, Meaning(Means.RATING, 6), sam, MONDAY_NOON)

    standing = {(one.label, one.score) for one in list_ratings(session, client.id)}
    assert standing == {("knee", 3), (None, 6)}


@pytest.mark.parametrize("score", [None, -1, 10.5])
def test_a_number_off_the_scale_is_refused(session, client, sam, score):
    reply = reply_with(session, client, "7", "rating", rating=7)

    with pytest.raises(Refused):
        correct(session, client, reply, Meaning(Means.RATING, score), sam, MONDAY_NOON)

    assert reply.corrections == []


def test_the_first_who_confirmed_a_reading_stays(session, client, practice, sam):
    kim = make_user(session, practice, name="Kim")
    reply = reply_with(session, client, "7", "rating", rating=7)

    confirm(session, reply, sam, MONDAY_NOON)
    confirm(session, reply, kim, TUESDAY_NOON)

    assert (reply.confirmed_by_id, reply.confirmed_at) == (sam.id, MONDAY_NOON)
    assert (scores(session, client), reply.corrections) == ([7], [])
