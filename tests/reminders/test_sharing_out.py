"""Dispatchers that share the work out by lane, and one that is asked to stop with its hands full."""

from sqlalchemy import select

from care.db import Database
from care.models import Practice, Reminder, ReminderKind, ReminderStatus
from care.wire import lane_of
from reminders.dispatch import AT_ONCE
from reminders.gateway import Outgoing
from reminders.outbox import owe
from reminders.pacing import UNPACED
from reminders.sharing import due_lanes
from reminders.timelines import timelines
from tests.making import MONDAY_9AM, make_client, make_practice
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import MINUTE, begin, dispatching


def two_lanes(database: Database) -> list[Practice]:
    """Practices of different lanes, each with a text that is due on Monday at nine."""
    with database.sessions.begin() as session:
        made = [make_practice(session) for _ in range(5)]
        pair = [made[0], next(one for one in made if lane_of(one.id) != lane_of(made[0].id))]
        for practice in pair:
            client = make_client(session, practice)
            owe(
                session,
                practice.id,
                ReminderKind.NUDGE,
                "nudge",
                MONDAY_9AM,
                dedupe_key="nudge",
                client=client,
            )
    return pair


def test_a_round_of_one_lane_leaves_the_others_alone(any_database: Database) -> None:
    mine, other = two_lanes(any_database)
    gateway = CountingGateway()

    with dispatching(any_database, gateway) as dispatcher:
        done = dispatcher.drain_round(MONDAY_9AM, lanes=[lane_of(mine.id)])

    with any_database.sessions() as session:
        waiting = select(Reminder.practice_id).where(Reminder.status == ReminderStatus.PLANNED)
        assert list(session.scalars(waiting)) == [other.id]
    assert (done.sent, len(gateway.sent)) == (1, 1)


def test_a_lane_waits_from_the_moment_its_text_is_due(any_database: Database) -> None:
    pair = two_lanes(any_database)

    with any_database.sessions() as session:
        before, then = (
            due_lanes(session, timelines(session, moment)[0], UNPACED)
            for moment in (MONDAY_9AM - MINUTE, MONDAY_9AM)
        )

    assert before == set()
    assert then == {lane_of(practice.id) for practice in pair}


def test_a_sample_practice_is_drained_with_its_own_lane_alone(any_database: Database) -> None:
    with any_database.sessions.begin() as session:
        sample = make_practice(session, is_sample=True)
        lane = lane_of(sample.id)

    with any_database.sessions() as session:
        moments = {lanes: timelines(session, MONDAY_9AM, [lanes]) for lanes in (lane, lane + 1)}

    assert [moment.practice_id for moment in moments[lane]] == [None, sample.id]
    assert [moment.practice_id for moment in moments[lane + 1]] == [None]


def test_stopping_gives_back_what_is_not_on_the_wire_yet(any_database: Database) -> None:
    life = begin(any_database)
    for number in range(AT_ONCE):
        life.owe(ReminderKind.SAFETY, "same_day", MONDAY_9AM, dedupe_key=f"safety:{number}")

    def stop(_: Outgoing) -> None:
        dispatcher.stop()

    gateway = CountingGateway(while_sending=stop)
    with dispatching(any_database, gateway) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)

    states = [one.status for one in life.reminders()]
    assert len(gateway.sent) == states.count(ReminderStatus.SENT) == 1
    assert states.count(ReminderStatus.PLANNED) == AT_ONCE - 1
    assert len(life.messages()) == 1
