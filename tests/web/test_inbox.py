"""Inbox: what needs a person, each with the client's words, our reading, and what can be done."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    Direction,
    Message,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    Reply,
    User,
)
from care.ratings import record_rating
from tests.making import MONDAY_8AM, make_client, make_practice, make_user
from tests.web.conftest import SignIn


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def ali(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, first_name="Ali", last_name="Reza", therapist_id=sam.id)


@pytest.fixture
def inbox(session: Session, browser: FlaskClient, sign_in: SignIn, sam: User, ali: Client) -> FlaskClient:
    session.commit()
    sign_in(browser, sam)
    return browser


def make_message(session: Session, client: Client, body: str, direction: Direction) -> Message:
    message = Message(
        practice_id=client.practice_id,
        client_id=client.id,
        direction=direction,
        phone=client.phone,
        phone_hash=client.phone_hash,
        body=body,
        status="received" if direction is Direction.IN else "delivered",
        at=MONDAY_8AM,
    )
    session.add(message)
    session.flush()
    return message


def make_item(
    session: Session,
    client: Client,
    body: str,
    kind: AttentionKind = AttentionKind.UNREADABLE,
    intents: tuple[str, ...] = ("unclear",),
) -> AttentionItem:
    """An answer to a pain question that a person has to read."""
    asked = make_message(session, client, "What is your pain right now?", Direction.OUT)
    question = Question(
        practice_id=client.practice_id,
        client_id=client.id,
        message_id=asked.id,
        context="pain_prompt",
        asked_at=MONDAY_8AM - timedelta(hours=1),
        bare_until=MONDAY_8AM + timedelta(hours=11),
        closes_at=MONDAY_8AM + timedelta(hours=23),
    )
    session.add(question)
    session.flush()
    message = make_message(session, client, body, Direction.IN)
    session.add(
        Reply(
            practice_id=client.practice_id,
            client_id=client.id,
            message_id=message.id,
            question_id=question.id,
            context="pain_prompt",
            intents=list(intents),
            rules={intents[0]: "nothing_applied"},
            at=MONDAY_8AM,
        )
    )
    item = raise_item(
        session,
        client.practice_id,
        kind,
        f"{kind.value}:{message.id}",
        MONDAY_8AM,
        client_id=client.id,
        message_id=message.id,
    )
    session.commit()
    return item


def test_an_empty_inbox_says_so(inbox):
    assert "All replies read." in inbox.get("/inbox").text


def test_an_item_shows_words_question_reading_and_rule(session, inbox, ali):
    make_item(session, ali, "bit sore lol")

    text = inbox.get("/inbox").text

    assert "bit sore lol" in text
    assert "What is your pain right now?" in text
    assert "could not be read" in text
    assert "unclear: nothing applied" in text


def test_a_red_flag_stands_above_an_older_question(session, inbox, ali):
    make_item(session, ali, "is this ok?", AttentionKind.QUESTION, ("question",))
    make_item(session, ali, "numb when I wipe", AttentionKind.RED_FLAG, ("red_flag",))

    text = inbox.get("/inbox").text

    assert "numb when I wipe" in text
    assert "is this ok?" not in text


def test_taking_care_of_a_red_flag_leaves_name_and_time(session, inbox, ali, sam):
    item = make_item(session, ali, "numb when I wipe", AttentionKind.RED_FLAG, ("red_flag",))

    answer = inbox.post(f"/inbox/{item.id}/acknowledge")

    session.refresh(item)
    assert answer.location == f"/inbox?item={item.id}"
    assert (item.status, item.acknowledged_by_id, item.acknowledged_at) == (
        AttentionStatus.ACKNOWLEDGED,
        sam.id,
        MONDAY_8AM,
    )
    session.commit()
    assert "Sam takes care of it since" in inbox.get(answer.location).text


def test_a_red_flag_is_closed_with_a_note_alone(session, inbox, ali):
    item = make_item(session, ali, "numb when I wipe", AttentionKind.RED_FLAG, ("red_flag",))

    without = inbox.post(f"/inbox/{item.id}/close", data={"note": ""})
    with_note = inbox.post(f"/inbox/{item.id}/close", data={"note": "Called, sent to the ER"})

    session.refresh(item)
    assert without.status_code == 422
    assert with_note.status_code == 303
    assert (item.status, item.note) == (AttentionStatus.CLOSED, "Called, sent to the ER")


def test_after_closing_one_the_next_opens_by_itself(session, inbox, ali):
    first = make_item(session, ali, "hm")
    make_item(session, ali, "bit sore lol")

    answer = inbox.post(f"/inbox/{first.id}/close")

    assert "bit sore lol" in inbox.get(answer.location).text


def test_a_person_records_the_rating_nobody_could_read(session, inbox, ali, sam):
    item = make_item(session, ali, "six I think, no wait")

    inbox.post(f"/inbox/{item.id}/rating", data={"score": "6"})

    rating = session.scalars(select(Rating)).one()
    assert (rating.score, rating.source, rating.user_id, rating.at) == (
        6,
        RatingSource.TEXT,
        sam.id,
        MONDAY_8AM,
    )
    assert session.scalars(select(Question.status)).one() is QuestionStatus.ANSWERED


def test_a_corrected_rating_supersedes_the_earlier_one_of_the_same_reply(session, inbox, ali):
    item = make_item(session, ali, "7 or was it 1", AttentionKind.HIGH_PAIN, ("rating",))
    reply = session.scalars(select(Reply)).one()
    wrong = record_rating(session, ali, 7, source=RatingSource.TEXT, at=MONDAY_8AM, reply=reply)
    session.commit()

    inbox.post(f"/inbox/{item.id}/rating", data={"score": "1"})

    session.refresh(wrong)
    standing = session.scalars(select(Rating).where(Rating.superseded_by_id.is_(None))).one()
    assert (standing.score, wrong.superseded_by_id) == (1, standing.id)


@pytest.mark.parametrize("score", ["", "11", "a lot", "-1", "nan"])
def test_what_is_no_score_is_not_recorded(session, inbox, ali, score):
    item = make_item(session, ali, "hm")

    answer = inbox.post(f"/inbox/{item.id}/rating", data={"score": score})

    assert answer.status_code == 422
    assert "Pain must be a number from 0 to 10." in answer.text
    assert session.scalars(select(Rating)).all() == []


def test_writing_back_owes_the_client_a_message(session, inbox, ali):
    item = make_item(session, ali, "can I swim?", AttentionKind.QUESTION, ("question",))

    answer = inbox.post(f"/inbox/{item.id}/answer", data={"body": "Yes, gently."})

    assert answer.status_code == 303
    assert session.scalars(select(Reminder.body)).all() == ["Yes, gently."]


def test_a_message_that_may_not_go_out_comes_back_filled(session, browser, sign_in, practice, sam):
    client = make_client(session, practice, has_consent=False, therapist_id=sam.id)
    item = make_item(session, client, "hello?")
    sign_in(browser, sam)

    answer = browser.post(f"/inbox/{item.id}/answer", data={"body": "Yes, gently."})

    assert answer.status_code == 422
    assert "has not agreed to texts" in answer.text
    assert "Yes, gently." in answer.text


def test_another_therapists_items_are_not_found(session, inbox, ali, practice, sign_in):
    item = make_item(session, ali, "bit sore lol")
    kim = make_user(session, practice, name="Kim")
    session.commit()
    sign_in(inbox, kim)

    assert "All replies read." in inbox.get("/inbox").text
    for action in ("acknowledge", "close", "rating", "answer"):
        assert inbox.post(f"/inbox/{item.id}/{action}", data={"score": "3"}).status_code == 404
