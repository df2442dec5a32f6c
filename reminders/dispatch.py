"""Draining what is due: claim a batch, write it down, send it, write down what happened. Again until none."""

import asyncio
import queue
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from care.db import Sessions
from care.models import Reminder
from care.phones import PhoneBook
from reminders.claiming import claim
from reminders.contact import SHORTEST_VALIDITY
from reminders.gateway import Accepted, Gateway, Outcome, Postponed, Unsure
from reminders.preparing import Letter, outgoing, prepare
from reminders.recording import record
from reminders.sending_thread import SendingThread
from reminders.timelines import Timeline, timelines

log = structlog.get_logger()

BATCH = 500
RECORD_EVERY = 50
RECORD_WITHIN_SECONDS = 0.25
# A database that is restarted is back within seconds, and what is known must not become doubtful.
RECORD_TRIES, SECONDS_BETWEEN_TRIES = 5, 2.0
# Never more than the gateway has connections: a wait for one counts towards its connect limit.
AT_ONCE = 32

Result = tuple[Letter, Outcome]
Results = queue.SimpleQueue[Result]


@dataclass
class Drained:
    """What one drain did: texts handed over, reminders that will not go out, and those left in doubt."""

    claimed: int = 0
    sent: int = 0
    unsent: int = 0
    unsure: int = 0

    def add(self, other: "Drained") -> None:
        self.claimed += other.claimed
        self.sent += other.sent
        self.unsent += other.unsent
        self.unsure += other.unsure


class Dispatcher:
    """Sends what is due through one gateway. Any number may run at once, here or on other machines."""

    def __init__(self, sessions: Sessions, gateway: Gateway, book: PhoneBook, public_url: str) -> None:
        self._sessions = sessions
        self._gateway = gateway
        self._book = book
        self._public_url = public_url
        self._thread = SendingThread()
        self._stopping = threading.Event()
        self._places = asyncio.Semaphore(AT_ONCE)

    def drain(self, clock: Callable[[], datetime]) -> Drained:
        """Send everything due, each practice by its own clock, until nothing is or someone asks to stop.

        The clock is asked again for every batch: a morning of thousands takes a while.
        """
        total = Drained()
        while not self._stopping.is_set():
            done = self.drain_round(clock())
            total.add(done)
            if not done.claimed:
                break
        return total

    def drain_round(self, now: datetime, lanes: Collection[int] | None = None) -> Drained:
        """One batch of each timeline; of these lanes alone, where they are given."""
        total = Drained()
        with self._sessions() as session:
            moments = timelines(session, now, lanes)
        for moment in moments:
            if not self._stopping.is_set():
                total.add(self.drain_batch(moment))
        return total

    def drain_batch(self, timeline: Timeline) -> Drained:
        """One batch of these practices: claimed and worded in one transaction, recorded in small ones."""
        with self._sessions.begin() as session:
            claimed = claim(session, timeline, BATCH)
            letters = self._prepare(session, claimed, timeline.now) if claimed else []
        going = sum(len(letter.reminders) for letter in letters)
        done = Drained(claimed=len(claimed), unsent=len(claimed) - going)
        self._send(letters, timeline.now, done)
        return done

    def stop(self) -> None:
        """Take no other batch. Of the running one, what is on the wire finishes and the rest goes back."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, and close the gateway's connections."""
        self.stop()
        self._thread.close(self._gateway.aclose())

    def _prepare(self, session: Session, claimed: Sequence[Reminder], now: datetime) -> list[Letter]:
        is_real = self._gateway.name != "simulated"
        return prepare(session, claimed, self._book, now, is_real=is_real)

    def _send(self, letters: Sequence[Letter], now: datetime, done: Drained) -> None:
        """All at once; outcomes are written every 50, or after a quarter of a second's silence."""
        results: Results = queue.SimpleQueue()
        began = monotonic()
        for letter in letters:
            self._thread.submit(self._send_one(letter, now, began, results))
        missing, batch = len(letters), list[Result]()
        while missing:
            try:
                batch.append(results.get(timeout=RECORD_WITHIN_SECONDS if batch else None))
                missing -= 1
            except queue.Empty:
                self._record(batch, now, done)
                continue
            if len(batch) >= RECORD_EVERY:
                self._record(batch, now, done)
        self._record(batch, now, done)

    async def _send_one(self, letter: Letter, now: datetime, began: float, results: Results) -> None:
        """With a slow provider its turn may come minutes after the check: then it is checked again."""
        outcome: Outcome
        try:
            async with self._places:
                at = now + timedelta(seconds=monotonic() - began)
                if self._stopping.is_set():
                    outcome = Postponed("we are stopping", retry_after_seconds=0)
                elif letter.until - at < SHORTEST_VALIDITY and at - now > timedelta(seconds=1):
                    outcome = Postponed("its time ran out before its turn", retry_after_seconds=0)
                else:
                    outcome = await self._gateway.send(outgoing(letter, self._public_url, at))
        except Exception:
            log.exception("gateway_broke", message=letter.message_id)
            outcome = Unsure("the gateway broke")
        results.put((letter, outcome))

    def _record(self, batch: list[Result], now: datetime, done: Drained) -> None:
        if not batch:
            return
        self._write_down(batch, now)
        for letter, outcome in batch:
            count = len(letter.reminders)
            done.sent += count if isinstance(outcome, Accepted) else 0
            done.unsure += count if isinstance(outcome, Unsure) else 0
            done.unsent += 0 if isinstance(outcome, Accepted | Unsure) else count
        batch.clear()

    def _write_down(self, batch: Sequence[Result], now: datetime) -> None:
        for tries_left in reversed(range(RECORD_TRIES)):
            try:
                with self._sessions.begin() as session:
                    record(session, batch, now)
                return
            except (OperationalError, InterfaceError):
                log.exception("outcomes_not_recorded", messages=[letter.message_id for letter, _ in batch])
                if not tries_left:
                    raise
                sleep(SECONDS_BETWEEN_TRIES)
