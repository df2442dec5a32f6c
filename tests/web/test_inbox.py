"""Inbox: what needs a person, each with the client's words, our reading, and what can be done."""

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from care.attention import raise_item
from care.consent import opt_out
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    AuditEntry,
    Client,
    ConsentSource,
    LoginSession,
    Practice,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    Reply,
    Role,
    User,
)
from care.ratings import record_rating, supersede
from reminders.answered import TOO_MANY
from tests.making import MONDAY_8AM, MONDAY_9AM, make_answer, make_client, make_practice, make_text, make_user
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


def make_item(
    session: Session,
    client: Client,
    body: str,
    kind: AttentionKind = AttentionKind.UNREADABLE,
    intents: tuple[str, ...] = ("unclear",),
) -> AttentionItem:
    """An answer to a pain question that a person has to read."""
    asked = make_text(session, client, "What is your pain right now?")
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
    message = make_answer(session, client, body)
    session.add(
        Reply(
            practice_id=client.practice_id,
            client_id=client.id,
            message_id=message.id,
            question_id=question.id,
            context="pain_prompt",
            intents=list(intents),
            rules={intents[0]: "nothing else applied"},
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
    assert "no number, no answer and no question that we know" in text


def test_a_red_flag_stands_above_an_older_question(session, inbox, ali):
    make_item(session, ali, "is this ok?", AttentionKind.QUESTION, ("question",))
    make_item(session, ali, "numb when I wipe", AttentionKind.RED_FLAG, ("red_flag",))

    text = inbox.get("/inbox").text

    assert "Red flag: Ali Reza</h2>" in text
    assert re.findall(r", (Red flag|Asks a question)</span></a>", text) == ["Red flag", "Asks a question"]


def test_the_list_says_when_the_words_came_not_when_it_was_first_raised(session, inbox, ali):
    item = make_item(session, ali, "pain 9", AttentionKind.HIGH_PAIN, ("rating",))
    item.raised_at = MONDAY_8AM - timedelta(days=2)
    session.commit()

    listed = inbox.get("/inbox").text.partition('id="waiting"')[2]

    assert "Today 8:00am" in listed
    assert "Sat 28 Feb" not in listed


def test_of_many_texts_the_one_in_question_is_shown_with_what_stands_next_to_it(session, inbox, ali):
    item = make_item(session, ali, "my toes are blue", AttentionKind.RED_FLAG, ("red_flag",))
    newest = [make_answer(session, ali, f"text {number}.") for number in range(20)][14]
    item.message_id = newest.id
    session.commit()

    thread = inbox.get("/inbox").text.partition('class="thread"')[2].partition("</dl>")[0]

    assert "text 14." in thread
    assert "text 9." in thread
    assert "text 15." in thread
    assert "my toes are blue" not in thread


def test_a_phone_that_is_answered_no_more_is_not_called_unreadable(session, inbox, ali):
    item = make_item(session, ali, "what do you mean")
    item.details = {"reason": TOO_MANY, "what": "we answered 3 and stopped for an hour; perhaps a machine"}
    session.commit()

    text = inbox.get("/inbox").text

    assert "Many texts in an hour: Ali Reza" in text
    assert "We answered 3 and stopped for an hour; perhaps a machine" in text


def test_what_is_no_red_flag_does_not_sound_like_one(session, inbox, ali):
    make_item(session, ali, "pain 9", AttentionKind.HIGH_PAIN, ("rating",))
    make_item(session, ali, "wrong number", AttentionKind.WRONG_NUMBER, ("wrong_number",))

    text = inbox.get("/inbox").text

    assert ">Pain</span>" in text
    assert not any(f">{words}</span>" in text for words in ("Red flag", "Text failed"))


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


def test_a_long_list_is_shown_a_page_at_a_time_and_the_open_item_says_which(session, inbox, ali, monkeypatch):
    monkeypatch.setattr("web.inbox.PAGE", 2)
    for words in ("hm", "bit sore lol", "no idea"):
        make_item(session, ali, words)
    ids = listed_in(inbox.get("/inbox")) + listed_in(inbox.get("/inbox?page=2"))

    first, second, far = (inbox.get(f"/inbox{query}").text for query in ("", "?page=2", "?page=99"))
    named = inbox.get(f"/inbox?item={ids[2]}")
    closed = inbox.post(f"/inbox/{ids[1]}/close")

    assert len(set(ids)) == 3
    assert "Page 1 of 2" in first
    assert "Waiting (3)" in first
    assert "Page 2 of 2" in second
    assert "Waiting (3)" in second
    assert opened_in(second) == opened_in(far) == ids[2]
    assert listed_in(named) == ids[2:]
    assert closed.location == f"/inbox?item={ids[2]}"
    assert listed_in(inbox.get(closed.location)) == [ids[0], ids[2]]


def listed_in(answer: TestResponse) -> list[int]:
    return [int(id) for id in re.findall(r'id="need-(\d+)"', answer.text)]


def opened_in(text: str) -> int:
    return int(re.search(r'id="need-(\d+)"[^>]*aria-current', text)[1])


def read_as(inbox: FlaskClient, item: AttentionItem, reading: str, **more: str) -> TestResponse:
    return inbox.post(f"/inbox/{item.id}/reading", data={"reading": reading, **more})


def test_a_person_records_the_rating_nobody_could_read(session, inbox, ali, sam):
    item = make_item(session, ali, "six I think, no wait")

    read_as(inbox, item, "rating-6")

    rating = session.scalars(select(Rating)).one()
    assert (rating.score, rating.source, rating.user_id, rating.at) == (
        6,
        RatingSource.TEXT,
        sam.id,
        MONDAY_8AM,
    )
    assert session.scalars(select(Question.status)).one() is QuestionStatus.ANSWERED


def test_reading_what_nobody_could_read_deals_with_it_and_the_next_one_opens(session, inbox, ali):
    make_item(session, ali, "bit sore lol")
    item = make_item(session, ali, "6 or so")

    answer = read_as(inbox, item, "rating-6")

    session.refresh(item)
    assert (item.status, item.note) == (AttentionStatus.CLOSED, "Read as rating 6.")
    session.commit()
    page = inbox.get(answer.location)
    assert "bit sore lol" in page.text
    assert "Read as rating 6. Done." in page.text


def test_what_turns_out_to_ask_something_stays_until_it_is_answered(session, inbox, ali):
    item = make_item(session, ali, "hm or 4 sets")

    answer = read_as(inbox, item, "question")

    session.refresh(item)
    assert item.status is AttentionStatus.OPEN
    assert answer.location == f"/inbox?item={item.id}"


def test_a_corrected_rating_supersedes_the_earlier_one_of_the_same_reply(session, inbox, ali):
    item = make_item(session, ali, "7 or was it 1", AttentionKind.HIGH_PAIN, ("rating",))
    reply = session.scalars(select(Reply)).one()
    wrong = record_rating(session, ali, 7, source=RatingSource.TEXT, at=MONDAY_8AM, reply=reply)
    session.commit()

    answer = read_as(inbox, item, "rating-1")

    session.refresh(wrong)
    standing = session.scalars(select(Rating).where(Rating.superseded_by_id.is_(None))).one()
    assert (standing.score, wrong.superseded_by_id) == (1, standing.id)
    session.commit()
    page = inbox.get(answer.location).text
    assert re.search(r"<dt>Sam read</dt><dd>rating 1, today 8:00am</dd>", page)
    assert "corrected by Sam; first read as" in inbox.get(f"/clients/{ali.id}").text


def test_a_correction_of_what_the_client_corrected_since_says_that_theirs_stands(session, inbox, ali):
    item = make_item(session, ali, "7", AttentionKind.HIGH_PAIN, ("rating",))
    reply = session.scalars(select(Reply)).one()
    wrong = record_rating(session, ali, 7, source=RatingSource.TEXT, at=MONDAY_8AM, reply=reply)
    make_item(session, ali, "I meant 2", AttentionKind.QUESTION, ("rating",))
    later = session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()
    right = record_rating(session, ali, 2, source=RatingSource.TEXT, at=MONDAY_8AM, reply=later)
    supersede(session, wrong, right)
    session.commit()

    page = inbox.get(read_as(inbox, item, "rating-8").location).text

    assert "Read as rating 8. The client’s later 2 stands." in page
    standing = session.scalars(select(Rating).where(Rating.superseded_by_id.is_(None))).one()
    assert standing.score == 2


def test_a_correction_of_high_pain_is_told_to_whoever_treats_the_client(session, inbox, ali, sam):
    item = make_item(session, ali, "nine I think, no wait")

    read_as(inbox, item, "rating-9")

    raised = session.scalars(select(AttentionItem).where(AttentionItem.kind == AttentionKind.HIGH_PAIN)).one()
    assert (raised.client_id, raised.owner_id) == (ali.id, sam.id)


def test_our_reading_is_confirmed_with_one_tap_and_says_by_whom(session, inbox, ali, sam):
    item = make_item(session, ali, "7", AttentionKind.HIGH_PAIN, ("rating",))
    reply = session.scalars(select(Reply)).one()
    reply.rating = 7
    session.commit()
    assert "Right: rating 7" in inbox.get("/inbox").text

    answer = inbox.post(f"/inbox/{item.id}/confirm")

    session.refresh(reply)
    assert (reply.confirmed_by_id, reply.confirmed_at) == (sam.id, MONDAY_8AM)
    session.commit()
    page = inbox.get(answer.location).text
    assert "by Sam, today 8:00am" in page
    assert "Right: rating 7" not in page


def test_numbers_in_what_could_not_be_read_are_offered(session, inbox, ali):
    make_item(session, ali, "6 or 7 not 12, at 10:30 on 3/4, maybe 6.5")

    page = inbox.get("/inbox").text

    assert re.findall(r'value="([^"]+)">(?:Pain|No|Asks)[^<]*</button>', page)[:4] == [
        "rating-6",
        "rating-7",
        "rating-6.5",
        "no_rating",
    ]


@pytest.mark.parametrize(
    "reading", ["", "rating-", "rating-11", "rating-nan", "rating--1", "done-3", "all of it"]
)
def test_what_no_button_says_is_not_recorded(session, inbox, ali, reading):
    item = make_item(session, ali, "hm")

    answer = read_as(inbox, item, reading)

    assert answer.status_code == 422
    assert "Choose what the message means." in answer.text
    assert session.scalars(select(Rating)).all() == []


def test_the_rule_is_said_in_words(session, inbox, ali):
    make_item(session, ali, "is this ok?", AttentionKind.QUESTION, ("question",))
    reply = session.scalars(select(Reply)).one()
    reply.rules = {"question": "question mark", "rating": "rating.number", "done": "done: all done"}
    session.commit()

    page = html.unescape(inbox.get("/inbox").text)

    assert "it ends in a question mark; it holds one number from 0 to 10; it says “all done”" in page


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


def test_why_no_message_may_go_is_said_before_it_is_typed(session, inbox, ali, sam, practice):
    make_item(session, ali, "can I swim?", AttentionKind.QUESTION, ("question",))
    opt_out(session, practice.id, ali.phone_hash, ConsentSource.TEXT, MONDAY_8AM, client_ids=[ali.id])
    session.commit()

    page = inbox.get("/inbox").text

    assert "Ali cannot be texted now." in page
    assert "The client asked for no more texts (STOP)." in page
    assert "<textarea" not in page


def test_writing_back_and_closing_is_one_post(session, inbox, ali):
    make_item(session, ali, "bit sore lol")
    item = make_item(session, ali, "can I swim?", AttentionKind.QUESTION, ("question",))

    answer = inbox.post(f"/inbox/{item.id}/answer", data={"body": "Yes, gently.", "then": "close"})

    session.refresh(item)
    assert (item.status, item.note) == (AttentionStatus.CLOSED, "Wrote back.")
    session.commit()
    assert "bit sore lol" in inbox.get(answer.location).text


def test_a_message_about_health_comes_back_once_and_goes_with_the_second_tap(session, inbox, ali, sam):
    item = make_item(session, ali, "can I swim?", AttentionKind.QUESTION, ("question",))

    first = inbox.post(f"/inbox/{item.id}/answer", data={"body": "Rest your knee."})

    assert first.status_code == 422
    assert "This names a body part: &#39;knee&#39;. A text may be read by others." in first.text
    assert "Rest your knee." in first.text
    assert session.scalars(select(Reminder.body)).all() == []
    session.commit()
    anyway = html.unescape(re.search(r'name="anyway" value="([^"]+)"', first.text)[1])
    second = inbox.post(f"/inbox/{item.id}/answer", data={"body": "Rest your knee.", "anyway": anyway})
    assert second.status_code == 303
    [params] = session.scalars(select(Reminder.params)).all()
    assert params == {"user_id": sam.id, "health_words": ["knee"], "confirmed_by": sam.id}
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == item.id)).all()
    assert "confirm_health_words" in actions


def test_a_message_that_carriers_act_on_is_refused_with_what_to_do(session, inbox, ali):
    item = make_item(session, ali, "can I swim?", AttentionKind.QUESTION, ("question",))

    answer = inbox.post(f"/inbox/{item.id}/answer", data={"body": "Reply YES to swim", "anyway": '["YES"]'})

    assert answer.status_code == 422
    assert "Take out YES" in answer.text
    assert 'name="anyway"' not in answer.text


def test_what_is_put_off_leaves_the_inbox_and_its_count_and_comes_back(session, inbox, ali, clock):
    item = make_item(session, ali, "bit sore lol")

    inbox.post(f"/inbox/{item.id}/snooze", data={"until": "tomorrow"})

    session.refresh(item)
    assert item.snoozed_until == MONDAY_9AM + timedelta(days=1)
    session.commit()
    assert "All replies read." in inbox.get("/inbox").text
    assert 'class="count"' not in inbox.get("/inbox/count").text
    assert "bit sore lol" in inbox.get("/inbox?snoozed=1").text
    assert "Reply could not be read" not in inbox.get("/today").text


def test_what_was_put_off_is_there_again_in_the_morning(session, inbox, ali, sam, clock, sign_in):
    item = make_item(session, ali, "bit sore lol")
    inbox.post(f"/inbox/{item.id}/snooze", data={"until": "three_days"})

    clock.now = MONDAY_9AM + timedelta(days=3)
    sign_in(inbox, sam)

    assert "bit sore lol" in inbox.get("/inbox").text


@pytest.mark.parametrize("day", ["", "2026-03-02", "2026-06-01", "soon"])
def test_a_day_that_makes_no_sense_comes_back_with_a_sentence(session, inbox, ali, day):
    item = make_item(session, ali, "bit sore lol")

    answer = inbox.post(f"/inbox/{item.id}/snooze", data={"until": "day", "day": day})

    session.refresh(item)
    assert (answer.status_code, item.snoozed_until) == (422, None)
    assert "Choose " in answer.text


def test_a_red_flag_cannot_be_put_off_before_somebody_takes_care_of_it(session, inbox, ali):
    flag = make_item(session, ali, "numb when I wipe", AttentionKind.RED_FLAG, ("red_flag",))

    answer = inbox.post(f"/inbox/{flag.id}/snooze", data={"until": "tomorrow"})

    assert answer.status_code == 422
    assert "Take care of the red flag first" in answer.text


def test_it_is_brought_back_by_hand(session, inbox, ali):
    item = make_item(session, ali, "bit sore lol")
    inbox.post(f"/inbox/{item.id}/snooze?snoozed=1", data={"until": "tomorrow"})

    inbox.post(f"/inbox/{item.id}/wake?snoozed=1")

    assert "bit sore lol" in inbox.get("/inbox").text


def test_it_is_handed_to_a_colleague_and_mine_no_more(session, inbox, ali, practice):
    ada = make_user(session, practice, name="Ada", role=Role.ADMIN)
    kim = make_user(session, practice, name="Kim")
    item = make_item(session, ali, "bit sore lol")

    handed = inbox.post(f"/inbox/{item.id}/owner", data={"owner": ada.id})
    refused = inbox.post(f"/inbox/{item.id}/owner", data={"owner": kim.id})

    session.refresh(item)
    assert (handed.status_code, refused.status_code, item.owner_id) == (303, 422, ada.id)
    session.commit()
    assert "bit sore lol" not in inbox.get("/inbox?whose=mine").text
    assert "bit sore lol" in inbox.get("/inbox?whose=all").text


def test_filters_stay_in_the_address_while_the_list_is_dealt_with(session, inbox, ali):
    first = make_item(session, ali, "hm")
    make_item(session, ali, "bit sore lol")
    make_item(session, ali, "is this ok?", AttentionKind.QUESTION, ("question",))

    page = inbox.get("/inbox?kind=calls&whose=mine").text
    answer = inbox.post(f"/inbox/{first.id}/close?kind=replies&whose=mine")

    assert "Nothing of this kind waits." in page
    assert "kind=replies" in answer.location
    assert "whose=mine" in answer.location


def test_the_next_is_the_one_that_stood_behind_it(session, inbox, ali):
    items = [make_item(session, ali, f"hm {place}") for place in range(3)]

    answer = inbox.post(f"/inbox/{items[1].id}/close")

    assert answer.location == f"/inbox?item={items[0].id}"


def test_asking_for_the_count_keeps_nobody_signed_in(session, inbox, ali, clock):
    make_item(session, ali, "hm")
    before = session.scalars(select(LoginSession.seen_at)).one()
    session.commit()

    clock.now = MONDAY_8AM + timedelta(minutes=5)
    assert ">1<" in inbox.get("/inbox/count").text
    assert session.scalars(select(LoginSession.seen_at)).one() == before
    session.commit()

    clock.now = MONDAY_8AM + timedelta(minutes=16)
    assert inbox.get("/inbox/count").status_code == 303


def test_another_therapists_items_are_not_found(session, inbox, ali, practice, sign_in):
    item = make_item(session, ali, "bit sore lol")
    kim = make_user(session, practice, name="Kim")
    session.commit()
    sign_in(inbox, kim)

    assert "All replies read." in inbox.get("/inbox").text
    for action in ("acknowledge", "close", "confirm", "reading", "answer", "owner", "snooze", "wake"):
        assert inbox.post(f"/inbox/{item.id}/{action}", data={"reading": "rating-3"}).status_code == 404
