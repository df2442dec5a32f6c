"""Consent and opt-outs, on both databases: nobody is texted who did not say yes for the phone they have."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from care.consent import (
    consenting_clients,
    give_texting_consent,
    has_texting_consent,
    is_opted_out,
    list_consent_events,
    opt_in,
    opt_out,
    opted_out,
    texting_wording,
    withdraw_texting_consent,
)
from care.db import Database
from care.errors import Refused
from care.languages import LANGUAGES
from care.models import (
    ConsentAction,
    ConsentPurpose,
    ConsentSource,
    OptOut,
)
from tests.making import (
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_answer,
    make_client,
    make_consent,
    make_practice,
    make_user,
)

WORDING = texting_wording("en")


def stop(session, client, now=MONDAY_9AM, **changes):
    values = {"client_ids": [client.id]} | changes
    opt_out(session, client.practice_id, client.phone_hash, ConsentSource.TEXT, now, **values)


def start(session, client, now=MONDAY_NOON, **changes):
    values = {"client_ids": [client.id]} | changes
    return opt_in(session, client.practice_id, client.phone_hash, ConsentSource.TEXT, now, **values)


def test_a_client_who_said_yes_may_be_texted(any_database: Database):
    with any_database.sessions() as session:
        practice = make_practice(session)
        user = make_user(session, practice)
        client = make_client(session, practice, has_consent=False)
        assert not has_texting_consent(session, client)

        event = give_texting_consent(session, client, WORDING, ConsentSource.IN_PERSON, MONDAY_9AM, user=user)

        assert has_texting_consent(session, client)
        assert (event.wording, event.user_id, event.phone_hash) == (WORDING, user.id, client.phone_hash)


def test_consent_ends_when_it_is_withdrawn_and_both_words_stay_on_record(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))

        withdraw_texting_consent(session, client, "no more please", ConsentSource.PHONE_CALL, MONDAY_9AM)

        assert not has_texting_consent(session, client)
        actions = [event.action for event in list_consent_events(session, client)]
        assert actions == [ConsentAction.WITHDRAWN, ConsentAction.GIVEN]


def test_of_two_words_in_the_same_instant_the_later_written_counts(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))

        withdraw_texting_consent(session, client, "no", ConsentSource.PAPER, MONDAY_8AM)

        assert not has_texting_consent(session, client)


def test_a_no_after_the_clock_was_set_back_is_the_last_word(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session), has_consent=False)
        give_texting_consent(session, client, WORDING, ConsentSource.PAPER, MONDAY_NOON)

        withdraw_texting_consent(session, client, "no", ConsentSource.PAPER, MONDAY_9AM)

        assert not has_texting_consent(session, client)


def test_a_start_that_was_sent_before_the_stop_undoes_nothing(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))
        stop(session, client, MONDAY_9AM)

        back = start(session, client, MONDAY_8AM)

        assert back == set()
        assert is_opted_out(session, client.phone_hash)
        assert not has_texting_consent(session, client)


def test_consent_does_not_follow_to_another_phone(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))

        client.phone, client.phone_hash = "+12025550177", "another"
        session.flush()

        assert not has_texting_consent(session, client)


def test_a_yes_for_an_earlier_phone_does_not_come_back_after_a_later_no(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))
        first = client.phone_hash

        client.phone_hash = "another"
        withdraw_texting_consent(session, client, "no", ConsentSource.IN_PERSON, MONDAY_9AM)
        client.phone_hash = first
        session.flush()

        assert not has_texting_consent(session, client)


def test_consent_to_share_records_says_nothing_about_texts(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session), has_consent=False)

        make_consent(session, client, purpose=ConsentPurpose.SHARING)

        assert not has_texting_consent(session, client)


@pytest.mark.parametrize(
    ("changes", "wording", "sentence"),
    [
        ({"phone": None}, WORDING, "Add a phone before recording consent to texts."),
        ({}, "  ", "Record the words the client agreed to."),
    ],
)
def test_consent_needs_a_phone_and_words(session, changes, wording, sentence):
    client = make_client(session, make_practice(session), has_consent=False, **changes)

    with pytest.raises(Refused) as refusal:
        give_texting_consent(session, client, wording, ConsentSource.PAPER, MONDAY_9AM)

    assert str(refusal.value) == sentence


def test_many_clients_are_checked_in_one_query(any_database: Database, count_queries):
    with any_database.sessions() as session:
        practice = make_practice(session)
        yes, no, never, stopped = (make_client(session, practice, has_consent=i != 2) for i in range(4))
        withdraw_texting_consent(session, no, "no", ConsentSource.PAPER, MONDAY_9AM)
        stop(session, stopped)
        ids = [client.id for client in (yes, no, never, stopped)]

        with count_queries(any_database) as queries:
            found = consenting_clients(session, ids)

        assert found == {yes.id}
        assert len(queries) == 1


def test_asking_about_nobody_asks_nothing(session):
    assert consenting_clients(session, []) == set()
    assert opted_out(session, []) == set()


def test_stop_ends_consent_and_staff_cannot_undo_it(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))

        stop(session, client)

        assert not has_texting_consent(session, client)
        with pytest.raises(Refused, match="only the client can undo that, by texting START"):
            give_texting_consent(session, client, WORDING, ConsentSource.PAPER, MONDAY_NOON)


def test_stop_holds_for_the_phone_in_every_practice(any_database: Database):
    with any_database.sessions() as session:
        here = make_client(session, make_practice(session))
        there = make_client(session, make_practice(session), phone=here.phone)

        stop(session, here)

        assert consenting_clients(session, [here.id, there.id]) == set()


def test_a_second_stop_changes_nothing(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))

        stop(session, client)
        stop(session, client, now=MONDAY_NOON)

        assert session.scalars(select(OptOut)).one().at == MONDAY_9AM
        assert len(list_consent_events(session, client)) == 2


def test_an_opt_out_outlives_the_client(any_database: Database):
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        phone, phone_hash = client.phone, client.phone_hash
        stop(session, client)

        session.delete(client)
        session.flush()
        again = make_client(session, practice, phone=phone)

        assert is_opted_out(session, phone_hash)
        assert not has_texting_consent(session, again)


def test_start_brings_back_what_stop_took(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))
        stop(session, client)

        brought_back = start(session, client)

        assert brought_back == {client.id}
        assert has_texting_consent(session, client)
        assert not is_opted_out(session, client.phone_hash)


def test_start_signs_up_nobody_who_never_consented(any_database: Database):
    with any_database.sessions() as session:
        practice = make_practice(session)
        ann = make_client(session, practice)
        tom = make_client(session, practice, phone=ann.phone, has_consent=False)
        both = [ann.id, tom.id]
        stop(session, ann, client_ids=both)

        start(session, ann, client_ids=both)

        assert consenting_clients(session, both) == {ann.id}


def test_start_does_not_undo_a_no_that_was_given_to_staff(any_database: Database):
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        withdraw_texting_consent(
            session, client, "told me", ConsentSource.IN_PERSON, MONDAY_8AM, make_user(session, practice)
        )
        stop(session, client)

        assert start(session, client) == set()

        assert not has_texting_consent(session, client)


def test_after_start_staff_may_record_consent_again(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session), has_consent=False)
        stop(session, client)
        start(session, client)

        give_texting_consent(
            session, client, WORDING, ConsentSource.PAPER, MONDAY_NOON + timedelta(minutes=1)
        )

        assert has_texting_consent(session, client)


def test_the_message_is_linked_in_the_practice_that_got_it_alone(any_database: Database):
    with any_database.sessions() as session:
        here = make_client(session, make_practice(session))
        there = make_client(session, make_practice(session), phone=here.phone)
        message = make_answer(session, here, "STOP", at=MONDAY_9AM)

        stop(session, here, client_ids=[here.id, there.id], message_id=message.id)

        assert list_consent_events(session, here)[0].message_id == message.id
        assert list_consent_events(session, there)[0].message_id is None
        assert list_consent_events(session, there)[0].practice_id == there.practice_id


def test_the_words_read_to_a_client_name_what_they_must():
    for wording in map(texting_wording, LANGUAGES):
        assert "STOP" in wording
        assert "HELP" in wording
    assert "rates may apply" in WORDING
    assert "not encrypted" in WORDING
    assert "not read round the clock" in WORDING
