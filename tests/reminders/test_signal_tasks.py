"""A red signal is a task for the same day: once for each cause, until that pain has passed."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bench._measuring import counting_statements
from care.attention import close, raise_item
from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientStatus,
    Practice,
    RatingSource,
)
from care.ratings import record_rating
from reminders.signal_tasks import tell_of_red
from tests.making import MONDAY_NOON, make_assignment, make_client, make_exercise, make_practice, make_user
from tests.reminders.living import Life

DAY = timedelta(days=1)
WITH_IT = "during exercise"


@pytest.fixture
def life(database: Database) -> Life:
    """A client of Sam's who does one stretch a day."""
    with database.sessions.begin() as session:
        practice = make_practice(session)
        sam = make_user(session, practice, name="Sam")
        client = make_client(session, practice, therapist_id=sam.id)
        make_assignment(session, client, make_exercise(session, practice, name="Wall slide"))
    return Life(database, practice, client)


def rate(life: Life, score: float, day: int, label: str | None = WITH_IT) -> None:
    """At noon of that day, Monday being 0, and then the scheduler comes by."""
    at = MONDAY_NOON + day * DAY
    life.change(
        lambda session, client: record_rating(
            session, client, score, source=RatingSource.VISIT, at=at, label=label
        )
    )
    life.sweep(at + timedelta(minutes=6))


def items(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        return list(session.scalars(select(AttentionItem).order_by(AttentionItem.id)))


def settle(life: Life, day: int) -> None:
    """Sam deals with all that is open."""

    def work(session: Session, client: Client) -> None:
        sam = make_user(session, session.get_one(Practice, client.practice_id))
        for item in session.scalars(select(AttentionItem)):
            close(session, item, sam, MONDAY_NOON + day * DAY)

    life.change(work)


def test_pain_with_an_exercise_is_a_task_of_its_therapist_for_the_same_day_with_its_numbers(life):
    rate(life, 6, day=0)

    [item] = items(life)
    assert (item.kind, item.client_id) == (AttentionKind.SIGNAL, life.client.id)
    assert item.owner_id == life.client.therapist_id
    assert item.due_at is not None
    assert item.due_at - MONDAY_NOON < timedelta(hours=12)
    assert item.details["what"] == "Wall slide: 6 with it on 2 Mar: 6 or more"


def test_the_same_numbers_are_said_of_several_exercises_together(life):
    def another(session: Session, client: Client) -> None:
        practice = session.get_one(Practice, client.practice_id)
        bridge = make_exercise(session, practice, name="Bridge")
        make_assignment(session, client, bridge, plan_id=1, position=2)

    life.change(another)
    rate(life, 6, day=0)

    [item] = items(life)
    assert item.details["what"] == "Wall slide and Bridge: 6 with it on 2 Mar: 6 or more"


def test_it_is_one_task_while_the_cause_holds_and_a_new_one_once_it_came_back(life):
    rate(life, 6, day=0)
    rate(life, 7, day=3)

    [item] = items(life)
    assert item.details["what"] == "Wall slide: 7 with it on 5 Mar: 6 or more"

    settle(life, day=3)
    rate(life, 6, day=4)
    assert len(items(life)) == 1

    rate(life, 2, day=5)
    assert len(items(life)) == 1
    rate(life, 6, day=6)
    assert [one.status for one in items(life)] == [AttentionStatus.CLOSED, AttentionStatus.OPEN]


def test_pain_that_has_not_settled_the_next_day_is_another_cause(life):
    rate(life, 1, day=-1, label=None)
    rate(life, 5, day=0)
    assert items(life) == []

    rate(life, 5, day=1, label=None)

    [item] = items(life)
    assert "not back to the usual 1 a day later" in item.details["what"]


def test_where_the_same_rating_is_on_the_list_already_it_is_said_there_and_due_that_day(life):
    at = MONDAY_NOON

    def flare(session: Session, client: Client) -> None:
        rating = record_rating(session, client, 7, source=RatingSource.VISIT, at=at, label=WITH_IT)
        raise_item(
            session,
            client.practice_id,
            AttentionKind.HIGH_PAIN,
            f"high_pain:{client.id}",
            at,
            client_id=client.id,
            details={"rating": rating.id, "score": 7, "what": "7 of 10"},
        )

    life.change(flare)
    life.sweep(at + timedelta(minutes=6))

    [item] = items(life)
    assert item.kind is AttentionKind.HIGH_PAIN
    assert item.details["signal"] == "Wall slide: 7 with it on 2 Mar: 6 or more"
    assert item.due_at is not None
    assert item.due_at - at < timedelta(hours=12)
    life.sweep(at + timedelta(minutes=60))
    assert len(items(life)) == 1


def test_nothing_is_asked_while_a_red_flag_is_open_nor_of_who_was_discharged(life):
    life.change(
        lambda session, client: raise_item(
            session, client.practice_id, AttentionKind.RED_FLAG, "flag", MONDAY_NOON, client_id=client.id
        )
    )
    rate(life, 8, day=0)
    assert [one.kind for one in items(life)] == [AttentionKind.RED_FLAG]

    life.change(lambda session, client: session.execute(update(AttentionItem).values(status="closed")))
    life.change(lambda session, client: setattr(client, "status", ClientStatus.DISCHARGED))
    rate(life, 8, day=1)
    assert [one.kind for one in items(life)] == [AttentionKind.RED_FLAG]


def test_pain_that_did_not_come_with_an_exercise_is_no_signal(life):
    rate(life, 8, day=0, label=None)
    assert items(life) == []


def test_what_came_in_while_nothing_ran_is_looked_at_later(life):
    life.sweep(MONDAY_NOON)
    life.change(
        lambda session, client: record_rating(
            session, client, 6, source=RatingSource.VISIT, at=MONDAY_NOON + DAY, label=WITH_IT
        )
    )

    life.sweep(MONDAY_NOON + 3 * DAY)

    assert len(items(life)) == 1


@pytest.mark.parametrize("table", [Client, Practice])
def test_a_row_that_breaks_it_stops_nobody_elses_task(life, table):
    """Of whoever comes first, and of the others of the same practice where it is a client's."""

    def fill(session: Session, client: Client) -> None:
        own, other = session.get_one(Practice, client.practice_id), make_practice(session)
        for practice in (own, other):
            beside = make_client(session, practice)
            make_assignment(session, beside, make_exercise(session, practice))
        (client if table is Client else own).thresholds = ["no", "numbers"]
        for one in session.scalars(select(Client)):
            record_rating(session, one, 6, source=RatingSource.VISIT, at=MONDAY_NOON, label=WITH_IT)

    life.change(fill)
    life.sweep(MONDAY_NOON + timedelta(minutes=6))

    assert [item.client_id for item in items(life)] == ([2, 3] if table is Client else [3])


def test_many_clients_take_as_many_statements_as_one(life):
    def fill(session: Session, client: Client) -> None:
        practice = session.get_one(Practice, client.practice_id)
        for _ in range(6):
            other = make_client(session, practice)
            first = make_assignment(session, other, make_exercise(session, practice))
            make_assignment(
                session, other, make_exercise(session, practice), plan_id=first.plan_id, position=2
            )

    life.change(fill)
    counts = []
    for some in (1, 7):
        with life.database.sessions.begin() as session:
            practice = session.get_one(Practice, life.practice.id)
            clients = list(session.scalars(select(Client).order_by(Client.id).limit(some)))
            with counting_statements(life.database.engine) as sent:
                tell_of_red(session, {practice.id: practice}, clients, MONDAY_NOON)
            counts.append(len(sent))

    assert counts[0] == counts[1]
