"""Clients: their details, who sees them, goals, precautions and pauses."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from care.clients import (
    ClientDetails,
    add_client,
    clients_by_id,
    find_client,
    find_client_by_token,
    get_client,
    list_clients,
    list_clients_with_phone,
    request_window,
    update_client,
)
from care.consent import has_texting_consent
from care.errors import NotFound, Refused
from care.goals import current_goal, set_goal
from care.models import ClientStatus, NumberState, Role
from care.pausing import pause_texts, resume_texts
from care.precautions import add_precaution, end_precaution, list_precautions
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, NEW_YORK, make_client, make_practice, make_user

MARIA = ClientDetails(first_name="María", last_name="López", phone="(202) 555-0123")
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def admin(session, practice):
    return make_user(session, practice, role=Role.ADMIN)


@pytest.fixture
def sam(session, practice):
    return make_user(session, practice)


def test_a_new_client_is_found_by_phone_and_takes_the_rest_from_the_practice(session, practice, book):
    client = add_client(session, practice, book, MARIA, MONDAY_8AM)

    assert (client.name, client.phone) == ("María López", "+12025550123")
    assert (client.language, client.timezone) == ("en", NEW_YORK)
    assert client.practice is practice
    assert list_clients_with_phone(session, practice.id, book.hash("+12025550123")) == [client]
    assert not has_texting_consent(session, client)


def test_a_client_without_a_phone_lives_on_paper(session, practice, book):
    client = add_client(session, practice, book, replace(MARIA, phone=" "), MONDAY_8AM)

    assert (client.phone, client.phone_hash) == (None, None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first_name": " "}, "First name must be 1 to 60 characters."),
        ({"last_name": "L" * 61}, "Last name must be at most 60 characters."),
        ({"phone": "555"}, "Phone must be a number that can be texted, like 202-555-0123."),
        ({"email": "maria@"}, "Email must look like name@example.com."),
        ({"language": "xx"}, "Language must be English or Spanish."),
        ({"timezone": "Mars/Base"}, "Time zone must be one from the list, like America/New_York."),
        ({"note": "n" * 10_001}, "Note must be at most 10,000 characters."),
        ({"therapist_id": 999}, "Choose a therapist of this practice."),
        ({"window_from_time": time(9)}, "Window must have both a beginning and an end."),
        (
            {"window_from_time": time(7), "window_until_time": time(9)},
            "Window must lie between 8:00am and 9:00pm.",
        ),
    ],
)
def test_details_that_cannot_be_are_refused_and_change_nothing(session, practice, book, changes, sentence):
    client = add_client(session, practice, book, MARIA, MONDAY_8AM)

    with pytest.raises(Refused) as refusal:
        update_client(session, client, book, replace(MARIA, **({"first_name": "Eva"} | changes)), MONDAY_9AM)

    assert str(refusal.value) == sentence
    assert client.first_name == "María"


def test_controls_and_stray_blanks_do_not_reach_a_name(session, practice, book):
    client = add_client(session, practice, book, replace(MARIA, first_name=" Ma\x00ría\n"), MONDAY_8AM)

    assert client.first_name == "Ma ría"


def test_a_changed_phone_starts_anew_and_needs_consent_again(session, practice, book):
    client = make_client(session, practice, phone="+12025550123")
    client.number_state = NumberState.INVALID

    update_client(session, client, book, replace(MARIA, phone="202-555-0124"), MONDAY_9AM)

    assert client.phone_hash == book.hash("+12025550124")
    assert client.number_state is NumberState.OK
    assert not has_texting_consent(session, client)


def test_the_same_phone_typed_otherwise_keeps_consent_and_state(session, practice, book):
    client = make_client(session, practice, phone="+12025550123")
    client.number_state = NumberState.UNREACHABLE

    update_client(session, client, book, replace(MARIA, phone="1 202 555 0123"), MONDAY_9AM)

    assert client.number_state is NumberState.UNREACHABLE
    assert has_texting_consent(session, client)


def test_hours_beyond_the_ordinary_take_the_clients_own_request(session, practice, book):
    early = replace(MARIA, window_from_time=time(6), window_until_time=time(22))
    client = add_client(session, practice, book, replace(early, is_window_requested=True), MONDAY_8AM)

    update_client(session, client, book, early, MONDAY_9AM)

    assert (client.window_from_time, client.window_until_time) == (time(6), time(22))
    assert client.window_requested_at == MONDAY_8AM


def test_even_a_request_ends_at_six_and_at_ten(session, practice):
    client = make_client(session, practice)

    with pytest.raises(Refused, match=r"Window must lie between 6:00am and 10:00pm\."):
        request_window(session, client, time(5, 59), time(9), MONDAY_9AM)
    request_window(session, client, time(6), time(9), MONDAY_9AM)

    assert client.window_requested_at == MONDAY_9AM


def test_without_a_window_the_request_is_forgotten(session, practice, book):
    client = make_client(session, practice)
    request_window(session, client, time(6), time(9), MONDAY_9AM)

    update_client(session, client, book, MARIA, MONDAY_9AM)

    assert (client.window_from_time, client.window_requested_at) == (None, None)


def test_an_admin_sees_the_practice_and_a_therapist_those_they_treat(session, practice, admin, sam):
    theirs = make_client(session, practice, therapist_id=sam.id)
    nobodys = make_client(session, practice)
    elsewhere = make_client(session, make_practice(session))

    assert list_clients(session, admin) == [theirs, nobodys]
    assert list_clients(session, sam) == [theirs]
    assert clients_by_id(session, [theirs.id, nobodys.id, elsewhere.id], sam) == {theirs.id: theirs}
    assert find_client(session, elsewhere.id, admin) is None
    for hidden in (nobodys, elsewhere):
        with pytest.raises(NotFound):
            get_client(session, hidden.id, sam)


def test_a_therapist_of_another_practice_does_not_see_a_client_given_to_them(session, practice):
    stranger = make_user(session, make_practice(session))
    client = make_client(session, practice, therapist_id=stranger.id)

    with pytest.raises(NotFound):
        get_client(session, client.id, stranger)


def test_a_client_comes_with_practice_and_therapist(session, practice, sam):
    client_id = make_client(session, practice, therapist_id=sam.id).id
    session.commit()
    session.expunge_all()

    client = get_client(session, client_id, sam)

    assert (client.practice.name, client.therapist.name) == (practice.name, sam.name)


def test_a_client_already_at_hand_gets_practice_and_therapist_too(session, practice, sam):
    client = make_client(session, practice, therapist_id=sam.id)

    get_client(session, client.id, sam)

    assert (client.practice, client.therapist) == (practice, sam)


@pytest.mark.parametrize("query", ["lopez", "MARÍA", "mar lóp", "0123", "555-0123", "+1 202 555"])
def test_clients_are_found_by_part_of_a_name_or_phone(session, practice, admin, book, query):
    maria = add_client(session, practice, book, MARIA, MONDAY_8AM)
    add_client(session, practice, book, ClientDetails("Tom", "Ek", "416-967-1111"), MONDAY_8AM)

    assert list_clients(session, admin, query) == [maria]


@pytest.mark.parametrize("query", ["lopezz", "12", "%", "maria ek"])
def test_what_matches_nobody_finds_nobody(session, practice, admin, book, query):
    add_client(session, practice, book, MARIA, MONDAY_8AM)

    assert list_clients(session, admin, query) == []


def test_discharged_clients_are_listed_on_request_and_all_by_last_name(session, practice, admin):
    berg = make_client(session, practice, last_name="berg")
    adams = make_client(session, practice, last_name="Ádams", status=ClientStatus.DISCHARGED)

    assert list_clients(session, admin) == [berg]
    assert list_clients(session, admin, include_discharged=True) == [adams, berg]


def test_a_shared_phone_leads_to_both_the_active_one_first(session, practice):
    gone = make_client(session, practice, phone="+12025550123", status=ClientStatus.DISCHARGED)
    here = make_client(session, practice, phone="+12025550123")
    make_client(session, make_practice(session), phone="+12025550123")

    assert list_clients_with_phone(session, practice.id, here.phone_hash) == [here, gone]


def test_a_token_leads_to_its_client_within_the_practice(session, practice):
    client = make_client(session, practice)

    assert find_client_by_token(session, practice.id, client.token) is client
    assert find_client_by_token(session, make_practice(session).id, client.token) is None


def test_a_therapist_who_left_keeps_clients_but_gets_no_new_ones(session, practice, sam, book):
    theirs = add_client(session, practice, book, replace(MARIA, therapist_id=sam.id), MONDAY_8AM)
    sam.is_active = False

    update_client(session, theirs, book, replace(MARIA, therapist_id=sam.id, note="moved"), MONDAY_9AM)

    assert (theirs.therapist_id, theirs.note) == (sam.id, "moved")
    with pytest.raises(Refused, match="no longer signs in"):
        add_client(session, practice, book, replace(MARIA, therapist_id=sam.id), MONDAY_9AM)


def test_a_client_can_be_left_without_a_therapist(session, practice, sam, book):
    client = add_client(session, practice, book, replace(MARIA, therapist_id=sam.id), MONDAY_8AM)

    update_client(session, client, book, MARIA, MONDAY_9AM)

    assert (client.therapist_id, client.therapist) == (None, None)


def test_a_pause_holds_both_its_days_and_ends_on_request(session, practice):
    client = make_client(session, practice)

    pause_texts(session, client, MONDAY, TUESDAY, MONDAY_8AM)
    assert client.is_paused_on(TUESDAY)
    assert not client.is_paused_on(TUESDAY + timedelta(days=1))

    resume_texts(session, client, MONDAY_8AM)
    assert not client.is_paused_on(MONDAY)


def test_a_pause_cannot_end_before_it_begins(session, practice):
    with pytest.raises(Refused, match="must not come before its first"):
        pause_texts(session, make_client(session, practice), TUESDAY, MONDAY, MONDAY_8AM)


def test_a_new_goal_ends_the_one_before(session, practice):
    client = make_client(session, practice)
    first = set_goal(session, client, "walk the dog 30 minutes", MONDAY)

    assert set_goal(session, client, "walk the dog 30 minutes", TUESDAY) is first
    second = set_goal(session, client, "climb stairs", TUESDAY)

    assert current_goal(session, client) is second
    assert first.ended_on == TUESDAY
    assert set_goal(session, client, "", TUESDAY) is None
    assert current_goal(session, client) is None


def test_precautions_hold_until_they_end(session, practice):
    client = make_client(session, practice)
    hip = add_precaution(session, client, "hip_replacement", "hip replaced 2024", MONDAY)

    assert add_precaution(session, client, "hip_replacement", "hip replaced 2024", TUESDAY) is hip
    assert list_precautions(session, client) == [hip]

    end_precaution(session, client, hip.id, TUESDAY)
    assert list_precautions(session, client) == []


def test_a_precaution_is_one_of_the_list_and_other_says_what(session, practice):
    client = make_client(session, practice)

    with pytest.raises(Refused, match="Precaution must be chosen from the list"):
        add_precaution(session, client, "bad_luck", "", MONDAY)
    with pytest.raises(Refused, match="Say in the note what to take care of"):
        add_precaution(session, client, "other", " ", MONDAY)


def test_another_clients_precaution_is_not_found(session, practice):
    hip = add_precaution(session, make_client(session, practice), "hip_replacement", "", MONDAY)

    with pytest.raises(NotFound):
        end_precaution(session, make_client(session, practice), hip.id, TUESDAY)
