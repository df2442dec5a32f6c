"""Keeps each client's line of the caseload, so that a list of many need not count what each did.

There is one way to count (`care.caseload`). Its result is kept here, and made anew where something changed
(`care.marking`) or time has run on. Whoever reads asks `find_old` first and has what is old made anew: so no
page shows what is not so any more, and how soon the scheduler comes by only says who waits for it. Why it is
done so: docs/decisions/0011-standings-are-kept.md.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, insert, select, text, union
from sqlalchemy.orm import Session

from care.adherence import DayCounts
from care.caseload import CaseloadRow, caseload_of
from care.db import Sessions
from care.exercise_standings import differing_exercise_standings, keep_exercise_standings
from care.first_weeks import differing_first_weeks, keep_first_weeks
from care.models import Client, FirstWeeks, Practice, Standing, StandingChange, User
from care.recurrence import today_in
from care.searching import fold
from care.upsert import insert_into
from care.visibility import is_visible, names_of, sees_all

# Any fixed number: whoever makes standings holds it, so that what was counted earlier never comes last.
MAKING_LOCK = 7_340_022
# SQLite has one writer: so many are made in one transaction.
AT_ONCE = 50
# What is compared; the rest says when and by whom.
COUNTED = (
    *("name", "sort_name", "call_rank", "is_silent", "last_message_id", "figures"),
    *("therapist_id", "condition", "done", "partial", "skipped", "unknown", "on_paper", "asked", "answered"),
)
# The places of each part in the number that says whom to call first.
LONGEST, SHARES = 9_999, 100_000_000


def find_old(session: Session, which: ColumnElement[bool], now: datetime) -> dict[int, list[int]]:
    """Whose standing is not to be shown any more, of the clients this condition is true of: by practice."""
    return _by_practice(session.execute(_old(which), {"now": now}).all())


def find_old_seen_by(session: Session, seen_by: User, now: datetime) -> dict[int, list[int]]:
    """The same of the clients somebody sees: every list asks it first."""
    rows = session.execute(_old_seen(sees_all(seen_by)), {"now": now} | names_of(seen_by))
    return _by_practice(rows.all())


@cache
def _old_seen(of_all: bool) -> Select[int, int]:
    """Built once: that takes longer than asking."""
    return _old(is_visible(of_all=of_all))


def _old(which: ColumnElement[bool]) -> Select[int, int]:
    now = bindparam("now", type_=Standing.fresh_until.type)
    is_old = union(
        select(StandingChange.client_id),
        select(Standing.client_id).where(Standing.fresh_until <= now),
        select(Standing.client_id).where(Standing.fresh_from > now),
    )
    return select(Client.practice_id, Client.id).where(Client.id.in_(is_old), which)


def _by_practice(clients: Sequence[Row[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for practice_id, client_id in clients:
        found.setdefault(practice_id, []).append(client_id)
    return found


def bring_up_to_date(
    sessions: Sessions, old: Mapping[int, Sequence[int]], now: datetime, pause: Callable[[], bool] = bool
) -> int:
    """Make these anew, some at a time, since SQLite has one writer. Ends when a pause says True: enough.

    Returns how many were made.
    """
    made = 0
    for practice_id, client_ids in old.items():
        for start in range(0, len(client_ids), AT_ONCE):
            some = client_ids[start : start + AT_ONCE]
            with sessions.begin() as session:
                make_anew(session, some, practice_id, now)
            made += len(some)
            if pause():
                return made
    return made


def make_anew(session: Session, client_ids: Collection[int], practice_id: int, now: datetime) -> None:
    """Count these clients of one practice again. What changes meanwhile stays marked for the next time."""
    alone(session)
    marks = session.execute(
        select(StandingChange.id, StandingChange.client_id).where(
            StandingChange.practice_id == practice_id, StandingChange.client_id.in_(client_ids)
        )
    ).all()
    today = _today(session, practice_id, now)
    made = _made(session, Client.id.in_(client_ids), practice_id, now, today)
    keep_exercise_standings(session, client_ids, practice_id, now, today)
    gone = set(client_ids) - {one["client_id"] for one in made}
    if gone:
        session.execute(delete(Standing).where(Standing.client_id.in_(gone)))
    if made:
        row = insert_into(session, Standing)
        columns = {name: row.excluded[name] for name in made[0] if name != "client_id"}
        session.execute(row.on_conflict_do_update(index_elements=["client_id"], set_=columns), made)
    if marks:
        changed = {client_id for _id, client_id in marks}
        keep_first_weeks(session, changed, practice_id, now, _code())
        session.execute(delete(StandingChange).where(StandingChange.id.in_([id for id, _client_id in marks])))


def alone(session: Session) -> None:
    """Nobody else makes what is kept before this transaction ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING_LOCK})


def differing(
    session: Session, practice_id: int, now: datetime, most: int | None = None
) -> tuple[int, list[int]]:
    """How many lines were looked at, and which clients' differ from a count of all their rows.

    With `most`, only those that have been kept the longest. Lines known to be old are left out: nobody would
    be shown them.
    """
    which = Client.practice_id == practice_id
    if most is not None:
        longest = select(Standing.client_id).where(Standing.practice_id == practice_id)
        which = Client.id.in_(longest.order_by(Standing.fresh_from, Standing.client_id).limit(most))
    old = set(find_old(session, which, now).get(practice_id, ()))
    today = _today(session, practice_id, now)
    counted = {one["client_id"]: one for one in _made(session, which, practice_id, now, today)}
    lines = select(Standing).join(Client, Client.id == Standing.client_id).where(which)
    kept = {line.client_id: line for line in session.scalars(lines)}
    ids = (kept.keys() | counted.keys()) - old
    wrong = {id for id in ids if not _says(kept.get(id), counted.get(id))}
    wrong |= differing_first_weeks(session, which, now) - old
    wrong |= differing_exercise_standings(session, which, now, today) - old
    return len(ids), sorted(wrong)


def _says(kept: Standing | None, counted: Mapping[str, Any] | None) -> bool:
    if kept is None or counted is None:
        return False
    return all(getattr(kept, name) == counted[name] for name in COUNTED)


def doubt_all(session: Session) -> None:
    """Have everybody's standing made anew, of every practice."""
    _mark(session, select(Client.practice_id, Client.id))


def doubt_those_of_other_code(session: Session) -> None:
    """What another version of the program counted may be counted otherwise now."""
    for kept in (Standing, FirstWeeks):
        _mark(session, select(kept.practice_id, kept.client_id).where(kept.made_by != _code()))


def _mark(session: Session, clients: Select[int, int]) -> None:
    session.execute(insert(StandingChange).from_select(["practice_id", "client_id"], clients))


def _today(session: Session, practice_id: int, now: datetime) -> date:
    """The practice's day; of none that is gone there is anything to count."""
    zone = session.scalar(select(Practice.timezone).where(Practice.id == practice_id))
    return today_in(zone or "UTC", now)


def _made(
    session: Session, which: ColumnElement[bool], practice_id: int, now: datetime, today: date
) -> list[dict[str, Any]]:
    rows = caseload_of(session, which & (Client.practice_id == practice_id), now, today)
    return [_kept(row, now) | {"made_by": _code()} for row in rows]


def _kept(row: CaseloadRow, now: datetime) -> dict[str, Any]:
    client = row.client
    return {
        "client_id": client.id,
        "practice_id": client.practice_id,
        "fresh_from": now,
        "fresh_until": row.holds_until,
        "name": client.name,
        "sort_name": f"{fold(client.last_name)} {fold(client.first_name)}"[:125],
        "call_rank": call_rank(row),
        "is_silent": row.is_silent,
        "last_message_id": row.last_message_id,
        "figures": figures_of_row(row),
        "therapist_id": client.therapist_id,
        "condition": row.condition,
        "done": row.adherence.done,
        "partial": row.adherence.partial,
        "skipped": row.adherence.skipped,
        "unknown": row.adherence.unknown,
        "on_paper": row.adherence.on_paper,
        "asked": row.response_asked,
        "answered": row.response_answered,
    }


def call_rank(row: CaseloadRow) -> int:
    """Urgency, then the longest silent, then most unanswered, then fewest done, as one number: the smaller,
    the sooner.
    """
    share = row.adherence.conservative
    rank = row.urgency
    rank = rank * (LONGEST + 1) + LONGEST - min(row.silent_days, LONGEST)
    rank = rank * (LONGEST + 1) + LONGEST - min(row.unanswered_in_a_row, LONGEST)
    return rank * (SHARES + 1) + round((1 if share is None else share) * SHARES)


def figures_of_row(row: CaseloadRow) -> dict[str, Any]:
    """As JSON, short. Days are ordinals; counts come in the order of the fields of `DayCounts`."""
    zone = row.client.timezone
    return {
        "urgency": row.urgency,
        "needs": row.needs,
        "ratings": [[today_in(zone, at).toordinal(), score] for at, score in row.ratings],
        "latest": row.latest_rating,
        "recent": list(astuple(DayCounts.total([row.adherence]))),
        "days": [[day.toordinal(), *astuple(counts)] for day, counts in row.days_28.items()],
        "plan": [row.plan_day, row.plan_days],
        "asked": row.response_asked,
        "answered": row.response_answered,
        "silent_days": row.silent_days,
        "heard": _iso(row.last_heard_at),
        "visit": _iso(row.next_visit_at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


@cache
def _code() -> str:
    """A fingerprint of everything that counts."""
    whole = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]
