"""The process that `bench.crash` kills: the real dispatcher and the official client, on a given clock."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from care.clock import utc_now
from care.db import Database, open_database
from care.phones import PhoneBook
from homestretch.logs import set_up_logs
from homestretch.serving import on_signal
from reminders.dispatch import AT_ONCE, Dispatcher
from reminders.twilio_gateway import TwilioGateway
from scheduler.engine import Engine

PUBLIC_URL = "https://care.example.test"
KEY = b"a key for crashes alone"
TIMEOUT_SECONDS, USUAL_TIMEOUT_SECONDS = 2.0, 10.0
# With a second sender beside it, one that has nothing to do leaves it the processor.
PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Orders:
    """Where a sender finds its database and provider, and how far its clock is ahead."""

    url: str
    environ: dict[str, str]
    account: tuple[str, str]
    shift: timedelta = timedelta()

    def clock(self) -> datetime:
        return utc_now() + self.shift


def send(orders: Orders, rounds: int) -> None:
    """Drain and settle `rounds` times (0: until killed)."""
    with _opened(orders, TIMEOUT_SECONDS) as (dispatcher, _):
        done = 0
        while not rounds or done < rounds:
            if not dispatcher.drain(orders.clock).claimed and not rounds:
                threading.Event().wait(PAUSE_SECONDS)
            dispatcher.inquirer.settle(orders.clock())
            done += 1
        dispatcher.close()


def schedule(orders: Orders, rounds: int) -> None:
    """What `homestretch scheduler` does, with the patience it has with the provider: until SIGTERM."""
    asked, ask = os.pipe()
    on_signal(lambda: os.write(ask, b"."))
    with _opened(orders, USUAL_TIMEOUT_SECONDS) as (dispatcher, database):
        engine = Engine(database.sessions, dispatcher, orders.clock)
        engine.start()
        os.read(asked, 1)
        engine.stop()


@contextmanager
def _opened(orders: Orders, timeout_seconds: float) -> Iterator[tuple[Dispatcher, Database]]:
    set_up_logs("critical")
    os.environ.update(orders.environ)
    database = open_database(orders.url)
    gateway = TwilioGateway(*orders.account, timeout_seconds=timeout_seconds, concurrency=AT_ONCE)
    yield Dispatcher(database.sessions, gateway, PhoneBook(KEY), PUBLIC_URL), database
    database.dispose()
