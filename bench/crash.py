"""Kill the sender with SIGKILL again and again, and count at the provider: nothing lost, nothing twice.

    python -m bench.crash --kills 200 --aim accepted --faults --callbacks --senders 2

`--aim random` kills at any moment; `--aim accepted` right after the provider took a text and before
the sender hears of it, which is where everybody else sends twice; `--aim stop` asks the scheduler to end
(SIGTERM) at any moment, which must take less than 15 s and leave nothing half done. `--faults` lets the
provider fail as well, before and after accepting. With `--callbacks` its status reports come early, late,
twice, out of order or never. With `--senders 2` one sends on while the other dies. Ends with 1 when a text
was lost or doubled, a row says something else than the provider, or a sender did not end in time.
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
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from bench._callbacks import Callbacks, calling_back
from bench._crash_world import judge, left_sending, let_send, open_practice, owe_texts, rows_of, waiting
from bench.crash_sender import Orders, schedule, send
from care.db import open_database
from care.migrating import migrate
from homestretch.logs import set_up_logs
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, TwilioStandIn

PER_KILL = 3
LATENCY_SECONDS = 0.03
LONGEST_WAIT_SECONDS, LATEST_KILL_SECONDS = 3.0, 1.0
MUST_END_WITHIN_SECONDS = 15.0
FAULTS = ("ok", "ok", "ok", "500_before_accept", "500_after_accept", "reset_before", "reset_after", "429")
# Rare, since each takes the ten seconds that the client waits for an answer.
HANGS = (*FAULTS * 8, "hang", "hang_before")
# Two looks, minutes apart, after the longest time a text may be on the wire; then as long as anything waits.
LOOKS = tuple(timedelta(minutes=7 + 4 * number) for number in range(40))
MOMENTS = {
    "random": "killed at random moments",
    "accepted": "killed right after the provider accepted",
    "stop": "asked to end at random moments",
}


@dataclass
class Clock:
    """The provider's clock, which goes with the sender's."""

    shift: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class Outcome:
    """What was counted from outside. `busy` kills came after the provider had taken a text of that round,
    `shown` are texts in doubt that wait for a person, `untrue` those of
    which a row of ours says something else than the provider, `left` those a stopped sender left half done.
    """

    kills: int
    owed: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    busy: int = 0
    shown: int = 0
    reports: int = 0
    left: int = 0
    slowest_stop: float = 0.0

    @property
    def is_clean(self) -> bool:
        in_time = self.slowest_stop < MUST_END_WITHIN_SECONDS
        return in_time and not (self.lost or self.doubled or self.untrue or self.left)

    def __str__(self) -> str:
        said = (
            f"{self.kills} times ({self.busy} with texts just taken), {self.owed} texts owed: "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.untrue)} told wrongly, "
            f"{self.shown} before a person"
        )
        if self.reports:
            said += f"; {self.reports} status reports"
        if self.slowest_stop:
            said += f"; slowest end {self.slowest_stop:.1f} s, {self.left} left half done"
        return said


def crash(
    url: str,
    kills: int,
    *,
    aim: str,
    with_faults: bool,
    seed: int,
    with_callbacks: bool = False,
    senders: int = 1,
) -> Outcome:
    """Owe a few texts, kill a sender while it sends them, `kills` times; then let doubts be settled."""
    chance = random.Random(seed)
    database = open_database(url)
    migrate(database)
    phones = iter(_phones())
    practice_id = open_practice(database)
    clock = Clock()
    outcome = Outcome(kills, 0)
    with TwilioStandIn(clock=clock, latency_seconds=LATENCY_SECONDS) as twilio:
        start = _starter(Orders(url, twilio.environment(), (ACCOUNT_SID, AUTH_TOKEN)))
        reporting = calling_back(database, twilio, clock, seed) if with_callbacks else nullcontext()
        running: list[BaseProcess] = []
        with reporting as callbacks:
            for _ in range(kills):
                outcome.owed += PER_KILL
                owe_texts(database, practice_id, [next(phones) for _ in range(PER_KILL)])
                if with_faults:
                    twilio.behave()
                    let_send(database, practice_id)
                    faults = HANGS if aim == "stop" else FAULTS
                    twilio.next_answers(*(chance.choice(faults) for _ in range(PER_KILL)))
                taken = len(twilio.messages)
                while len(running) < senders:
                    running.append(start(schedule if aim == "stop" else send, timedelta(), 0))
                if aim == "accepted" or (aim == "stop" and chance.random() < 0.5):
                    _wait_for(lambda before=taken: len(twilio.messages) > before)
                else:
                    time.sleep(chance.uniform(0, LATEST_KILL_SECONDS))
                outcome.busy += len(twilio.messages) > taken
                victim = running.pop(chance.randrange(len(running)))
                assert victim.is_alive(), "a sender died of itself"
                if aim == "stop":
                    outcome.slowest_stop = max(outcome.slowest_stop, _seconds_to_end(victim))
                    outcome.left += 0 if running else left_sending(database, practice_id)
                else:
                    victim.kill()
                    victim.join()
                if callbacks is not None:
                    callbacks.next_round()
            for survivor in running:
                survivor.kill()
                survivor.join()
            twilio.behave()
            for look in LOOKS:
                clock.shift = look
                start(send, look, 2).join()
                if not waiting(database, practice_id):
                    break
        taken_by = Counter(message.to for message in twilio.messages)
    reported = _note_reports(outcome, callbacks)
    verdict = judge(rows_of(database, practice_id), taken_by, reported)
    outcome.lost, outcome.doubled, outcome.untrue = verdict.lost, verdict.doubled, verdict.untrue
    outcome.shown = verdict.in_doubt
    database.dispose()
    return outcome


def _starter(orders: Orders) -> Callable[[Callable[[Orders, int], None], timedelta, int], BaseProcess]:
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["bench.crash_sender"])

    def start(work: Callable[[Orders, int], None], shift: timedelta, rounds: int) -> BaseProcess:
        ahead = Orders(orders.url, orders.environ, orders.account, shift)
        process = forking.Process(target=work, args=(ahead, rounds))
        process.start()
        return process

    return start


def _seconds_to_end(process: BaseProcess) -> float:
    """Ask it to end, and see how long that takes; what takes much too long is killed."""
    asked = time.monotonic()
    process.terminate()
    process.join(2 * MUST_END_WITHIN_SECONDS)
    process.kill()
    process.join()
    return time.monotonic() - asked


def _note_reports(outcome: Outcome, callbacks: Callbacks | None) -> dict[str, str]:
    if callbacks is None:
        return {}
    outcome.reports = callbacks.posted
    return callbacks.reported


def _wait_for(is_so: Callable[[], bool]) -> None:
    """Look often: the moment aimed at is short."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while not is_so() and time.monotonic() < until:
        threading.Event().wait(0.0005)


def _phones() -> Iterator[str]:
    return (f"+1202{number:07d}" for number in range(5_550_000, 9_999_999))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--aim", choices=[*MOMENTS, "both", "all"], default="both")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--callbacks", action="store_true")
    parser.add_argument("--senders", type=int, default=1)
    parser.add_argument("--database", help="an empty PostgreSQL database; SQLite without")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    set_up_logs("critical")
    aims = {"both": ["random", "accepted"], "all": list(MOMENTS)}.get(options.aim, [options.aim])
    is_clean = True
    for aim in aims:
        with tempfile.TemporaryDirectory() as folder:
            outcome = crash(
                options.database or f"sqlite:///{Path(folder) / 'crash.db'}",
                options.kills,
                aim=aim,
                with_faults=options.faults,
                seed=options.seed,
                with_callbacks=options.callbacks,
                senders=options.senders,
            )
        print(f"{MOMENTS[aim]}: {outcome}", flush=True)
        is_clean = is_clean and outcome.is_clean
    sys.exit(0 if is_clean else 1)


if __name__ == "__main__":
    main()
