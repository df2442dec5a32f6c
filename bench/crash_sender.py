"""The process that `bench.crash` kills: the real dispatcher and the official client, on a given clock."""

import os
from datetime import datetime, timedelta

from care.clock import utc_now
from care.db import open_database
from care.phones import PhoneBook
from homestretch.logs import set_up_logs
from reminders.dispatch import AT_ONCE, Dispatcher
from reminders.twilio_gateway import TwilioGateway

PUBLIC_URL = "https://care.example.test"
KEY = b"a key for crashes alone"
TIMEOUT_SECONDS = 2


def send(url: str, environ: dict[str, str], account: tuple[str, str], shift: timedelta, rounds: int) -> None:
    """Drain and settle `rounds` times (0: until killed), at now plus `shift`."""
    set_up_logs("error")
    os.environ.update(environ)
    database = open_database(url)
    gateway = TwilioGateway(*account, timeout_seconds=TIMEOUT_SECONDS, concurrency=AT_ONCE)
    dispatcher = Dispatcher(database.sessions, gateway, PhoneBook(KEY), PUBLIC_URL)

    def clock() -> datetime:
        return utc_now() + shift

    done = 0
    while not rounds or done < rounds:
        dispatcher.drain(clock)
        dispatcher.settle(clock())
        done += 1
    dispatcher.close()
    database.dispose()
