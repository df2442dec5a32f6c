"""Two worker processes against one on PostgreSQL, with a provider that takes 20 ms.

`python -m bench.workers --due 6000 --runs 3`. With `--over-http 1` the official client posts to a provider
over TLS; on two cores client, provider and database then share what a second worker would need.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import func, select

from bench._baselines import ACCOUNT_SID, TOKEN
from bench._measuring import arguments, logging_as_usual, report, timed
from bench._provider import providing
from bench._world import BOOK, NOW, fill
from care.db import open_database
from care.migrating import migrate
from care.models import Message, Reminder, ReminderStatus
from reminders.dispatch import AT_ONCE, Dispatcher
from reminders.gateway import Gateway, Outcome, Outgoing
from reminders.simulated import SimulatedGateway
from reminders.twilio_gateway import TwilioGateway
from tests.postgres import PostgresServer, start_postgres

LATENCY_SECONDS = 0.02


class SlowGateway(SimulatedGateway):
    """Takes everything after 20 ms, and is treated as a real one."""

    name = "slow"

    async def send(self, outgoing: Outgoing) -> Outcome:
        await asyncio.sleep(LATENCY_SECONDS)
        return await super().send(outgoing)


def work(url: str, *, over_http: bool) -> None:
    """One worker: says when it is ready, begins when told, and says how many it sent."""
    gateway: Gateway = TwilioGateway(ACCOUNT_SID, TOKEN, concurrency=AT_ONCE) if over_http else SlowGateway()
    database = open_database(url)
    dispatcher = Dispatcher(database.sessions, gateway, BOOK, "https://clinic.example")
    dispatcher.drain(lambda: NOW.replace(year=2020))  # opens connections and compiles statements
    print("ready", flush=True)
    sys.stdin.readline()
    with logging_as_usual():
        sent = dispatcher.drain(lambda: NOW).sent
    print(sent, flush=True)
    dispatcher.close()


def rate_of(url: str, workers: int, due: int, *, over_http: bool) -> float:
    """Messages a second of so many workers on a database of their own."""
    command = [sys.executable, "-m", "bench.workers", "work", url, str(int(over_http))]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    with timed() as watch:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        sent = [int(process.stdout.readline()) for process in processes if process.stdout is not None]
    for process in processes:
        process.communicate()
    assert sum(sent) == due, sent
    return due / watch.seconds


def measure(server: PostgresServer, name: str, workers: int, due: int, *, over_http: bool) -> float:
    url = server.create(name)
    database = open_database(url)
    migrate(database)
    fill(database, due, is_due=True)
    rate = rate_of(url, workers, due, over_http=over_http)
    with database.reading() as session:
        unsent = session.scalar(
            select(func.count()).select_from(Reminder).where(Reminder.status != ReminderStatus.SENT)
        )
        messages = session.scalar(select(func.count()).select_from(Message))
    assert (unsent, messages) == (0, due), "lost or sent twice"
    database.dispose()
    server.drop(name)
    return rate


def main() -> None:
    chosen = arguments(__doc__, due=3_000, runs=3, over_http=0)
    over_http = bool(chosen.over_http)
    with tempfile.TemporaryDirectory(prefix="hs-pg-") as folder, providing():
        server = start_postgres(Path(folder))
        if server is None:
            print("Left out: no PostgreSQL. Install the test extra, pip install 'homestretch[test]'.")
            return
        try:
            pairs = []
            for turn in range(chosen.runs):
                one, two = (
                    measure(server, f"run{turn}_{workers}", workers, chosen.due, over_http=over_http)
                    for workers in (1, 2)
                )
                print(f"     one worker {one:.0f}/s, two {two:.0f}/s", flush=True)
                pairs.append((one, two))
        finally:
            server.stop()
    ratio = statistics.median(two / one for one, two in pairs)
    report("PostgreSQL, two workers against one", ratio, 1.4)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(sys.argv[2], over_http=sys.argv[3] == "1")
    else:
        main()
