"""Sending what is due at once: against the bare client, and against one APScheduler job per reminder.

`python -m bench.sending --due 20000 --runs 5`. As many jobs as texts, unless `--jobs` names fewer: then the
scheduler does better than it would, since what it does for each grows with how many there are.
"""

import statistics

from sqlalchemy import func, select

from bench._baselines import (
    ACCOUNT_SID,
    THREADS_OF_ITSELF,
    TOKEN,
    Post,
    bare_client_a_second,
    job_per_reminder_a_second,
    post_nowhere,
    post_through_twilio,
)
from bench._measuring import arguments, counting_statements, logging_as_usual, median_of, report, timed
from bench._provider import providing
from bench._world import BOOK, NOW, empty_database, fill
from care.key_ring import OFF, KeyRing
from care.models import Reminder, ReminderStatus
from reminders.dispatch import AT_ONCE, Dispatcher
from reminders.gateway import Gateway
from reminders.simulated import SimulatedGateway
from reminders.twilio_gateway import TwilioGateway

PUBLIC_URL = "https://clinic.example"


class FreeGateway(SimulatedGateway):
    """Takes everything at once, and is treated as a real one."""

    name = "free"


def engine(due: int, gateway: Gateway, ring: KeyRing = OFF) -> tuple[float, float, float]:
    """Messages a second, statements a message, and the share of a core while draining this many."""
    with empty_database(ring) as database:
        fill(database, due, is_due=True)
        dispatcher = Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL)
        with counting_statements(database.engine) as statements, logging_as_usual(), timed() as watch:
            drained = dispatcher.drain(lambda: NOW)
        dispatcher.close()
        with database.reading() as session:
            states = dict(
                session.execute(select(Reminder.status, func.count()).group_by(Reminder.status)).all()
            )
    assert (drained.sent, states) == (due, {ReminderStatus.SENT: due}), (drained, states)
    return due / watch.seconds, len(statements) / due, watch.processor_seconds / watch.seconds


def through_twilio(due: int) -> float:
    """The same over HTTP. Every phone must have got its text, and only one."""
    with providing() as provider:
        rate, _, core = engine(due, TwilioGateway(ACCOUNT_SID, TOKEN, concurrency=AT_ONCE))
    assert (provider.took, provider.phones) == (due, due), "lost or sent twice"
    print(f"     engine over HTTP: {rate:.0f}/s at {core:.0%} of a core", flush=True)
    return rate


def jobs(count: int, post: Post, threads: int = AT_ONCE) -> float:
    with empty_database() as database:
        fill(database, count, is_due=True)
        return job_per_reminder_a_second(database, post, threads)


def jobs_through_twilio(count: int, threads: int = AT_ONCE) -> float:
    with providing():
        return jobs(count, post_through_twilio(), threads)


def bare(posts: int) -> float:
    with providing():
        return bare_client_a_second(posts)


def over_http(due: int, job_count: int, runs: int) -> tuple[float, float]:
    """Baseline and engine in turns, so that a busy moment of the machine falls on both. Returns how many
    texts a second the jobs manage: in APScheduler as it comes, and on as many threads as the engine has
    connections.
    """
    pairs = []
    for _ in range(runs):
        client = bare(min(due, 5000))
        pairs.append((client, through_twilio(due)))
    ratio = statistics.median(rate / client for client, rate in pairs)
    rate = statistics.median(rate for _, rate in pairs)
    print(f"     bare client: {statistics.median(client for client, _ in pairs):.0f}/s")
    each = median_of(lambda: jobs_through_twilio(job_count, THREADS_OF_ITSELF), runs)
    widened = median_of(lambda: jobs_through_twilio(job_count), runs)
    print(f"     one APScheduler job per reminder ({job_count}), {THREADS_OF_ITSELF} threads: {each:.0f}/s")
    print(f"     the same with {AT_ONCE} threads: {widened:.0f}/s")
    report(f"{due} due over HTTP with 20 ms, against the bare client", ratio, 0.8)
    report(f"{due} due over HTTP with 20 ms, against a job per reminder", rate / each, 5)
    report(f"the same, jobs on {AT_ONCE} threads", rate / widened, 5)
    return each, widened


def for_free(due: int, job_count: int, runs: int, as_it_comes: float, widened: float) -> None:
    """Against the jobs of the same run over HTTP, and against jobs whose gateway is free as well."""
    measured = [engine(due, FreeGateway()) for _ in range(runs)]
    rate = statistics.median(rate for rate, _, _ in measured)
    each = median_of(lambda: jobs(job_count, post_nowhere), runs)
    print(f"     engine, gateway free: {rate:.0f}/s; one APScheduler job per reminder: {each:.0f}/s")
    report(f"{due} due, gateway free, against a job per reminder over HTTP", rate / as_it_comes, 20)
    report(f"the same, jobs on {AT_ONCE} threads", rate / widened, 20)
    report(f"{due} due, gateway free, against a job per reminder with the same gateway", rate / each, 20)
    report("SQL statements a message", max(n for _, n, _ in measured), 0.05, "each", at_most=True)


def main() -> None:
    chosen = arguments(__doc__, due=5_000, runs=3, jobs=0)
    job_count = chosen.jobs or chosen.due
    as_it_comes, widened = over_http(chosen.due, job_count, chosen.runs)
    for_free(chosen.due, job_count, chosen.runs, as_it_comes, widened)


if __name__ == "__main__":
    main()
