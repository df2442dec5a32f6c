"""Messages a person types: what may go, what needs a second tap, and when it goes."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.consent import opt_out
from care.errors import Refused
from care.models import Client, ConsentSource, FollowUpKind, NumberState, Practice, Reminder, User
from reminders.outbox import owe_message
from reminders.permission import MayWrite, may_write
from reminders.planning import plan_ahead
from reminders.texting_facts import texting_facts
from reminders.timelines import timelines
from reminders.typed import Unconfirmed
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, make_client, make_follow_up, make_practice, make_user

EIGHT_IN_THE_EVENING = MONDAY_9AM + timedelta(hours=11, minutes=30)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice)


@pytest.fixture
def maria(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def may(session: Session, client: Client, now=MONDAY_9AM) -> MayWrite:
    practice = session.get_one(Practice, client.practice_id)
    return may_write(client, practice, texting_facts(session, client, now), now, is_real=False)


def test_an_ordinary_message_goes_without_a_question(session, maria, sam):
    assert owe_message(session, maria, "See you on Tuesday.", MONDAY_9AM, sam) == []

    assert session.scalars(select(Reminder.params)).all() == [{"user_id": sam.id}]


def test_a_word_about_health_waits_for_a_second_tap(session, maria, sam):
    with pytest.raises(Unconfirmed) as asked:
        owe_message(session, maria, "Ice your knee and your neck", MONDAY_9AM, sam)

    assert asked.value.words == ["knee", "neck"]
    assert asked.value.sentences[0] == "This names a body part: 'knee'. A text may be read by others."
    assert session.scalars(select(Reminder)).all() == []


def test_the_second_tap_is_kept_with_the_text(session, maria, sam):
    owe_message(session, maria, "Ice your knee", MONDAY_9AM, sam, ["knee"])

    assert session.scalars(select(Reminder.params)).all() == [
        {"user_id": sam.id, "health_words": ["knee"], "confirmed_by": sam.id}
    ]


def test_a_word_put_in_after_the_question_is_asked_about_again(session, maria, sam):
    with pytest.raises(Unconfirmed):
        owe_message(session, maria, "Ice your knee and your neck", MONDAY_9AM, sam, ["knee"])


@pytest.mark.parametrize("body", ["Reply YES if you come", "Look at bit.ly/x"])
def test_what_carriers_act_on_or_block_is_refused_whoever_confirms_it(session, maria, sam, body):
    with pytest.raises(Refused) as refusal:
        owe_message(session, maria, body, MONDAY_9AM, sam, ["YES", "bit.ly"])

    assert not isinstance(refusal.value, Unconfirmed)


def test_a_planned_message_carries_who_let_its_words_through(session, maria, sam):
    make_follow_up(
        session,
        maria,
        kind=FollowUpKind.MESSAGE,
        due_on=MONDAY,
        at_time=time(10),
        body="Ice your knee",
        health_words=["knee"],
        created_by_id=sam.id,
    )
    session.flush()

    plan_ahead(session, timelines(session, MONDAY_8AM)[0])

    assert session.scalars(select(Reminder.params)).all() == [
        {"health_words": ["knee"], "confirmed_by": sam.id}
    ]


def test_a_message_may_go_at_once_in_the_hours_for_texts(session, maria):
    assert may(session, maria) == MayWrite()


def test_a_message_of_the_evening_waits_for_the_morning(session, maria):
    answer = may(session, maria, EIGHT_IN_THE_EVENING)

    assert (answer.reason, answer.later) == (None, MONDAY_9AM + timedelta(days=1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"phone": None, "phone_hash": None}, "no_phone"),
        ({"number_state": NumberState.INVALID}, "number_not_in_use"),
        ({"paused_from": MONDAY}, "paused"),
    ],
)
def test_the_reason_why_none_may_go_is_known_before_it_is_typed(session, maria, change, reason):
    for name, value in change.items():
        setattr(maria, name, value)
    session.flush()

    assert may(session, maria).reason == reason


def test_without_consent_or_after_stop_none_may_go(session, practice, maria):
    silent = make_client(session, practice, has_consent=False)
    opt_out(session, practice.id, maria.phone_hash, ConsentSource.TEXT, MONDAY_8AM, client_ids=[maria.id])

    assert may(session, silent).reason == "no_consent"
    assert may(session, maria).reason == "opted_out"
