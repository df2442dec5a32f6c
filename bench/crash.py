"""Kill the sender with SIGKILL again and again, and count at the provider: nothing lost, nothing twice.

    python -m bench.crash --kills 200 --aim accepted --faults

`--aim random` kills at any moment; `--aim accepted` right after the provider took a text and before
the sender hears of it, which is where everybody else sends twice. `--faults` lets the provider fail
as well, before and after accepting. Ends with 1 when a text was lost or doubled.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.crash_sender import KEY, send
from care.db import Database, open_database
from care.migrating import migrate
from care.models import (
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    ConsentSource,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Sender,
    SenderKind,
)
from care.phones import PhoneBook
from reminders.outbox import owe
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn

PER_KILL = 3
LATENCY_SECONDS = 0.03
LONGEST_WAIT_SECONDS = 3.0
FAULTS = ("ok", "ok", "ok", "500_before_accept", "500_after_accept", "reset_before", "reset_after", "429")
# Two looks, minutes apart, after the longest time a text may be on the wire; then once more.
LOOKS = tuple(timedelta(minutes=minutes) for minutes in (7, 11, 15, 19, 23, 27))


@dataclass
class Clock:
    """The provider's clock, which goes with the sender's."""

    shift: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class Outcome:
    """What was counted from outside. `shown` are texts in doubt that wait for a person."""

    kills: int
    owed: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    shown: int = 0

    @property
    def is_clean(self) -> bool:
        return not self.lost and not self.doubled

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.owed} texts owed: {len(self.lost)} lost, "
            f"{len(self.doubled)} doubled, {self.shown} before a person"
        )


def crash(url: str, kills: int, *, aim: str, with_faults: bool, seed: int) -> Outcome:
    """Owe a few texts, kill the sender while it sends them, `kills` times; then let doubts be settled."""
    chance = random.Random(seed)
    database = open_database(url)
    migrate(database)
    phones = iter(_phones())
    practice_id = _open_practice(database)
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["bench.crash_sender"])
    clock = Clock()
    owed: list[str] = []
    with TwilioStandIn(clock=clock, latency_seconds=LATENCY_SECONDS) as twilio:

        def sender(shift: timedelta, rounds: int) -> multiprocessing.process.BaseProcess:
            account = (ACCOUNT_SID, AUTH_TOKEN)
            return forking.Process(target=send, args=(url, twilio.environment(), account, shift, rounds))

        for _ in range(kills):
            owed += _owe_texts(database, practice_id, [next(phones) for _ in range(PER_KILL)])
            if with_faults:
                twilio.next_answers(*(chance.choice(FAULTS) for _ in range(PER_KILL)))
            taken = len(twilio.messages)
            process = sender(timedelta(), 0)
            process.start()
            if aim == "accepted":
                _wait_for(lambda before=taken: len(twilio.messages) > before)
            else:
                time.sleep(chance.uniform(0, 0.6))
            process.kill()
            process.join()
        twilio.next_answers()
        for look in LOOKS:
            clock.shift = look
            process = sender(look, 2)
            process.start()
            process.join()
        counts = Counter(message.to for message in twilio.messages)
    outcome = Outcome(kills, len(owed), shown=_in_doubt(database, practice_id))
    doubtful = _doubtful_phones(database, practice_id)
    outcome.lost = [phone for phone in owed if not counts[phone] and phone not in doubtful]
    outcome.doubled = [phone for phone in owed if counts[phone] > 1]
    database.dispose()
    return outcome


def _wait_for(is_so: Callable[[], bool]) -> None:
    """Look often: the moment aimed at is short."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while not is_so() and time.monotonic() < until:
        threading.Event().wait(0.0005)


def _phones() -> Iterator[str]:
    return (f"+1202{number:07d}" for number in range(5_550_000, 9_999_999))


def _open_practice(database: Database) -> int:
    """A practice whose hours are always open, since the clock will be moved."""
    now = datetime.now(UTC)
    hours_to_noon = 12 - now.hour
    zone = f"Etc/GMT{-hours_to_noon:+d}" if hours_to_noon else "Etc/UTC"
    with database.sessions.begin() as session:
        practice = Practice(name="Crash", country="US", timezone=zone, created_at=now, daily_cap=100)
        session.add(practice)
        session.flush()
        session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address="+12025550100"))
        return practice.id


def _owe_texts(database: Database, practice_id: int, phones: list[str]) -> list[str]:
    with database.sessions.begin() as session:
        practice = session.get_one(Practice, practice_id)
        for phone in phones:
            client = _client(session, practice, phone)
            owe(
                session,
                practice_id,
                ReminderKind.MESSAGE,
                "message",
                datetime.now(UTC),
                dedupe_key=f"crash:{phone}",
                client=client,
                body="See you soon.",
            )
    return phones


def _client(session: Session, practice: Practice, phone: str) -> Client:
    now = datetime.now(UTC)
    phone_hash = PhoneBook(KEY).hash(phone)
    client = Client(
        practice_id=practice.id,
        first_name="Crash",
        phone=phone,
        phone_hash=phone_hash,
        timezone=practice.timezone,
        created_at=now,
    )
    session.add(client)
    session.flush()
    session.add(
        ConsentEvent(
            practice_id=practice.id,
            client_id=client.id,
            phone_hash=phone_hash,
            purpose=ConsentPurpose.TEXTING,
            action=ConsentAction.GIVEN,
            wording="for the crash",
            source=ConsentSource.PAPER,
            at=now,
        )
    )
    return client


def _in_doubt(database: Database, practice_id: int) -> int:
    return len(_doubtful_phones(database, practice_id))


def _doubtful_phones(database: Database, practice_id: int) -> set[str]:
    with database.sessions() as session:
        found = session.scalars(
            select(Client.phone)
            .join(Reminder, Reminder.client_id == Client.id)
            .where(
                Reminder.practice_id == practice_id,
                Reminder.status.in_([ReminderStatus.UNSURE, ReminderStatus.SENDING]),
            )
        )
        return {phone for phone in found if phone}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--aim", choices=["random", "accepted", "both"], default="both")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--database", help="an empty PostgreSQL database; SQLite without")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    is_clean = True
    for aim in ("random", "accepted") if options.aim == "both" else (options.aim,):
        with tempfile.TemporaryDirectory() as folder:
            url = options.database or f"sqlite:///{Path(folder) / 'crash.db'}"
            outcome = crash(url, options.kills, aim=aim, with_faults=options.faults, seed=options.seed)
        when = "at random moments" if aim == "random" else "right after the provider accepted"
        print(f"killed {when}: {outcome}", flush=True)
        is_clean = is_clean and outcome.is_clean
    sys.exit(0 if is_clean else 1)


if __name__ == "__main__":
    main()
