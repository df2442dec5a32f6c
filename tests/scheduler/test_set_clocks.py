"""The engine keeps ticking when somebody sets the machine's clock, forward or back."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

from care.db import Database
from care.models import ReminderKind
from reminders.dispatch import Dispatcher
from scheduler.engine import Engine
from scheduler.leases import LEASE, hold
from tests.making import MONDAY_9AM
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, HOUR, PUBLIC_URL, begin

PATIENCE = 120


class WallClock:
    """The machine's clock, as far as APScheduler and we can tell."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shift = timedelta(0)
        wall = self

        class ShiftedDatetime(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp((datetime.now(UTC) + wall.shift).timestamp(), tz)

        monkeypatch.setattr("apscheduler.schedulers.base.datetime", ShiftedDatetime)
        monkeypatch.setattr("scheduler.engine.datetime", ShiftedDatetime)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


class Ticks:
    """Counted as they come."""

    def __init__(self) -> None:
        self._more = threading.Semaphore(0)

    def count(self, clock: Callable[[], datetime]) -> None:
        self._more.release()

    def come(self, number: int) -> bool:
        return all(self._more.acquire(timeout=PATIENCE) for _ in range(number))


@pytest.mark.parametrize("hours", [-2, 2, -48])
def test_ticks_go_on_when_the_clock_is_set(
    database: Database, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    wall = WallClock(monkeypatch)
    monkeypatch.setattr("scheduler.engine.DISPATCH_SECONDS", 0.05)
    monkeypatch.setattr("scheduler.engine.CLOCK_LOOK_SECONDS", 0.05)
    ticks = Ticks()
    dispatcher = Dispatcher(database.sessions, CountingGateway(), BOOK, PUBLIC_URL)
    monkeypatch.setattr(dispatcher, "drain", ticks.count)
    engine = Engine(database.sessions, dispatcher, wall.now)
    try:
        engine.start()
        assert ticks.come(3)

        wall.shift = hours * HOUR

        assert ticks.come(3)
    finally:
        engine.stop()


@pytest.mark.parametrize("hours", [-2, -48, 2])
def test_a_clock_that_was_set_locks_no_other_process_out(any_database: Database, hours: int) -> None:
    """Of two processes one held the lease as the clock was set, and is gone."""
    with any_database.sessions.begin() as session:
        assert hold(session, "tick", "one", MONDAY_9AM)

    with any_database.sessions.begin() as session:
        assert hold(session, "tick", "two", MONDAY_9AM + hours * HOUR)

    with any_database.sessions.begin() as session:
        assert hold(session, "tick", "two", MONDAY_9AM + hours * HOUR + LEASE)


@pytest.mark.parametrize("seconds", [1, 60, 120])
def test_a_clock_set_back_a_little_locks_nobody_out_for_long(any_database: Database, seconds: int) -> None:
    with any_database.sessions.begin() as session:
        assert hold(session, "tick", "one", MONDAY_9AM)
    set_back = MONDAY_9AM - timedelta(seconds=seconds)

    with any_database.sessions.begin() as session:
        assert hold(session, "tick", "two", set_back + 2 * LEASE)


def test_two_engines_whose_clocks_differ_by_hours_send_once(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    for at in (MONDAY_9AM + 2 * HOUR, MONDAY_9AM, MONDAY_9AM + 2 * HOUR, MONDAY_9AM - 2 * HOUR):
        dispatcher = Dispatcher(any_database.sessions, gateway, BOOK, PUBLIC_URL)
        engine = Engine(any_database.sessions, dispatcher, lambda at=at: at)
        engine.tick()
        engine.stop()

    assert len(gateway.sent) == 1
