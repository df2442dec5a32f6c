"""A sample practice's clock moves through every moment something is due; everybody else's stands still."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from care.db import Database
from care.models import (
    Client,
    Message,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.practices import practice_now
from reminders.gateway import Outgoing
from reminders.simulated import SimulatedGateway
from scheduler.clockwork import move_clocks
from tests.making import (
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_practice,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, MINUTE, Life, begin, dispatching


def begin_sample(database: Database, now: datetime, goal: datetime) -> Life:
    life = begin(database, practice={"is_sample": True, "clock_goal_at": goal})
    life.change(
        lambda s, c: make_assignment(
            s, c, make_exercise(s, life.practice), times=["09:00", "18:00"], planned_until=now
        )
    )
    return life


def move(life: Life, now: datetime) -> int:
    with dispatching(life.database, SimulatedGateway()) as dispatcher:
        return move_clocks(life.database.sessions, dispatcher, now)


def sent_at(life: Life) -> list[datetime]:
    with life.database.sessions() as session:
        return list(session.scalars(select(Message.at).order_by(Message.at)))


def test_every_text_of_the_days_between_goes_out_at_its_time(database: Database) -> None:
    life = begin_sample(database, MONDAY_8AM, MONDAY_8AM + 3 * DAY)

    moved = move(life, MONDAY_8AM)

    assert moved == 1
    assert sent_at(life) == [MONDAY_9AM + day * DAY + hours * HOUR for day in range(3) for hours in (0, 9)]
    with database.sessions() as session:
        practice = session.get_one(Practice, life.practice.id)
        assert practice.clock_goal_at is None
        assert practice_now(practice, MONDAY_8AM) == MONDAY_8AM + 3 * DAY
        closed = session.scalars(select(Occurrence.status).where(Occurrence.closes_at < MONDAY_8AM + 3 * DAY))
        assert set(closed) == {OccurrenceStatus.UNKNOWN}


def test_what_is_due_and_new_before_the_clock_moves_is_not_jumped_over(database: Database) -> None:
    life = begin_sample(database, MONDAY_8AM, MONDAY_9AM + 8 * HOUR)
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(9, 30)))

    move(life, MONDAY_9AM)

    assert sent_at(life) == [MONDAY_9AM, MONDAY_9AM + 30 * MINUTE]


def test_a_move_ends_at_once_when_asked_to_stop_and_is_finished_later(database: Database) -> None:
    goal = MONDAY_8AM + 3 * DAY
    life = begin_sample(database, MONDAY_8AM, goal)

    def stop_at_the_second(_: Outgoing) -> None:
        if len(gateway.sent) == 2:
            dispatcher.stop()

    gateway = CountingGateway(name="simulated", while_sending=stop_at_the_second)
    with dispatching(database, gateway) as dispatcher:
        move_clocks(database.sessions, dispatcher, MONDAY_8AM)
    with database.sessions() as session:
        assert len(gateway.sent) == 2
        assert session.get_one(Practice, life.practice.id).clock_goal_at == goal

    move(life, MONDAY_8AM)

    assert sent_at(life) == [MONDAY_9AM + day * DAY + hours * HOUR for day in range(3) for hours in (0, 9)]
    with database.sessions() as session:
        assert session.get_one(Practice, life.practice.id).clock_goal_at is None


def test_a_text_that_is_due_keeps_no_move_from_stopping(database: Database) -> None:
    life = begin_sample(database, MONDAY_8AM, MONDAY_8AM + 3 * DAY)
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_8AM, body="See you soon.")
    gateway = CountingGateway(name="simulated")
    with dispatching(database, gateway) as dispatcher:
        dispatcher.stop()

        move_clocks(database.sessions, dispatcher, MONDAY_9AM)

    assert gateway.sent == []
    assert {one.status for one in life.reminders()} == {ReminderStatus.PLANNED}


def test_nobody_elses_time_moves(database: Database) -> None:
    life = begin_sample(database, MONDAY_8AM, MONDAY_8AM + 2 * DAY)
    with database.sessions.begin() as session:
        real = make_practice(session)
        other_sample = make_practice(session, is_sample=True)
        for practice in (real, other_sample):
            client = make_client(session, practice)
            make_assignment(session, client, make_exercise(session, practice))
            make_follow_up(session, client, at_time=time(9))

    move(life, MONDAY_8AM)

    with database.sessions() as session:
        others = select(Reminder).join(Client, Client.id == Reminder.client_id)
        others = others.where(Client.practice_id != life.practice.id)
        assert list(session.scalars(others)) == []
        assert set(session.scalars(select(Practice.clock_offset_seconds))) == {0, 2 * 86_400}


def test_a_goal_in_the_past_is_let_go(database: Database) -> None:
    life = begin_sample(database, MONDAY_9AM, MONDAY_9AM - DAY)

    move(life, MONDAY_9AM)

    with database.sessions() as session:
        practice = session.get_one(Practice, life.practice.id)
        assert (practice.clock_goal_at, practice.clock_offset_seconds) == (None, 0)


def test_without_a_goal_nothing_moves(database: Database) -> None:
    life = begin_sample(database, MONDAY_8AM, MONDAY_8AM + DAY)
    move(life, MONDAY_8AM)
    before = sent_at(life)

    assert move(life, MONDAY_8AM + timedelta(seconds=5)) == 0
    assert sent_at(life) == before
    assert {one.status for one in life.reminders()} == {ReminderStatus.SENT, ReminderStatus.PLANNED}
