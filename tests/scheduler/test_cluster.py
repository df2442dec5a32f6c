"""Several machines on one PostgreSQL: each text once, whoever is killed, and nobody waits for the dead."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy import select, text

from care.clock import utc_now
from care.db import Database
from care.models import Base, Reminder, ReminderKind, ReminderStatus
from care.wire import lane_of
from reminders.dispatch import Dispatcher
from reminders.outbox import owe
from scheduler.cluster import ALL_LANES, Cluster
from scheduler.cluster_tables import prepare
from scheduler.engine import Engine
from scheduler.leases import hold
from tests.making import MONDAY_9AM, make_client, make_practice
from tests.nursery import Nursery
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, PUBLIC_URL, begin
from tests.scheduler.fleet import fleet, owe_texts, wait_for
from tests.test_migrations import is_ours

SENT, PLANNED, SENDING = ReminderStatus.SENT, ReminderStatus.PLANNED, ReminderStatus.SENDING


@contextmanager
def running(
    database: Database,
    gateway: CountingGateway,
    *,
    lanes: frozenset[int] = ALL_LANES,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Cluster]:
    """A worker in this process, on a thread of its own."""
    prepare(database)
    engine = Engine(database.sessions, Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL), clock)
    cluster = Cluster(database, engine, clock, lanes=lanes, concurrency=2)
    thread = threading.Thread(target=cluster.run)
    thread.start()
    try:
        yield cluster
    finally:
        cluster.stop()
        thread.join()
        engine.stop()


def jobs(database: Database, status: str) -> list[tuple[str, str]]:
    found = text("SELECT task_name, queue_name FROM procrastinate.procrastinate_jobs WHERE status::text = :s")
    with database.engine.connect() as connection:
        return [(row.task_name, row.queue_name) for row in connection.execute(found, {"s": status})]


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_two_processes_send_each_text_once_and_end_in_order(
    postgres: Database, tmp_path: Path, command: str, nursery: Nursery
) -> None:
    with fleet(postgres, tmp_path, nursery, latency_seconds=0.2) as machines:
        pair = machines.start(command, count=2)

        owe_texts(postgres, practices=10, each=10)
        wait_for(lambda: machines.states() == {SENT: 100})

        copies = machines.copies()
        assert (len(copies), max(copies.values()), machines.provider.posts) == (100, 1, 100)

        machines.provider.latency_seconds = 1.0
        owe_texts(postgres, practices=1, each=400)
        wait_for(lambda: len(machines.provider.messages) > 100)
        codes = [machine.terminate() for machine in pair]

        states, copies = machines.states(), machines.copies()
        assert codes == [0, 0]
        assert set(states) == {SENT, PLANNED}
        assert states[SENT] == len(copies) == len(machines.provider.messages)
        assert sum(machine.texts for machine in pair) == states[SENT]


def test_a_killed_worker_leaves_at_most_a_batch_in_doubt_and_the_other_goes_on(
    postgres: Database, tmp_path: Path, nursery: Nursery
) -> None:
    with fleet(postgres, tmp_path, nursery, latency_seconds=0.4) as machines:
        one, other = machines.start("worker", "--concurrency", "1", count=2)
        owe_texts(postgres, practices=10, each=30)
        wait_for(lambda: one.texts > 0 and machines.states()[PLANNED] > 0)

        one.child.send_signal(signal.SIGKILL)
        owe_texts(postgres, practices=10, each=1)
        wait_for(lambda: machines.states()[PLANNED] == 0)
        code = other.terminate()

        states = machines.states()
        assert code == 0
        assert set(states) <= {SENT, SENDING}
        assert sum(states.values()) == 310
        assert len(machines.lanes(SENDING)) <= 1
        assert max(machines.copies().values()) == 1
        assert len(machines.copies()) >= states[SENT]


def test_a_drain_whose_worker_died_keeps_nobody_out_of_its_lane(postgres: Database) -> None:
    prepare(postgres)
    life, gateway = begin(postgres), CountingGateway()
    lane = lane_of(life.practice.id)
    with postgres.engine.begin() as connection:
        connection.execute(text("SET LOCAL search_path TO procrastinate"))
        dead = connection.scalar(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 hour') RETURNING id"
            )
        )
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs"
                " (queue_name, task_name, status, queueing_lock, args, worker_id) VALUES (:queue, "
                "'drain', 'doing', :lock, '{\"lane\": 0}', :dead)"
            ),
            {"queue": f"lane-{lane:02}", "lock": f"drain-{lane}", "dead": dead},
        )
    life.owe(ReminderKind.SAFETY, "same_day", utc_now())

    with running(postgres, gateway):
        wait_for(lambda: len(gateway.sent) == 1)
        wait_for(lambda: ("drain", f"lane-{lane:02}") not in jobs(postgres, "doing"))


def test_a_worker_drains_its_own_lanes_alone(postgres: Database) -> None:
    mine, gateway = begin(postgres), CountingGateway()
    with postgres.sessions.begin() as session:
        made = [make_practice(session) for _ in range(5)]
        others = next(one for one in made if lane_of(one.id) != lane_of(mine.practice.id))
        client = make_client(session, others)
        key = "same day"
        owe(session, others.id, ReminderKind.SAFETY, "same_day", utc_now(), dedupe_key=key, client=client)
    mine.owe(ReminderKind.SAFETY, "same_day", utc_now())

    with running(postgres, gateway, lanes=frozenset({lane_of(mine.practice.id)})):
        wait_for(lambda: len(gateway.sent) == 1)
        wait_for(lambda: ("drain", f"lane-{lane_of(others.id):02}") in jobs(postgres, "todo"))

    with postgres.sessions() as session:
        waiting = session.scalars(select(Reminder.practice_id).where(Reminder.status == PLANNED)).all()
    assert list(waiting) == [others.id]


def test_whoever_kept_house_hands_the_lease_on(postgres: Database) -> None:
    dispatcher = Dispatcher(postgres.sessions, CountingGateway(), BOOK, PUBLIC_URL)
    Engine(postgres.sessions, dispatcher, lambda: MONDAY_9AM).keep_house()

    with postgres.sessions.begin() as session:
        assert hold(session, "tick", "another machine:1", MONDAY_9AM + timedelta(seconds=1))


def test_the_workers_tables_stand_apart_from_ours(postgres: Database) -> None:
    both = [threading.Thread(target=prepare, args=[postgres]) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    with postgres.engine.connect() as connection:
        there = connection.scalar(text("SELECT to_regclass('procrastinate.procrastinate_jobs')"))
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        differences = compare_metadata(context, Base.metadata)
    assert there is not None
    assert differences == []


def test_a_newer_procrastinate_brings_its_migrations_once(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(postgres)
    (tmp_path / "00.01.00_01_long_ago.sql").write_text("SELECT no_such_thing()")
    (tmp_path / "99.00.00_01_pre_notes.sql").write_text("CREATE TABLE notes (id int); SELECT 1;")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", staticmethod(lambda: str(tmp_path)))

    prepare(postgres)
    prepare(postgres)

    with postgres.engine.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('procrastinate.notes')")) is not None


def test_a_clock_that_was_set_back_is_noticed(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.cluster.CLOCK_LOOK_SECONDS", 0)
    moments = iter([MONDAY_9AM + timedelta(seconds=n) for n in (0, 0, 5, 10, -7200)])
    engine = Engine(
        postgres.sessions, Dispatcher(postgres.sessions, CountingGateway(), BOOK, PUBLIC_URL), utc_now
    )
    cluster = Cluster(postgres, engine, lambda: next(moments), concurrency=1)

    asyncio.run(cluster._clock_is_set_back())

    assert list(moments) == []
