"""What needs a person: one item per cause, in order of urgency, until somebody named is done with it."""

from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from care.attention import (
    URGENCY,
    acknowledge,
    close,
    count_open,
    get_item,
    list_open,
    list_open_for,
    raise_item,
    reopened_at,
)
from care.db import Database
from care.errors import NotFound, Refused
from care.models import AttentionItem, AttentionKind, AttentionStatus, Role
from tests.making import (
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_answer,
    make_client,
    make_practice,
    make_user,
)

MINUTE = timedelta(minutes=1)
DANGER = "numb when I wipe"


@pytest.fixture
def practice(session):
    return make_practice(session)


@pytest.fixture
def admin(session, practice):
    return make_user(session, practice, role=Role.ADMIN)


@pytest.fixture
def sam(session, practice):
    return make_user(session, practice)


@pytest.fixture
def client(session, practice, sam):
    return make_client(session, practice, therapist_id=sam.id)


def raise_flag(session, client, now=MONDAY_8AM, **changes):
    values = {"client_id": client.id} | changes
    kind, cause = AttentionKind.RED_FLAG, f"red_flag:{client.id}"
    return raise_item(session, client.practice_id, kind, cause, now, **values)


def test_a_second_finding_of_the_same_cause_joins_the_first(any_database: Database):
    with any_database.sessions() as session:
        client = make_client(session, make_practice(session))
        first, second = make_answer(session, client, DANGER), make_answer(session, client, DANGER)

        item = raise_flag(session, client, message_id=first.id, details={"group": "saddle"})
        again = raise_flag(session, client, MONDAY_9AM, message_id=second.id, details={"also": "bladder"})

        assert again is item
        assert (item.message_id, item.raised_at) == (second.id, MONDAY_8AM)
        assert item.details == {"group": "saddle", "also": "bladder"}


def test_the_same_cause_raised_by_two_processes_at_once_is_one_item(postgres: Database):
    with postgres.sessions.begin() as session:
        client = make_client(session, make_practice(session))
    joined = []

    def other_process() -> None:
        with postgres.sessions.begin() as session:
            joined.append(raise_flag(session, client, MONDAY_9AM, details={"also": "bladder"}).id)

    other = Thread(target=other_process)
    with postgres.sessions.begin() as session:
        item = raise_flag(session, client)
        other.start()
        # It has looked, found nothing, and now waits on our uncommitted row.
        other.join(0.5)
        assert other.is_alive()
    other.join(10)

    with postgres.sessions() as session:
        assert joined == [item.id]
        assert session.scalars(select(AttentionItem)).one().details == {"also": "bladder"}


def test_a_closed_cause_can_come_up_again(session, client, sam):
    item = raise_flag(session, client)
    close(session, item, sam, MONDAY_9AM, "Called, all well")

    assert raise_flag(session, client, MONDAY_NOON) is not item


def test_the_same_cause_in_another_practice_is_another_item(session, practice, client):
    item = raise_flag(session, client)

    other = raise_item(session, make_practice(session).id, item.kind, item.cause_key, MONDAY_8AM)

    assert other is not item


def test_a_further_message_undoes_an_acknowledgement(session, client, sam):
    item = raise_flag(session, client, message_id=make_answer(session, client, DANGER).id)
    acknowledge(session, item, sam, MONDAY_9AM)

    raise_flag(session, client, MONDAY_NOON, message_id=make_answer(session, client, DANGER).id)

    assert (item.status, item.acknowledged_by_id) == (AttentionStatus.OPEN, None)


def test_a_further_group_of_signs_undoes_an_acknowledgement_also_without_a_message(session, client, sam):
    item = raise_flag(session, client, details={"groups": ["clot"]})
    acknowledge(session, item, sam, MONDAY_9AM)

    raise_flag(session, client, MONDAY_NOON, details={"groups": ["clot", "heart"]})

    assert item.status is AttentionStatus.OPEN
    assert item.details["groups"] == ["clot", "heart"]


def test_an_item_says_when_it_was_reopened_and_only_then(session, client, sam):
    item = raise_flag(session, client, message_id=make_answer(session, client, DANGER).id)
    raise_flag(session, client, MONDAY_9AM, message_id=make_answer(session, client, DANGER).id)
    before = reopened_at(item)
    acknowledge(session, item, sam, MONDAY_9AM)

    raise_flag(session, client, MONDAY_NOON, message_id=make_answer(session, client, DANGER).id)

    assert (before, reopened_at(item)) == (None, MONDAY_NOON)


@pytest.mark.parametrize(
    "said", ["soon", 7, "2026-03-02T09:00:00"], ids=["no instant", "a number", "no zone"]
)
def test_what_an_import_says_instead_of_an_instant_is_no_reopening(session, client, said):
    item = raise_flag(session, client, details={"reopened_at": said})

    assert reopened_at(item) is None


def test_finding_nothing_new_leaves_an_acknowledgement(session, client, sam):
    message = make_answer(session, client, DANGER)
    item = raise_flag(session, client, message_id=message.id)
    acknowledge(session, item, sam, MONDAY_9AM)

    raise_flag(session, client, MONDAY_NOON, message_id=message.id)
    raise_flag(session, client, MONDAY_NOON)

    assert (item.status, item.message_id) == (AttentionStatus.ACKNOWLEDGED, message.id)


def test_the_first_to_acknowledge_and_the_first_to_close_stay_named(session, client, sam, admin):
    item = raise_flag(session, client)

    acknowledge(session, item, sam, MONDAY_9AM)
    acknowledge(session, item, admin, MONDAY_NOON)
    close(session, item, admin, MONDAY_NOON, note=" Called, went to the emergency room. ")
    close(session, item, sam, MONDAY_NOON + MINUTE, note="again")

    assert (item.acknowledged_by_id, item.acknowledged_at) == (sam.id, MONDAY_9AM)
    assert (item.closed_by_id, item.closed_at) == (admin.id, MONDAY_NOON)
    assert item.note == "Called, went to the emergency room."


def test_closing_names_who_took_note_too(session, client, sam):
    item = raise_flag(session, client)

    close(session, item, sam, MONDAY_9AM, "Called, all well")

    assert (item.status, item.acknowledged_by_id) == (AttentionStatus.CLOSED, sam.id)
    acknowledge(session, item, sam, MONDAY_NOON)
    assert item.status is AttentionStatus.CLOSED


def test_a_note_too_long_leaves_the_item_open(session, client, sam):
    item = raise_flag(session, client)

    with pytest.raises(Refused, match=r"Note must be at most 500 characters\."):
        close(session, item, sam, MONDAY_9AM, note="n" * 501)

    assert item.status is AttentionStatus.OPEN


def test_the_list_is_by_urgency_then_age_with_what_is_in_hand_last(session, practice, client, sam, admin):
    def raised(kind, minutes):
        return raise_item(
            session,
            practice.id,
            kind,
            f"{kind}:{minutes}",
            MONDAY_8AM + minutes * MINUTE,
            client_id=client.id,
        )

    silence = raised(AttentionKind.SILENCE, 0)
    call = raised(AttentionKind.CALL_TASK, 1)
    question = raised(AttentionKind.QUESTION, 2)
    failure = raised(AttentionKind.DELIVERY_FAILURE, 3)
    pain = raised(AttentionKind.PAIN_RISE, 4)
    later_flag, flag = raised(AttentionKind.RED_FLAG, 6), raised(AttentionKind.RED_FLAG, 5)
    in_hand = raised(AttentionKind.RED_FLAG, 7)
    acknowledge(session, in_hand, sam, MONDAY_9AM)

    expected = [flag, later_flag, pain, failure, question, call, silence, in_hand]
    assert list_open(session, admin) == expected
    assert list_open_for(session, client) == expected
    assert count_open(session, admin) == 8

    close(session, flag, sam, MONDAY_9AM, "Called, all well")
    assert list_open(session, admin) == expected[1:]
    assert count_open(session, admin) == 7


def test_every_kind_has_its_urgency():
    assert set(URGENCY) == set(AttentionKind)


def test_one_sees_the_items_of_the_clients_one_sees(session, practice, client, sam, admin):
    theirs = raise_flag(session, client)
    others = raise_flag(session, make_client(session, practice))
    elsewhere = raise_flag(session, make_client(session, make_practice(session)))

    assert list_open(session, sam) == [theirs]
    assert count_open(session, sam) == 1
    assert list_open(session, admin) == [theirs, others]
    assert get_item(session, theirs.id, sam) is theirs
    for hidden in (others, elsewhere):
        with pytest.raises(NotFound):
            get_item(session, hidden.id, sam)


def test_an_item_about_nobody_we_know_is_the_admins_and_its_owners(session, practice, sam, admin):
    kind = AttentionKind.QUESTION
    unknown = raise_item(session, practice.id, kind, "unknown:1", MONDAY_8AM)
    owned = raise_item(session, practice.id, kind, "unknown:2", MONDAY_8AM, owner_id=sam.id)

    assert list_open(session, admin) == [unknown, owned]
    assert list_open(session, sam) == [owned]
