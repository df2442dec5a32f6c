"""The engine ticks: one plans, all may send, and a bell wakes it at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from care.clock import utc_now
from care.db import Database
from care.models import Lease, Occurrence, OccurrenceStatus, ReminderKind, ReminderStatus, Standing
from reminders import wakeup
from reminders.dispatch import Dispatcher
from reminders.gateway import Outgoing
from reminders.planning import Planned, plan_some
from scheduler.engine import Engine
from scheduler.leases import LEASE, hold
from tests.making import MONDAY_8AM, MONDAY_9AM, make_assignment, make_client, make_exercise, make_practice
from tests.plans import noted_plans
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, DAY, MINUTE, PUBLIC_URL, begin

PATIENCE = 120
# Tables with a row for every text and every time something was due, and the indexes that hold few of them.
GROWING = ("reminder", "occurrence", "question", "message", "delivery_event", "reply", "rating")
SMALL = ("ix_reminder_due", "ix_reminder_in_doubt", "ix_occurrence_open_closes", "ix_question_open_closes")


@contextmanager
def engine_on(
    database: Database, gateway: CountingGateway, clock: Callable[[], datetime]
) -> Iterator[Engine]:
    engine = Engine(database.sessions, Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL), clock)
    try:
        yield engine
    finally:
        engine.stop()


def test_one_tick_plans_sends_and_sweeps(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), planned_until=MONDAY_8AM))

    with engine_on(any_database, gateway, lambda: MONDAY_9AM) as engine:
        ticked = engine.tick().as_dict()

    assert ticked["planned"]["occurrences"] == 3
    assert ticked["drained"] == {"claimed": 1, "sent": 1, "unsent": 0, "unsure": 0}
    assert ticked["swept"]["occurrences"] == 0
    assert len(gateway.sent) == 1


def test_a_tick_with_nothing_to_do_walks_through_nothing_that_grows_with_the_years(sqlite: Database) -> None:
    """Whatever lies behind: SQLite reads what waits, is in doubt or stands open, by an index of just that."""
    life, gateway = begin(sqlite), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice)))

    with engine_on(sqlite, gateway, lambda: MONDAY_8AM) as engine:
        engine.tick()
        with noted_plans(sqlite) as steps:
            engine.tick()

    scans = [step for step in steps if step.startswith("SCAN") and step.split()[1] in GROWING]
    assert len(steps) > 20
    assert [one for one in scans if not one.endswith(SMALL)] == []


def test_only_the_holder_of_the_lease_plans_and_everyone_sends(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice)))
    with any_database.sessions.begin() as session:
        assert hold(session, "tick", "another machine:1", MONDAY_8AM)
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    with engine_on(any_database, gateway, lambda: MONDAY_8AM + MINUTE) as engine:
        assert engine.plan().looked_at == 0
    with engine_on(any_database, gateway, lambda: MONDAY_9AM) as engine:
        assert engine.dispatch().sent == 1
        assert engine.plan().looked_at == 1


def test_planning_gives_way_between_a_few_clients_and_ends_when_asked_to(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reminders.planning.CLIENTS_AT_ONCE", 2)
    life = begin(any_database)
    with any_database.sessions.begin() as session:
        exercise = make_exercise(session, life.practice)
        for client in [make_client(session, life.practice) for _ in range(5)]:
            make_assignment(session, client, exercise)
    planned_at_once = []

    def stop_after_the_second(*_: object) -> Planned:
        planned_at_once.append(plan_some(*_))  # type: ignore[arg-type]  # whatever the engine hands over
        if len(planned_at_once) == 2:
            engine.wind_down()
        return planned_at_once[-1]

    with engine_on(any_database, CountingGateway(), lambda: MONDAY_8AM) as engine:
        monkeypatch.setattr("scheduler.engine.plan_some", stop_after_the_second)
        assert engine.plan().looked_at == 4
    with engine_on(any_database, CountingGateway(), lambda: MONDAY_8AM) as other:
        assert other.plan().looked_at == 1


@pytest.mark.parametrize(
    ("holder", "at", "taken"),
    [
        ("one", MONDAY_9AM, True),
        ("two", MONDAY_9AM, False),
        ("two", MONDAY_9AM + LEASE - timedelta(seconds=1), False),
        ("two", MONDAY_9AM + LEASE, True),
        ("two", MONDAY_9AM - 2 * LEASE, True),
    ],
    ids=["its own", "another's", "another's to the last second", "run out", "from the future"],
)
def test_who_gets_the_lease(any_database: Database, holder: str, at: datetime, taken: bool) -> None:
    with any_database.sessions.begin() as session:
        hold(session, "tick", "one", MONDAY_9AM)

    with any_database.sessions.begin() as session:
        assert hold(session, "tick", holder, at) is taken

    with any_database.sessions() as session:
        assert session.scalar(select(Lease.holder)) == (holder if taken else "one")


def test_a_running_engine_wakes_by_the_bell(database: Database) -> None:
    life, went = begin(database), threading.Event()

    def told(_: Outgoing) -> None:
        went.set()

    with engine_on(database, CountingGateway(while_sending=told), utc_now) as engine:
        engine.start()
        now = utc_now()
        life.owe(ReminderKind.SAFETY, "same_day", now)
        wakeup.ring()

        assert went.wait(PATIENCE)

    assert life.reminders()[0].status is ReminderStatus.SENT


def test_a_stopped_engine_is_deaf_and_stays_so(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    with engine_on(database, gateway, utc_now) as engine:
        engine.start()
    life.owe(ReminderKind.SAFETY, "same_day", utc_now())

    wakeup.ring()

    assert gateway.sent == []


def test_a_tick_that_fails_is_followed_by_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, went = begin(database), threading.Event()
    life.owe(ReminderKind.SAFETY, "same_day", utc_now())
    monkeypatch.setattr("scheduler.engine.DISPATCH_SECONDS", 0.05)
    failures = iter([RuntimeError("the first tick"), RuntimeError("the second tick")])
    gateway = CountingGateway(while_sending=lambda _: went.set())
    dispatcher = Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL)
    drain = dispatcher.drain

    def sometimes(clock: Callable[[], datetime]) -> object:
        for failure in failures:
            raise failure
        return drain(clock)

    monkeypatch.setattr(dispatcher, "drain", sometimes)
    engine = Engine(database.sessions, dispatcher, utc_now)
    try:
        engine.start()
        assert went.wait(PATIENCE)
    finally:
        engine.stop()


def test_a_sample_clock_that_breaks_keeps_no_real_text_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, gateway = begin(database), CountingGateway()
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    def broken(*_: object) -> int:
        raise RuntimeError("no such moment")

    monkeypatch.setattr("scheduler.engine.move_clocks", broken)
    with engine_on(database, gateway, lambda: MONDAY_9AM) as engine:
        engine.dispatch()

    assert len(gateway.sent) == 1


def test_a_clock_set_forward_and_back_sends_nothing_twice(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), planned_until=MONDAY_8AM))
    moments = [MONDAY_9AM, MONDAY_9AM + 120 * MINUTE, MONDAY_9AM - 120 * MINUTE, MONDAY_9AM, MONDAY_9AM + DAY]

    for moment in moments:
        with engine_on(any_database, gateway, lambda moment=moment: moment) as engine:
            engine.tick()

    assert len(gateway.sent) == 2


def test_every_practice_is_swept_by_its_own_clock(any_database: Database) -> None:
    life = begin(any_database)
    with any_database.sessions.begin() as session:
        sample = make_practice(session, is_sample=True, clock_offset_seconds=86_400)
        for practice in (life.practice, sample):
            client = make_client(session, practice)
            make_assignment(session, client, make_exercise(session, practice), planned_until=MONDAY_8AM)

    with engine_on(any_database, CountingGateway(name="simulated"), lambda: MONDAY_9AM) as engine:
        swept = engine.tick().swept

    with any_database.sessions() as session:
        closed = select(Occurrence.practice_id).where(Occurrence.status == OccurrenceStatus.UNKNOWN)
        assert list(session.scalars(closed)) == [sample.id]
    assert swept.occurrences == 1


def test_the_caseload_is_kept_between_looks_each_practice_by_its_own_clock(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    with any_database.sessions.begin() as session:
        sample = make_practice(session, is_sample=True, clock_offset_seconds=3 * 24 * 3600)
        ahead = make_client(session, sample).id

    with engine_on(any_database, gateway, lambda: MONDAY_8AM) as engine:
        made, again = engine.keep_caseload(), engine.keep_caseload()

    with any_database.reading() as session:
        kept = dict(session.execute(select(Standing.client_id, Standing.fresh_from)).all())
    assert (made, again) == (2, 0)
    assert kept == {life.client.id: MONDAY_8AM, ahead: MONDAY_8AM + 3 * DAY}
