"""What a tick costs when nothing is due, with and without years of history behind it.

`python -m bench.idle --clients 10000 --occurrences 5000000 --ticks 50`
"""

import statistics
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from bench._measuring import arguments, report, timed
from bench._world import BOOK, NOW, empty_database, fill
from care.db import Database, without_waiting_for_disk
from reminders.dispatch import Dispatcher
from reminders.planning import plan_ahead
from reminders.simulated import SimulatedGateway
from reminders.timelines import Timeline
from scheduler.engine import DISPATCH_SECONDS, PLAN_SECONDS, SETTLE_SECONDS, SWEEP_SECONDS, Engine

# An answered occurrence for each number, all in the past, with the reminder that was sent and its question.
REMINDERS = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count)
INSERT INTO reminder (id, practice_id, client_id, kind, dedupe_key, text_key, params, lane, priority, status,
                      attempts, due_at, send_at, expires_at, sent_at, claimed_at, created_at)
SELECT :first + n, 1, n % :clients + 1, 'exercise', 'past:' || n, 'reminder', '{}', 0, 2, 'sent',
       1, t, t, t, t, t, t
FROM (SELECT n, strftime('%Y-%m-%d %H:%M:%S.000000', :now, '-' || (48 + n / :clients) || ' hours') AS t
      FROM numbers)
"""
OCCURRENCES = """
INSERT INTO occurrence (practice_id, client_id, assignment_id, slot_on, slot_time, status,
                        due_at, closes_at, answered_at, reminder_id)
SELECT 1, client_id, client_id, date(due_at), strftime('%H:%M:%S.000000', due_at), 'done',
       due_at, due_at, due_at, id
FROM reminder WHERE id >= :first
"""
QUESTIONS = """
INSERT INTO question (practice_id, client_id, reminder_id, context, invites_rating, asked_at, bare_until,
                      closes_at, status)
SELECT 1, client_id, id, 'exercise_prompt', 1, due_at, due_at, due_at, 'answered'
FROM reminder WHERE id >= :first
"""
FIRST = 1_000_000
EVERY_SECONDS = {
    "dispatch": DISPATCH_SECONDS,
    "plan": PLAN_SECONDS,
    "sweep": SWEEP_SECONDS,
    "settle": SETTLE_SECONDS,
}


def add_history(database: Database, clients: int, occurrences: int) -> None:
    values = {"count": occurrences, "first": FIRST, "clients": clients, "now": f"{NOW:%Y-%m-%d %H:%M:%S}"}
    with without_waiting_for_disk(database), database.sessions.begin() as session:
        session.execute(text(REMINDERS), values)
        session.execute(text(OCCURRENCES), {"first": FIRST})
        session.execute(text(QUESTIONS), {"first": FIRST})


def tick_cost(clients: int, occurrences: int, ticks: int) -> dict[str, float]:
    """Processor seconds of each job when nothing is due, the median of many."""
    with empty_database() as database:
        fill(database, clients, assignments=1)
        if occurrences:
            add_history(database, clients, occurrences)
        with database.sessions.begin() as session:
            plan_ahead(session, Timeline(NOW + timedelta(minutes=1)))
        dispatcher = Dispatcher(database.sessions, SimulatedGateway(), BOOK, "https://clinic.example")
        engine = Engine(database.sessions, dispatcher, lambda: NOW - timedelta(minutes=1))
        cost = {}
        jobs = {
            "dispatch": engine.dispatch,
            "plan": engine.plan,
            "sweep": engine.sweep,
            "settle": engine.settle,
        }
        for name, job in jobs.items():
            job()
            cost[name] = statistics.median(_processor_seconds(job) for _ in range(ticks))
        dispatcher.close()
    return cost


def _processor_seconds(job: Callable[[], object]) -> float:
    with timed() as watch:
        job()
    return watch.processor_seconds


def share_of_a_core(cost: dict[str, float]) -> float:
    return sum(seconds / EVERY_SECONDS[name] for name, seconds in cost.items())


def main() -> None:
    chosen = arguments(__doc__, clients=10_000, occurrences=500_000, ticks=50)
    empty = tick_cost(chosen.clients, 0, chosen.ticks)
    full = tick_cost(chosen.clients, chosen.occurrences, chosen.ticks)
    for name in empty:
        print(f"     {name}: {1000 * empty[name]:.2f} ms with no history, {1000 * full[name]:.2f} ms with it")
    ratio = sum(full.values()) / sum(empty.values())
    report(f"a tick with {chosen.occurrences} past occurrences, against none", ratio, 1.2, at_most=True)
    report("idle", 100 * share_of_a_core(full), 1, "% of a core", at_most=True)


if __name__ == "__main__":
    main()
