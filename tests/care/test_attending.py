"""Who looks after what waits, and when it comes back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from care.attending import (
    assign,
    is_mine,
    list_waiting,
    may_own,
    morning_of,
    snooze,
    wake,
)
from care.attention import acknowledge, close, count_open, raise_item
from care.caseload_lines import Wanted, count_lines
from care.db import Database
from care.errors import Refused
from care.models import AttentionItem, AttentionKind, Client, Direction, Message, Practice, Role, User
from care.private_phones import private_phones
from care.waiting import first_lines, list_queue
from tests.making import MONDAY_8AM, MONDAY_9AM, MONDAY_NOON, make_client, make_practice, make_user
from tests.plans import noted_plans

TUESDAY = date(2026, 3, 3)
A_DAY = timedelta(days=1)


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
def admin(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Ada", role=Role.ADMIN)


@pytest.fixture
def client(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, therapist_id=sam.id)


def raise_one(
    session: Session, client: Client, kind: AttentionKind, cause: str = "", at=MONDAY_8AM, **changes
) -> AttentionItem:
    values = {"client_id": client.id} | changes
    return raise_item(session, client.practice_id, kind, f"{kind.value}:{cause}", at, **values)


def write_message(session: Session, client: Client, at=MONDAY_NOON) -> Message:
    message = Message(
        practice_id=client.practice_id,
        client_id=client.id,
        direction=Direction.IN,
        phone=client.phone,
        phone_hash=client.phone_hash,
        body="hm",
        status="received",
        at=at,
    )
    session.add(message)
    session.flush()
    return message


def put_off(session: Session, user: User, now: datetime) -> list[int]:
    return [one.id for one in list_queue(session, user, now).later]


def test_what_is_put_off_comes_back_by_itself(session, client, sam):
    item = raise_one(session, client, AttentionKind.QUESTION)
    until = morning_of(TUESDAY, "America/New_York")

    snooze(session, item, until, MONDAY_NOON)

    assert list_waiting(session, sam, MONDAY_NOON) == []
    assert put_off(session, sam, MONDAY_NOON) == [item.id]
    assert count_open(session, sam, MONDAY_NOON) == 0
    assert list_waiting(session, sam, until) == [item]
    assert (count_open(session, sam, until), put_off(session, sam, until)) == (1, [])


def test_morning_is_nine_on_the_clock_of_the_place(session):
    assert morning_of(TUESDAY, "America/New_York").isoformat() == "2026-03-03T14:00:00+00:00"


def test_a_new_message_wakes_what_was_put_off(session, client, sam):
    item = raise_one(session, client, AttentionKind.QUESTION)
    snooze(session, item, MONDAY_NOON + A_DAY, MONDAY_NOON)

    raise_one(session, client, AttentionKind.QUESTION, message_id=write_message(session, client).id)

    assert list_waiting(session, sam, MONDAY_NOON) == [item]


def test_a_sweep_that_finds_the_same_again_wakes_nobody(session, client, sam):
    item = raise_one(session, client, AttentionKind.SILENCE)
    snooze(session, item, MONDAY_NOON + A_DAY, MONDAY_NOON)

    raise_one(session, client, AttentionKind.SILENCE)

    assert list_waiting(session, sam, MONDAY_NOON) == []


def test_a_red_flag_waits_only_once_somebody_takes_care_of_it(session, client, sam):
    flag = raise_one(session, client, AttentionKind.RED_FLAG)

    with pytest.raises(Refused, match="Take care of the red flag first"):
        snooze(session, flag, MONDAY_NOON + A_DAY, MONDAY_NOON)

    acknowledge(session, flag, sam, MONDAY_NOON)
    snooze(session, flag, MONDAY_NOON + A_DAY, MONDAY_NOON)
    assert put_off(session, sam, MONDAY_NOON) == [flag.id]


@pytest.mark.parametrize("until", [MONDAY_9AM, MONDAY_NOON, MONDAY_NOON + timedelta(days=61)])
def test_it_is_put_off_to_a_time_that_makes_sense(session, client, until):
    item = raise_one(session, client, AttentionKind.QUESTION)

    with pytest.raises(Refused, match="within 60 days"):
        snooze(session, item, until, MONDAY_NOON)


def test_what_is_closed_is_not_put_off(session, client, sam):
    item = raise_one(session, client, AttentionKind.QUESTION)
    close(session, item, sam, MONDAY_9AM)

    with pytest.raises(Refused, match="closed already"):
        snooze(session, item, MONDAY_NOON + A_DAY, MONDAY_NOON)


def test_it_can_be_brought_back_early(session, client, sam):
    item = raise_one(session, client, AttentionKind.QUESTION)
    snooze(session, item, MONDAY_NOON + A_DAY, MONDAY_NOON)

    wake(session, item)

    assert list_waiting(session, sam, MONDAY_NOON) == [item]


def test_the_most_urgent_comes_first_and_of_those_the_newest_message(session, client, sam):
    old = raise_one(session, client, AttentionKind.QUESTION, "old", MONDAY_NOON)
    written = write_message(session, client, MONDAY_NOON + A_DAY)
    new = raise_one(session, client, AttentionKind.QUESTION, "new", MONDAY_9AM, message_id=written.id)
    taken = raise_one(session, client, AttentionKind.RED_FLAG, "taken")
    acknowledge(session, taken, sam, MONDAY_9AM)
    flag = raise_one(session, client, AttentionKind.RED_FLAG)

    assert list_waiting(session, sam, MONDAY_NOON) == [flag, new, old, taken]


def test_who_sees_the_client_can_be_given_it_and_nobody_else(session, practice, client, sam, admin):
    kim = make_user(session, practice, name="Kim")
    make_user(session, practice, name="Gone", role=Role.ADMIN, is_active=False)
    item = raise_one(session, client, AttentionKind.QUESTION)

    assert may_own(session, item) == [admin, sam]
    assign(session, item, admin)
    with pytest.raises(Refused, match="may see this client"):
        assign(session, item, kim)
    assert item.owner_id == admin.id


def test_an_item_of_nobody_known_can_be_given_to_anybody_who_then_sees_it(session, practice, client, sam):
    item = raise_one(session, client, AttentionKind.QUESTION, client_id=None)

    assign(session, item, sam)

    assert list_waiting(session, sam, MONDAY_NOON) == [item]


def test_mine_is_what_i_was_given_and_what_nobody_was_for_clients_of_mine(session, client, sam, admin):
    given = raise_one(session, client, AttentionKind.QUESTION, "given", owner_id=admin.id)
    free = raise_one(session, client, AttentionKind.QUESTION, "free")

    assert [is_mine(one.owner_id, client.therapist_id, sam) for one in (given, free)] == [False, True]
    assert [is_mine(one.owner_id, client.therapist_id, admin) for one in (given, free)] == [True, False]


def test_what_waits_is_found_without_walking_through_what_was_closed(sqlite: Database) -> None:
    """A practice closes thousands of items a year, and a few dozen stand open."""
    with sqlite.reading() as session:
        admin = User(id=1, practice_id=1, role=Role.ADMIN)
        with noted_plans(sqlite) as steps:
            list_queue(session, admin, MONDAY_NOON)
            first_lines(session, admin, MONDAY_NOON, 15)
            count_lines(session, admin, Wanted(quiet_at=MONDAY_NOON))
            private_phones(session, [1])

    reads = [step for step in steps if step.startswith(("SCAN attention_item", "SEARCH attention_item"))]
    assert [step for step in reads if "PRIMARY KEY" not in step] == [
        "SEARCH attention_item USING INDEX ix_attention_practice_status (practice_id=? AND status=?)"
    ] * 4
