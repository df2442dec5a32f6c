"""The provider's status callbacks, as unkind as they come: early, late, twice, out of order, or never.

Each is signed and posted to the product's own web, and finds its way by the address the text was sent with.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from flask import Flask

from bench.crash_sender import PUBLIC_URL
from care.db import Database
from care.settings import load_settings
from tests.twilio_stand_in import StandInMessage, TwilioStandIn
from web import create_app

# Early is while the sender has not heard of the text itself; soon is within half a second.
WHENS = ("early", "early", "soon", "late", "last", "never")
# With no code after which a text goes once more (`reminders.second_try`): here each phone is owed one.
ENDS = (("delivered", None), ("delivered", None), ("undelivered", 30007))
LOOK_EVERY_SECONDS = 0.0005
SOON_SECONDS = 0.5
LATE_ROUNDS = 3


@dataclass(frozen=True)
class Report:
    """One callback to post: not before this moment on our watch, nor before this round."""

    message: StandInMessage
    status: str
    code: int | None
    at: float
    round: int


class Callbacks:
    """Watches what the provider takes and reports it. `reported` says how each phone's text ended."""

    def __init__(self, app: Flask, twilio: TwilioStandIn, seed: int) -> None:
        self.reported: dict[str, str] = {}
        self.posted = 0
        self._browser, self._twilio, self._seed = app.test_client(), twilio, seed
        self._seen = self._round = 0
        self._waiting: list[Report] = []
        self._last: list[Report] = []
        self._trouble: Exception | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="callbacks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def next_round(self) -> None:
        """Those that wait for it are due."""
        self._round += 1

    def finish(self) -> None:
        """Post what was kept back until the very end. Raises what went wrong while watching."""
        self._ending.set()
        self._thread.join()
        if self._trouble is not None:
            raise self._trouble
        self._take_in()
        self._post(self._waiting + self._last)

    def _watch(self) -> None:
        try:
            while not self._ending.wait(LOOK_EVERY_SECONDS):
                self._take_in()
                now = time.monotonic()
                due = [one for one in self._waiting if one.at <= now and one.round <= self._round]
                self._waiting = [one for one in self._waiting if one not in due]
                self._post(due)
        except Exception as trouble:
            self._trouble = trouble

    def _take_in(self) -> None:
        """What was taken since the last look."""
        new = self._twilio.messages[self._seen :]
        self._seen += len(new)
        for message in new:
            when, reports = self._reports(message)
            if when == "last":
                self._last += reports
            elif when != "never":
                self._waiting += reports

    def _reports(self, message: StandInMessage) -> tuple[str, list[Report]]:
        dice = random.Random(f"{self._seed}:{message.sid}:{message.to}")
        when = dice.choice(WHENS)
        end, code = dice.choice(ENDS)
        ways: list[tuple[str, int | None]] = [("queued", None), ("sent", None), (end, code)]
        ways *= dice.choice((1, 2))
        if dice.random() < 0.5:
            dice.shuffle(ways)
        at = time.monotonic() + (dice.uniform(0, SOON_SECONDS) if when == "soon" else 0)
        due = self._round + (dice.randint(1, LATE_ROUNDS) if when == "late" else 0)
        return when, [Report(message, status, code, at, due) for status, code in ways]

    def _post(self, reports: list[Report]) -> None:
        for one in reports:
            address = one.message.status_callback
            assert address is not None
            form = self._twilio.callback(one.message, one.status, one.code)
            signature = self._twilio.sign(address, form)
            parts = urlsplit(address)
            answer = self._browser.post(
                f"{parts.path}?{parts.query}", data=form, headers={"X-Twilio-Signature": signature}
            )
            assert answer.status_code == 204, answer.status
            self.posted += 1
            if one.status in ("delivered", "undelivered"):
                self.reported[one.message.to] = one.status


@contextmanager
def calling_back(
    database: Database, twilio: TwilioStandIn, clock: Callable[[], datetime], seed: int
) -> Iterator[Callbacks]:
    """The web, and a provider that reports to it meanwhile."""
    with TemporaryDirectory(prefix="homestretch-crash-") as folder:
        environment = {
            "HOMESTRETCH_DATA_DIR": folder,
            "HOMESTRETCH_PUBLIC_URL": PUBLIC_URL,
            "HOMESTRETCH_PRODUCTION": "0",
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
        }
        callbacks = Callbacks(create_app(load_settings(environment), database, clock), twilio, seed)
        callbacks.start()
        yield callbacks
        callbacks.finish()
