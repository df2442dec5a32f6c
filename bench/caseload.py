"""Adherence with thousands of clients against a hundred, and what counting a client anew takes.

`python -m bench.caseload --clients 10000 --occurrences 5000000`
"""

from datetime import timedelta

from sqlalchemy import func, select, text

from bench._measuring import arguments, report, timed
from bench._world import LONG_AGO, NOW, empty_database, fill
from bench.pages import EMPTY, milliseconds
from care.db import Database, without_waiting_for_disk
from care.models import Client, Occurrence, Role, TwoStep, User
from care.standings import bring_up_to_date, find_old

FEW = 100
EACH = 3
PAGES = (
    "/adherence",
    "/adherence?sort=name",
    "/adherence?silent=1",
    "/adherence?page=2",
    "/clients",
    "/today",
    "/adherence/by?by=therapist",
    "/adherence/by?by=condition",
    "/adherence/by?by=exercise",
    "/adherence/weeks",
    "/adherence/texts",
)
# A text for each client and day, back from yesterday; three occurrences hang on it, and every third day a
# question with a rating. One client in ten has not answered for ten days.
TEXTS = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :texts)
INSERT INTO reminder (id, practice_id, client_id, kind, dedupe_key, text_key, params, lane, priority, status,
                      attempts, due_at, send_at, expires_at, sent_at, claimed_at, created_at)
SELECT n + 1, 1, n % :clients + 1, 'exercise', 'past:' || n, 'reminder', '{}', 0, 2, 'sent',
       1, t, t, t, t, t, t
FROM (SELECT n, strftime('%Y-%m-%d %H:%M:%S.000000', :now, '-' || (1 + n / :clients) || ' days') AS t
      FROM numbers)
"""
# As many again went out, from this morning back.
MESSAGES = """
INSERT INTO message (practice_id, client_id, direction, reference, phone, phone_hash, body, segments, status,
                     status_rank, at, num_media)
SELECT 1, client_id, 'out', 'past:' || id, '', '', '', 1, 'delivered', 4,
       strftime('%Y-%m-%d %H:%M:%S.000000', due_at, '+23 hours'), 0
FROM reminder
"""
OCCURRENCES = """
INSERT INTO occurrence (practice_id, client_id, assignment_id, slot_on, slot_time, status, due_at, closes_at,
                        answered_at, reminder_id)
SELECT 1, r.client_id, (r.client_id - 1) * 3 + p.place, date(r.due_at), '09:00:00.000000',
       CASE WHEN r.client_id % 10 = 0 AND r.due_at > :silent_since THEN 'unknown'
            WHEN (r.id + p.place) % 7 = 0 THEN 'skipped' WHEN (r.id + p.place) % 5 = 0 THEN 'unknown'
            ELSE 'done' END,
       r.due_at, r.due_at, r.due_at, r.id
FROM reminder AS r, (SELECT 1 AS place UNION ALL SELECT 2 UNION ALL SELECT 3) AS p
"""
QUESTIONS = """
INSERT INTO question (practice_id, client_id, reminder_id, context, invites_rating, asked_at, bare_until,
                      closes_at, status)
SELECT 1, client_id, id, 'pain_prompt', 1, due_at, due_at, datetime(due_at, '+20 hours') || '.000000',
       CASE WHEN client_id % 10 = 0 AND due_at > :silent_since THEN 'expired' ELSE 'answered' END
FROM reminder WHERE id % 3 = 0
"""
RATINGS = """
INSERT INTO rating (practice_id, client_id, question_id, score, recall, source, at)
SELECT 1, client_id, id, 2 + (client_id + id) % 6, 'now', 'text', asked_at FROM question
WHERE status = 'answered'
"""


# Somebody began on each day of the last year.
STARTS = """
UPDATE plan SET created_at = strftime('%Y-%m-%d %H:%M:%S.000000', :now, '-' || (client_id % 365) || ' days')
"""


def main() -> None:
    options = arguments(__doc__, clients=1_000, occurrences=300_000, runs=9)
    few = _measured(FEW, options.occurrences * FEW // options.clients, options.runs)
    many = _measured(options.clients, options.occurrences, options.runs)
    for page in PAGES:
        what = f"{page}, {many[page]:.1f} ms, against {FEW} clients"
        report(what, many[page] / few[page], 3, at_most=True)
        print(f"     {many[page] / many[EMPTY]:.1f} times an empty page ({many[EMPTY]:.1f} ms)")


def _measured(clients: int, occurrences: int, runs: int) -> dict[str, float]:
    with empty_database() as database:
        fill(database, clients, assignments=EACH)
        _add_history(database, clients, occurrences)
        with database.reading() as session:
            count = session.scalar(select(func.count()).select_from(Occurrence))
            old = find_old(session, Client.practice_id == 1, NOW)
        with timed() as watch:
            made = bring_up_to_date(database.sessions, old, NOW)
        each = 1000 * watch.processor_seconds / made
        print(
            f"{clients} clients, {count} occurrences: {each:.1f} ms to count one of {made} anew", flush=True
        )
        return milliseconds(database, PAGES, runs)


def _add_history(database: Database, clients: int, occurrences: int) -> None:
    values = {
        "texts": occurrences // EACH,
        "clients": clients,
        "now": f"{NOW:%Y-%m-%d %H:%M:%S}",
        "silent_since": f"{NOW - timedelta(days=10):%Y-%m-%d %H:%M:%S}",
    }
    with without_waiting_for_disk(database), database.sessions.begin() as session:
        user = {"practice_id": 1, "name": "Ada", "email": "ada@sample.example", "role": Role.ADMIN}
        session.add(User(**user, password_hash="!", created_at=LONG_AGO))
        session.flush()
        session.add(TwoStep(practice_id=1, user_id=1, sealed_secret="-", confirmed_at=LONG_AGO))
        for statement in (STARTS, TEXTS, MESSAGES, OCCURRENCES, QUESTIONS, RATINGS):
            names = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), names)


if __name__ == "__main__":
    main()
