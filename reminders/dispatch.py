"""Draining what is due: claim a batch, write it down, send it, write down what happened. Again until none."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic, sleep

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from care.db import Sessions, reading_of
from care.key_ring import KeyMissing
from care.phones import PhoneBook
from reminders.batch_rows import Due
from reminders.claiming import claim, put_down, put_off
from reminders.contact import SHORTEST_VALIDITY
from reminders.gateway import Accepted, Gateway, Outcome, Postponed, Unsure, is_real
from reminders.inquiring import Inquirer
from reminders.letters import Letter, outgoing
from reminders.lines import Line, lines_of
from reminders.missing_keys import MissingKeys
from reminders.outcomes import RECORD_EVERY, Outcomes, Result
from reminders.pacing import UNPACED, Pace
from reminders.preparing import park, prepare
from reminders.provider import ProviderState, note_outcomes
from reminders.recording import note_lines, record
from reminders.revoking import LOOK_EVERY_SECONDS, Gate, look_again
from reminders.sending_thread import SendingThread
from reminders.sharing import Share, share_out
from reminders.timelines import Timeline, timelines

log = structlog.get_logger()

BATCH = 500
# A database that is restarted is back within seconds, and what is known must not become doubtful.
RECORD_TRIES, SECONDS_BETWEEN_TRIES = 5, 2.0
# Never more than the gateway has connections: a wait for one counts towards its connect limit.
AT_ONCE = 48
# What was claimed longer ago goes back unsent: settling takes `sending` for lost after five minutes.
LATEST_START = timedelta(minutes=4)


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


@dataclass
class Batch:
    """What was claimed together and is on its way. `missing` outcomes are not written down yet."""

    now: datetime
    done: Drained
    outcomes: Outcomes
    lines: list[Line]
    missing: int
    is_full: bool
    gate: Gate
    all_is_well: bool = True
    provider: ProviderState | None = None

    @property
    def may_be_overtaken(self) -> bool:
        """Whether the next may be claimed while its last texts go out: after a full one, where the
        provider takes everything. A 429 must be known before anything more is claimed.
        """
        return self.all_is_well and self.is_full


class Dispatcher:
    """Sends what is due through one gateway. Any number may run at once, here or on other machines."""

    def __init__(
        self,
        sessions: Sessions,
        gateway: Gateway,
        book: PhoneBook,
        public_url: str,
        pace: Pace = UNPACED,
    ) -> None:
        self.pace = pace
        self._sessions = sessions
        self._reading = reading_of(sessions)
        self._gateway = gateway
        self._book = book
        self._public_url = public_url
        self._thread = SendingThread()
        self._stopping = threading.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self.missing_keys = MissingKeys()
        self.inquirer = Inquirer(
            sessions, gateway, self._thread, book, public_url, self._stopping, self.missing_keys
        )

    def drain(self, clock: Callable[[], datetime]) -> Drained:
        """Send everything due, each practice by its own clock, until nothing is or someone asks to stop.

        The clock is asked again for every batch: a morning of thousands takes a while. While the last
        texts of a full batch are on the wire, the next is claimed and worded.
        """
        total, found_some = Drained(), True
        running: Batch | None = None
        following: Batch | None = None
        try:
            while found_some and not self.is_stopping:
                found_some = False
                self._get_on_with(running)
                for moment in self._moments(clock()):
                    self._get_on_with(running)
                    following = self._begin(moment)
                    if running is not None:
                        self._finish(running)
                        total.add(running.done)
                    found_some = found_some or following.done.claimed > 0
                    running, following = following, None
        finally:
            # Both, whatever went wrong: what the provider has taken must not be looked up one by one.
            try:
                if following is not None:
                    self._finish(following)
            finally:
                if running is not None:
                    self._finish(running)
        if running is not None:
            total.add(running.done)
        return total

    def drain_round(self, now: datetime, lanes: Collection[int] | None = None) -> Drained:
        """One batch of each timeline; of these lanes alone, where they are given."""
        total = Drained()
        for moment in self._moments(now, lanes):
            total.add(self.drain_batch(moment))
        return total

    def drain_batch(self, timeline: Timeline) -> Drained:
        """One batch of these practices: claimed and worded in one transaction, recorded in small ones.
        Nothing once somebody asked to stop, since what is claimed then only goes back.
        """
        if self.is_stopping:
            return Drained()
        batch = self._begin(timeline)
        self._finish(batch)
        return batch.done

    def _moments(self, now: datetime, lanes: Collection[int] | None = None) -> Iterator[Timeline]:
        """Everybody's present, as long as nobody asks to stop."""
        with self._reading() as session:
            moments = timelines(session, now, lanes)
        for moment in moments:
            if not self.is_stopping:
                yield moment

    def _begin(self, timeline: Timeline) -> Batch:
        gate = Gate(timeline.now)
        claimed, letters = self._claim_somehow(timeline)
        going = sum(len(letter.reminders) for letter in letters)
        done = Drained(claimed=claimed, unsent=claimed - going)
        lines = lines_of(letters)
        outcomes = self._send(lines, gate)
        return Batch(timeline.now, done, outcomes, lines, len(letters), len(letters) > RECORD_EVERY, gate)

    def _claim_somehow(self, timeline: Timeline) -> tuple[int, list[Letter]]:
        """A whole batch, and where one row breaks it, whatever that row does not stop."""
        try:
            return self._claim_batch(timeline, leave_shut=False)
        except KeyMissing as missing:
            self.missing_keys.met(missing, "dispatch")
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("batch_broke")
            return self._claim_one_by_one(timeline, leave_shut=False)
        try:
            return self._claim_batch(timeline, leave_shut=True)
        except KeyMissing as missing:
            self.missing_keys.met(missing, "dispatch")
            return self._claim_one_by_one(timeline, leave_shut=True)

    def _claim_batch(self, timeline: Timeline, *, leave_shut: bool) -> tuple[int, list[Letter]]:
        with self._sessions.begin() as session:
            shares = share_out(session, timeline, self.pace, BATCH)
            return self._claim(session, timeline, shares, leave_shut=leave_shut)

    def _claim(
        self, session: Session, timeline: Timeline, shares: Sequence[Share], *, leave_shut: bool
    ) -> tuple[int, list[Letter]]:
        claimed = claim(session, timeline, shares, leave_shut=leave_shut)
        letters = self._prepare(session, claimed, shares, timeline.now) if claimed else []
        return len(claimed), letters

    def _claim_one_by_one(self, timeline: Timeline, *, leave_shut: bool) -> tuple[int, list[Letter]]:
        """One text of each practice, after one that breaks the whole batch. That one is parked, so it
        stops nobody else, and goes before a person; one that lacks a key waits.
        """
        with self._sessions() as session:
            practices = [share.practice.id for share in share_out(session, timeline, self.pace, BATCH)]
        claimed, letters = 0, list[Letter]()
        for practice_id in practices:
            alone = Timeline(timeline.now, practice_id=practice_id)
            try:
                with self._sessions.begin() as session:
                    first = self._first_share(session, alone)
                    taken, made = self._claim(session, alone, first, leave_shut=leave_shut)
            except (OperationalError, InterfaceError):
                raise
            except KeyMissing as missing:
                self.missing_keys.met(missing, "dispatch")
                with self._sessions.begin() as session:
                    taken, made = put_off(session, alone, self._first_share(session, alone)), []
            except Exception:
                log.exception("text_broke", practice=practice_id)
                with self._sessions.begin() as session:
                    parked = claim(session, alone, self._first_share(session, alone), leave_shut=leave_shut)
                    park(session, parked, timeline.now)
                    put_down(session, parked)
                taken, made = len(parked), []
            claimed += taken
            letters += made
        return claimed, letters

    def _first_share(self, session: Session, timeline: Timeline) -> list[Share]:
        return [replace(share, most=1) for share in share_out(session, timeline, self.pace, BATCH)]

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """Take no other batch. Of the running one, what is on the wire finishes and the rest goes back."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, and close the gateway's connections."""
        self.stop()
        self._thread.close(self._gateway.aclose())

    @property
    def _is_real(self) -> bool:
        return is_real(self._gateway)

    def _prepare(
        self, session: Session, claimed: Sequence[Due], shares: Sequence[Share], now: datetime
    ) -> list[Letter]:
        return prepare(session, claimed, shares, self._book, now, is_real=self._is_real)

    def _send(self, lines: Sequence[Line], gate: Gate) -> Outcomes:
        """All at once, in the thread of the gateway."""
        outcomes = Outcomes()
        if lines:
            self._thread.submit(self._send_all(lines, gate, outcomes))
        return outcomes

    def _get_on_with(self, batch: Batch | None) -> None:
        """Finish it, or nearly, before the next is claimed."""
        if batch is not None:
            self._finish(batch, but_for=RECORD_EVERY if batch.may_be_overtaken else 0)

    def _finish(self, batch: Batch, but_for: int = 0) -> None:
        """Write down what became of its texts, as the outcomes come in, until only so many are missing."""
        while batch.missing > but_for:
            results = batch.outcomes.next_batch(within_seconds=LOOK_EVERY_SECONDS)
            self._look_for_revoked(batch.gate, batch.lines)
            if results:
                batch.missing -= len(results)
                self._record(results, batch)

    def _look_for_revoked(self, gate: Gate, lines: Sequence[Line]) -> None:
        """STOP is the last word, and a pause holds, also for what is claimed and waits for its turn."""
        if monotonic() - gate.looked < LOOK_EVERY_SECONDS:
            return
        gate.looked = monotonic()
        try:
            with self._reading() as session:
                gate.present = look_again(session, [letter for line in lines for letter in line.letters])
        except (OperationalError, InterfaceError):
            log.exception("not_looked_for_what_was_taken_back")

    async def _send_all(self, lines: Sequence[Line], gate: Gate, outcomes: Outcomes) -> None:
        await asyncio.gather(*(self._send_line(line, gate, outcomes) for line in lines))
        outcomes.hand_over()

    async def _send_line(self, line: Line, gate: Gate, outcomes: Outcomes) -> None:
        waiting = iter(line.letters)

        async def send_some(letters: Iterable[Letter]) -> None:
            for letter in letters:
                outcome = await self._send_one(letter, line, gate)
                line.heard(outcome, gate.at)
                outcomes.add(letter, outcome)

        if line.sender is not None:
            await send_some(islice(waiting, 1))
        await asyncio.gather(*(send_some(waiting) for _ in range(min(AT_ONCE, len(line.letters)))))

    async def _send_one(self, letter: Letter, line: Line, gate: Gate) -> Outcome:
        """With a slow provider its turn may come minutes after the check: then it is checked again."""
        try:
            async with self._places:
                now, at = gate.claimed_at, gate.at
                if self.is_stopping:
                    return Postponed("we are stopping", retry_after_seconds=0)
                if line.is_cut:
                    return Postponed("the provider takes nothing from its sender", retry_after_seconds=0)
                if at - now > LATEST_START:
                    return Postponed("its turn came too late", retry_after_seconds=0)
                if letter.until - at < SHORTEST_VALIDITY and at - now > timedelta(seconds=1):
                    return Postponed("its time ran out before its turn", retry_after_seconds=0)
                if gate.stops(letter, at):
                    return Postponed("it was taken back meanwhile", retry_after_seconds=0)
                return await self._gateway.send(outgoing(letter, self._public_url, at))
        except (Exception, asyncio.CancelledError):
            log.exception("gateway_broke", message=letter.message_id)
            return Unsure("the gateway broke")

    def _record(self, results: Sequence[Result], batch: Batch) -> None:
        self._write_down_somehow(results, batch)
        done = batch.done
        for letter, outcome in results:
            count = len(letter.reminders)
            done.sent += count if isinstance(outcome, Accepted) else 0
            done.unsure += count if isinstance(outcome, Unsure) else 0
            done.unsent += 0 if isinstance(outcome, Accepted | Unsure) else count
            batch.all_is_well = batch.all_is_well and isinstance(outcome, Accepted)

    def _write_down_somehow(self, results: Sequence[Result], batch: Batch) -> None:
        """All together, or else one by one, so that an outcome nobody can write down takes no other along:
        its text stays `sending`, and settling asks the provider about it.
        """
        try:
            self._write_down(results, batch)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("outcomes_not_written", messages=[letter.message_id for letter, _ in results])
            for result in results if len(results) > 1 else ():
                self._write_down_somehow([result], batch)

    def _write_down(self, results: Sequence[Result], batch: Batch) -> None:
        for tries_left in reversed(range(RECORD_TRIES)):
            try:
                with self._sessions.begin() as session:
                    news = [line for line in batch.lines if line.is_news]
                    record(session, results, batch.now)
                    note_lines(session, news, batch.now)
                    noted = batch.provider
                    if self._is_real:
                        noted = note_outcomes(session, [outcome for _, outcome in results], batch.now, noted)
                for line in news:
                    line.is_noted = True
                batch.provider = noted
                return
            except (OperationalError, InterfaceError):
                log.exception("outcomes_not_recorded", messages=[letter.message_id for letter, _ in results])
                if not tries_left:
                    raise
                sleep(SECONDS_BETWEEN_TRIES)
