"""Work shared out between machines: Procrastinate carries drains, one for each lane with something due.

What is due stays in our own rows. A drain that is lost, doubled or late changes nothing but the delay,
so jobs are deleted as they end, and those of a killed worker are thrown away.
"""

import asyncio
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import DeleteJobCondition, Status

from care.db import Database
from care.wire import LANES
from scheduler.cluster_tables import SCHEMA
from scheduler.engine import Engine

log = structlog.get_logger()

ALL_LANES = frozenset(range(LANES))
HOUSE = "house"
EVERY_SECOND = "* * * * * *"
EVERY_TEN_SECONDS = "*/10 * * * * *"
EVERY_MINUTE = "* * * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
# Looking and housekeeping have places of their own: a slow provider must not hold them up.
HOUSE_PLACES = 4
# PostgreSQL tells of a new job, but one that came while nobody listened is only found by looking.
POLL_SECONDS = 0.5
AGAIN_AFTER_SECONDS = 2.0
CLOCK_LOOK_SECONDS = 5.0
CLOCK_JITTER = timedelta(seconds=1)
CONNECTIONS, CONNECTION_WITHIN_SECONDS = 4, 10.0

T = TypeVar("T")


class Cluster:
    """One worker of many. Any of them looks and keeps house; each drains its own lanes."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        lanes: Collection[int] = ALL_LANES,
        concurrency: int,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._lanes = sorted(lanes)
        self._concurrency = concurrency
        self._threads = ThreadPoolExecutor(concurrency + HOUSE_PLACES, thread_name_prefix="drain")
        self._asked_to_stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell = asyncio.Event()
        self._app = App(connector=_connector(database))
        look = self._app.task(name="look", queue=HOUSE, queueing_lock="look", priority=1)(self._look)
        keep_house = self._app.task(name="keep_house", queue=HOUSE, queueing_lock="house")(self._keep_house)
        catch_up = self._app.task(name="catch_up", queue=HOUSE, queueing_lock="catch_up")(self._catch_up)
        self._app.periodic(cron=EVERY_SECOND)(look)
        self._app.periodic(cron=EVERY_MINUTE)(keep_house)
        send_mail = self._app.task(name="send_mail", queue=HOUSE, queueing_lock="mail")(self._send_mail)
        self._app.periodic(cron=EVERY_FIVE_MINUTES)(catch_up)
        self._app.periodic(cron=EVERY_TEN_SECONDS)(send_mail)
        self._drain_task = self._app.task(name="drain")(self._drain)

    def run(self) -> None:
        """Work until `stop`; then what is on the wire finishes."""
        asyncio.run(self._run())
        self._threads.shutdown()

    def stop(self) -> None:
        """Take nothing more. Does not wait, so a signal's handler may call it."""
        self._engine.wind_down()
        self._asked_to_stop.set()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._bell.set)

    async def _run(self) -> None:
        """A worker that lost its database is followed by another one, until the database is back."""
        self._loop = asyncio.get_running_loop()
        log.info("worker_started", lanes=len(self._lanes), concurrency=self._concurrency)
        async with self._app.open_async():
            while not self._asked_to_stop.is_set():
                await self._work()
                await self._pause(AGAIN_AFTER_SECONDS)
        self._loop = None
        log.info("worker_stopped")

    async def _work(self) -> None:
        """Until someone asks to stop, the database is gone, or the clock was set back."""
        queues = [_queue(lane) for lane in self._lanes]
        ends = [
            asyncio.create_task(self._serve([HOUSE], HOUSE_PLACES)),
            asyncio.create_task(self._serve(queues, self._concurrency)),
            asyncio.create_task(self._clock_is_set_back()),
            asyncio.create_task(self._bell.wait()),
        ]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        for result in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("worker_interrupted", reason=type(result).__name__)

    async def _serve(self, queues: list[str], places: int) -> None:
        """No time limit when it is cancelled: what the provider has taken must be written down."""
        await self._app.run_worker_async(
            queues=queues,
            concurrency=places,
            delete_jobs=DeleteJobCondition.ALWAYS,
            fetch_job_polling_interval=POLL_SECONDS,
            install_signal_handlers=False,
        )

    async def _clock_is_set_back(self) -> None:
        """Procrastinate would wait for the clock to come past where it was before it looks again."""
        latest = self._clock()
        while (now := self._clock()) >= latest - CLOCK_JITTER:
            latest = now
            await asyncio.sleep(CLOCK_LOOK_SECONDS)
        log.warning("clock_set_back")

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._bell.wait(), seconds)
        except TimeoutError:
            return

    async def _look(self, timestamp: int) -> None:
        """Defer a drain for each lane in which something is due, whoever serves it."""
        try:
            for lane in sorted(await self._in_thread(self._engine.waiting_lanes)):
                await self._defer_drain(lane)
        except Exception:
            log.exception("tick_failed", job="look")

    async def _keep_house(self, timestamp: int) -> None:
        try:
            await self._in_thread(self._engine.keep_house)
            await self._forget_the_dead()
        except Exception:
            log.exception("tick_failed", job="keep_house")

    async def _catch_up(self, timestamp: int) -> None:
        try:
            await self._in_thread(self._engine.catch_up)
        except Exception:
            log.exception("tick_failed", job="catch_up")

    async def _send_mail(self, timestamp: int) -> None:
        """Whatever goes out besides texts: e-mails, and events to other programs."""
        for job in (self._engine.send_mail, self._engine.tell_others):
            try:
                await self._in_thread(job)
            except Exception:
                log.exception("tick_failed", job=job.__name__)

    async def _drain(self, lane: int) -> None:
        """One batch; with more to come the lane queues up again, behind the other lanes."""
        try:
            done = await self._in_thread(lambda: self._engine.dispatch_lanes([lane]))
            if done.claimed and not self._asked_to_stop.is_set():
                await self._defer_drain(lane)
        except Exception:
            log.exception("tick_failed", job="drain", lane=lane)

    async def _defer_drain(self, lane: int) -> None:
        """At most one drain of a lane waits. One that runs, or whose worker died, is no obstacle."""
        drain = self._drain_task.configure(queue=_queue(lane), queueing_lock=f"drain-{lane}")
        try:
            await drain.defer_async(lane=lane)
        except AlreadyEnqueued:
            return

    async def _forget_the_dead(self) -> None:
        """Jobs of workers without a heartbeat for half a minute. Their rows are with `scheduler.sweeping`."""
        jobs = self._app.job_manager
        for job in await jobs.get_stalled_jobs():
            log.warning("worker_died", job=job.task_name)
            await jobs.finish_job(job, Status.ABORTED, delete_job=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _queue(lane: int) -> str:
    return f"lane-{lane:02}"


def _connector(database: Database) -> PsycopgConnector:
    """Its own few connections to our database, in its own schema."""
    dialect = database.engine.dialect
    _, arguments = dialect.create_connect_args(database.engine.url)
    options = f"-c search_path={SCHEMA} -c timezone=UTC -c statement_timeout=60000 -c lock_timeout=15000"
    return PsycopgConnector(
        kwargs={**arguments, "options": options},
        min_size=1,
        max_size=CONNECTIONS,
        timeout=CONNECTION_WITHIN_SECONDS,
    )
