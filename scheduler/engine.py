"""What ticks: plan, send, sweep. Once by command, or again and again beside the web."""

import os
import socket
import threading
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from care import field_keys, lacking
from care.db import Sessions, reading_of
from care.key_ring import KeyMissing
from care.models import Client
from care.sealed_fields import ring_of
from care.standings import bring_up_to_date, find_old
from care.wire import lane_of
from reminders import wakeup
from reminders.dispatch import Dispatcher, Drained
from reminders.hooks.delivering import Teller, Told
from reminders.mailing import Mailed, Mailer
from reminders.planning import Planned, plan_some
from reminders.settling import Settled
from reminders.sharing import due_lanes
from reminders.timelines import Timeline, timelines
from scheduler.clockwork import asked_to_move, move_clocks
from scheduler.leases import hold, let_go
from scheduler.sweeping import Swept, sweep

log = structlog.get_logger()

DISPATCH_SECONDS = 2
PLAN_SECONDS = 60
# Between two batches of planning. SQLite has one writer, and who waits for it looks ten times a second.
BREATH_SECONDS = 0.1
LEASE_NAME = "tick"
SWEEP_SECONDS = 60
PROVIDER_SECONDS = 60
SETTLE_SECONDS = 60
SETTLING = "settle"
CATCH_UP_SECONDS = 300
CATCHING_UP = "catch_up"
MAIL, MAIL_SECONDS = "mail", 5
NIGHTLY_SECONDS = 300
TELLING_SECONDS = 10
CASELOAD_SECONDS = 5
KEYS_SECONDS = 60
CLOCK_LOOK_SECONDS = 5.0
CLOCK_JITTER = timedelta(seconds=1)
# An interval job in memory that never drops a tick: what is due is in the rows (APScheduler's
# default grace of one second drops one-off jobs for good).
JOB_OPTIONS: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}


@dataclass
class Ticked:
    """What one tick did, in counts."""

    planned: Planned = field(default_factory=Planned)
    drained: Drained = field(default_factory=Drained)
    swept: Swept = field(default_factory=Swept)
    settled: Settled = field(default_factory=Settled)
    caught_up: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Engine:
    """Plans and sweeps while it holds the lease, and sends always. Several engines are harmless."""

    def __init__(
        self,
        sessions: Sessions,
        dispatcher: Dispatcher,
        clock: Callable[[], datetime],
        mailer: Mailer | None = None,
        nightly: Callable[[datetime], None] | None = None,
        teller: Teller | None = None,
        chain: Callable[[Session], int] | None = None,
    ) -> None:
        self._sessions = sessions
        self._dispatcher = dispatcher
        self._clock = clock
        self._mailer = mailer
        self._nightly = nightly
        self._teller = teller
        self._chain = chain
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=JOB_OPTIONS)
        self._stop_listening: Callable[[], None] | None = None
        self._keeping_house = threading.Lock()
        self._is_stopping = threading.Event()

    def tick(self) -> Ticked:
        """Plan, send, sweep and settle once, now."""
        return Ticked(planned=self.plan(), drained=self.dispatch(), swept=self.sweep(), settled=self.settle())

    def plan(self) -> Planned:
        """Lay out the days ahead, if no other process is at it."""
        total = Planned()
        with self._sessions.begin() as session:
            now = self._clock()
            if not hold(session, LEASE_NAME, self._holder, now):
                return total
            moments = timelines(session, now)
        for moment in moments:
            while self._plan_some(moment, total):
                pass
        self._give_way(LEASE_NAME)
        return total

    def _plan_some(self, moment: Timeline, total: Planned) -> bool:
        """False when nothing is left. What a whole clinic begins with takes half a minute, and neither a
        page that writes nor somebody who asks us to stop should wait for that.
        """
        if self._is_stopping.is_set():
            return False
        try:
            with self._sessions.begin() as session:
                done = plan_some(session, moment)
        except KeyMissing as missing:
            self._dispatcher.missing_keys.met(missing, "plan")
            with self._sessions.begin() as session:
                done = plan_some(session, moment, leave_shut=True)
        total.add(done)
        return done.looked_at > 0 and not self._breathe()

    def _give_way(self, lease: str) -> None:
        """A process that lacks a key did what it could: the next turn is whose ever comes first."""
        if self._dispatcher.missing_keys:
            self._hand_on(lease)

    def watch_keys(self) -> None:
        """Say so where this process lacks a key that is in use, as long as it does."""
        with reading_of(self._sessions)() as session:
            ring = ring_of(session.get_bind().dialect)
            lacked = {*field_keys.missing_of(field_keys.needed(session), ring)}
        lacked |= self._dispatcher.missing_keys.take()
        if not lacked:
            return
        log.error("field_key_missing", process=self._holder, keys=sorted(lacked))
        with self._sessions.begin() as session:
            lacking.note(session, self._holder, lacked, self._clock())

    def dispatch(self) -> Drained:
        """Send what is due; a sample practice's clock moves first where somebody asked for it."""
        self._move_clocks()
        return self._dispatcher.drain(self._clock)

    def dispatch_lanes(self, lanes: Collection[int]) -> Drained:
        """One batch of these lanes, for engines that share the work out (`scheduler.cluster`)."""
        self._move_clocks(lanes)
        return self._dispatcher.drain_round(self._clock(), lanes)

    def waiting_lanes(self) -> set[int]:
        """The lanes in which there is something to do now."""
        with self._sessions() as session:
            lanes = {lane_of(practice_id) for practice_id in asked_to_move(session)}
            for moment in timelines(session, self._clock()):
                lanes |= due_lanes(session, moment, self._dispatcher.pace)
        return lanes

    def send_mail(self) -> Mailed:
        """Send the e-mails that are due, where there is a server for them."""
        return self._mailer.drain(self._clock) if self._mailer is not None else Mailed()

    def tell_others(self) -> Told:
        """Tell other programs what happened, where any want to know."""
        return self._teller.drain(self._clock) if self._teller is not None else Told()

    def _move_clocks(self, lanes: Collection[int] | None = None) -> None:
        try:
            move_clocks(self._sessions, self._dispatcher, self._clock(), lanes)
        except Exception:
            # A demonstration that breaks must not keep real texts back.
            log.exception("sample_clock_stuck")

    def sweep(self) -> Swept:
        """Close what ran out."""
        total = Swept()
        with self._sessions() as session:
            moments = timelines(session, self._clock())
        for moment in moments:
            with self._sessions.begin() as session:
                done = sweep(session, moment)
            total.add(done)
        self.chain_audit()
        return total

    def chain_audit(self) -> int:
        """Give new entries of the audit trail their place in the chain. A full batch leaves the rest."""
        if self._chain is None:
            return 0
        with self._sessions.begin() as session:
            return self._chain(session)

    def keep_caseload(self) -> int:
        """Count anew how those stand of whom something changed, so that no page has to."""
        made = 0
        with reading_of(self._sessions)() as session:
            old = [
                (find_old(session, moment.covers(Client.practice_id), moment.now), moment.now)
                for moment in timelines(session, self._clock())
            ]
        for clients, now in old:
            made += bring_up_to_date(self._sessions, clients, now, self._breathe)
        return made

    def _breathe(self) -> bool:
        """Let others write. True when we are to stop."""
        return self._is_stopping.wait(BREATH_SECONDS)

    def settle(self) -> Settled:
        """Ask the provider what became of the texts in doubt, if no other process is at it."""
        with self._sessions.begin() as session:
            now = self._clock()
            if not hold(session, SETTLING, self._holder, now):
                return Settled()
        settled = self._dispatcher.inquirer.settle(now)
        self._give_way(SETTLING)
        return settled

    def look_at_provider(self) -> None:
        """Keep what is known of the provider fresh, so that a token gone bad at night shows at night."""
        self._dispatcher.inquirer.look_at_provider(self._clock())

    def catch_up(self) -> int:
        """Fetch answers that no webhook brought, if no other process is at it."""
        with self._sessions.begin() as session:
            now = self._clock()
            if not hold(session, CATCHING_UP, self._holder, now):
                return 0
        caught = self._dispatcher.inquirer.catch_up(now)
        self._give_way(CATCHING_UP)
        return caught

    def keep_nightly(self) -> None:
        """What is done once a night, such as a backup; it knows itself whether it is time."""
        if self._nightly is not None:
            self._nightly(self._clock())

    def start(self) -> None:
        """Tick in the background until `stop`. Never called by the web app's factory."""
        for name, job, seconds in (
            ("plan", self.plan, PLAN_SECONDS),
            ("dispatch", self.dispatch, DISPATCH_SECONDS),
            ("sweep", self.sweep, SWEEP_SECONDS),
            ("provider", self.look_at_provider, PROVIDER_SECONDS),
            ("settle", self.settle, SETTLE_SECONDS),
            ("catch_up", self.catch_up, CATCH_UP_SECONDS),
            (MAIL, self.send_mail, MAIL_SECONDS),
            ("nightly", self.keep_nightly, NIGHTLY_SECONDS),
            ("tell_others", self.tell_others, TELLING_SECONDS),
            ("keep_caseload", self.keep_caseload, CASELOAD_SECONDS),
            ("watch_keys", self.watch_keys, KEYS_SECONDS),
        ):
            guarded = self._guarded(name, job)
            self._scheduler.add_job(
                guarded, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC)
            )
        self._scheduler.start()
        self._stop_listening = wakeup.listen(self._wake)
        threading.Thread(target=self._watch_clock, name="clock", daemon=True).start()
        log.info("engine_started", holder=self._holder)

    def keep_house(self) -> None:
        """What is done every minute, for engines that share the work out.

        The leases are handed on at once: the next minute may be another machine's. Never twice at a
        time in one process, which would hold them twice.
        """
        if not self._keeping_house.acquire(blocking=False):
            return
        try:
            self._guarded("plan", self.plan)()
            self._guarded("sweep", self.sweep)()
            self._hand_on(LEASE_NAME)
            self._guarded("settle", self.settle)()
            self._hand_on(SETTLING)
            self._guarded("provider", self.look_at_provider)()
            self._guarded("nightly", self.keep_nightly)()
            self._guarded("keep_caseload", self.keep_caseload)()
            self._guarded("watch_keys", self.watch_keys)()
        finally:
            self._keeping_house.release()

    def _guarded(self, name: str, job: Callable[[], object]) -> Callable[[], None]:
        """A tick that fails is logged; the next one comes all the same."""

        def run() -> None:
            try:
                job()
            except KeyMissing as missing:
                self._dispatcher.missing_keys.met(missing, name)
            except Exception:
                log.exception("tick_failed", job=name)

        return run

    def _hand_on(self, lease: str) -> None:
        with self._sessions.begin() as session:
            let_go(session, lease, self._holder, self._clock())

    def wind_down(self) -> None:
        """Take nothing more. Does not wait, so a signal's handler may call it."""
        self._is_stopping.set()
        self._dispatcher.stop()
        if self._mailer is not None:
            self._mailer.stop()
        if self._teller is not None:
            self._teller.stop()

    def stop(self) -> None:
        """Finish what is on the wire and end."""
        if self._stop_listening is not None:
            self._stop_listening()
        self.wind_down()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._dispatcher.close()
        log.info("engine_stopped", holder=self._holder)

    def _wake(self) -> None:
        self._tick_at_once("plan", "dispatch", MAIL)

    def _tick_at_once(self, *names: str) -> None:
        for name in names:
            if self._scheduler.running:
                self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def _watch_clock(self) -> None:
        """APScheduler would wait for a clock set back to come past where it was before it ticks again."""
        latest = self._clock()
        while not self._is_stopping.wait(CLOCK_LOOK_SECONDS):
            now = self._clock()
            if now < latest - CLOCK_JITTER:
                log.warning("clock_set_back", seconds=round((latest - now).total_seconds()))
                self._tick_at_once(*(job.id for job in self._scheduler.get_jobs()))
            latest = now
