"""Several processes of the product on one PostgreSQL, and a provider that counts what they send."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from care.db import Database
from care.models import Reminder, ReminderKind, ReminderStatus, Sender, SenderKind
from reminders.outbox import owe
from tests.making import make_client, make_practice
from tests.nursery import Child, Nursery, bare_environment
from tests.twilio_stand_in import TwilioStandIn

# Costs nothing when things come; where other work fills the machine they come late.
PATIENCE = 120


@dataclass
class Process:
    """One `homestretch worker` or `homestretch scheduler`."""

    child: Child

    @property
    def texts(self) -> int:
        """How many it says it sent."""
        events = [json.loads(line) for line in self.child.stderr.splitlines() if line.startswith("{")]
        return sum(len(event["messages"]) for event in events if event.get("event") == "texts_sent")

    def is_up(self) -> bool:
        said = self.child.stderr
        assert self.child.poll() is None, said
        return "worker_started" in said or "engine_started" in said

    def terminate(self) -> int:
        """Ask it to end, as an operator's machine does. Returns the exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=PATIENCE)


@dataclass
class Fleet:
    """The processes, their database and their provider."""

    database: Database
    provider: TwilioStandIn
    folder: Path
    nursery: Nursery
    processes: list[Process] = field(default_factory=list)

    def start(self, *words: str, count: int) -> list[Process]:
        """Start so many, and return when all are at work."""
        started = [self._start(words) for _ in range(count)]
        for process in started:
            wait_for(process.is_up)
        return started

    def _start(self, words: Sequence[str]) -> Process:
        environ = bare_environment() | self._settings() | self.provider.environment()
        said = self.folder / f"process-{len(self.processes)}"
        process = Process(self.nursery.start(words, environ, said))
        self.processes.append(process)
        return process

    def _settings(self) -> dict[str, str]:
        return {
            "HOMESTRETCH_DATA_DIR": str(self.folder),
            "HOMESTRETCH_DATABASE_URL": self.database.engine.url.render_as_string(hide_password=False),
            "HOMESTRETCH_SECRET_KEY": "the secret key of all the processes",
            "HOMESTRETCH_GATEWAY": "twilio",
            "HOMESTRETCH_PUBLIC_URL": "http://care.example.test",
            "HOMESTRETCH_PRODUCTION": "0",
            "TWILIO_ACCOUNT_SID": self.provider.account_sid,
            "TWILIO_AUTH_TOKEN": self.provider.auth_token,
            "TWILIO_FROM_NUMBER": "+12025550100",
            "HOMESTRETCH_SEND_RATE": "0",
        }

    def states(self) -> Counter[ReminderStatus]:
        counted = select(Reminder.status, func.count()).group_by(Reminder.status)
        with self.database.sessions() as session:
            return Counter(dict(session.execute(counted).all()))

    def lanes(self, *statuses: ReminderStatus) -> set[int]:
        with self.database.sessions() as session:
            return set(session.scalars(select(Reminder.lane).where(Reminder.status.in_(statuses))))

    def copies(self) -> Counter[str]:
        """How often each phone was texted."""
        return Counter(message.to for message in self.provider.messages)

    def end(self) -> None:
        for process in self.processes:
            process.child.send_signal(signal.SIGKILL)
            process.child.wait(timeout=PATIENCE)


@contextmanager
def fleet(database: Database, folder: Path, nursery: Nursery, latency_seconds: float) -> Iterator[Fleet]:
    """Nothing runs yet; whatever was started is gone at the end."""
    with TwilioStandIn(latency_seconds=latency_seconds) as provider:
        one = Fleet(database, provider, folder, nursery)
        try:
            yield one
        finally:
            one.end()


def zone_at_noon() -> str:
    """A zone in which it is about noon, so that the sending window is open whenever the tests run."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


def owe_texts(database: Database, *, practices: int, each: int) -> None:
    """So many texts that are due now, each to a client of its own; all appear at one moment."""
    now = datetime.now(UTC)
    with database.sessions.begin() as session:
        for _ in range(practices):
            practice = make_practice(session, timezone=zone_at_noon())
            address = f"+1202556{practice.id:04d}"
            session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address=address))
            for _ in range(each):
                client = make_client(session, practice, timezone=zone_at_noon())
                owe(
                    session,
                    practice.id,
                    ReminderKind.NUDGE,
                    "nudge",
                    now,
                    dedupe_key=f"nudge:{client.id}",
                    client=client,
                )


def wait_for(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Ask again until it is so: another process has no event to wait on."""
    over = threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.start()
    try:
        while not what():
            assert not over.wait(0.1), "It never came."
    finally:
        timer.cancel()
