"""The chain over the audit trail: what was changed, taken out or put in between later does not fit any more.

Each entry carries a keyed hash (HMAC-SHA256) over itself and the one before it. The key follows from the
secret key, so whoever has the database alone cannot make the chain anew. Entries are chained once a minute by
the scheduler, not as they are written: requests at the same time need not wait for each other.
"""

import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from care.models import AuditEntry, Installation, Practice
from care.upsert import insert_into

BATCH = 2000
START = "0" * 64


@dataclass(frozen=True)
class Verdict:
    """Of one practice. `wrong_at` is the number in the chain from which on it does not hold."""

    practice: str
    checked: int
    waiting: int
    head: str
    wrong_at: int | None = None
    why: str = ""

    @property
    def holds(self) -> bool:
        return self.wrong_at is None


def chain_some(session: Session, key: bytes) -> int:
    """Chain what is not yet, a batch of each practice, in the order it was written. How many there were."""
    waiting = select(AuditEntry.practice_id).where(AuditEntry.seq.is_(None)).distinct()
    done = 0
    for practice_id in session.scalars(waiting).all():
        # Two schedulers at once would give two entries the same number.
        session.execute(select(Practice.id).where(Practice.id == practice_id).with_for_update())
        done += _chain(session, key, practice_id)
    return done


def _chain(session: Session, key: bytes, practice_id: int) -> int:
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.practice_id == practice_id, AuditEntry.seq.is_(None))
        .order_by(AuditEntry.id)
        .limit(BATCH)
    ).all()
    seq, before = _head(session, practice_id)
    rows = []
    for entry in entries:
        seq += 1
        before = _hash(key, before, seq, entry)
        rows.append({"id": entry.id, "seq": seq, "hash": before})
    if rows:
        session.execute(update(AuditEntry), rows)
        _keep_head(session, practice_id, seq, before)
    return len(rows)


def verify(session: Session, key: bytes, practice: Practice) -> Verdict:
    """Walk the whole chain of a practice. Reads every entry."""
    of_practice = AuditEntry.practice_id == practice.id
    waiting = session.scalar(select(func.count()).where(of_practice, AuditEntry.seq.is_(None))) or 0
    chained = select(AuditEntry).where(of_practice, AuditEntry.seq.is_not(None)).order_by(AuditEntry.seq)
    before, expected = START, 0
    for entry in session.scalars(chained.execution_options(yield_per=BATCH)):
        expected += 1
        if entry.seq != expected:
            return Verdict(practice.name, expected - 1, waiting, before, expected, "an entry is missing")
        before = _hash(key, before, expected, entry)
        if not hmac.compare_digest(before, entry.hash or ""):
            return Verdict(practice.name, expected - 1, waiting, before, expected, "an entry was changed")
    last, head = _head(session, practice.id)
    if last != expected or head != before:
        why = "entries at the end are missing"
        return Verdict(practice.name, expected, waiting, before, min(last, expected) + 1, why)
    return Verdict(practice.name, expected, waiting, before)


def _hash(key: bytes, before: str, seq: int, entry: AuditEntry) -> str:
    said = (
        *(before, seq, entry.id, entry.practice_id, entry.user_id, entry.action),
        *(entry.subject, entry.subject_id, entry.at.isoformat(), entry.detail),
    )
    return hmac.new(key, "\x1f".join(map(str, said)).encode(), hashlib.sha256).hexdigest()


def _head(session: Session, practice_id: int) -> tuple[int, str]:
    kept = session.get(Installation, _name(practice_id), populate_existing=True)
    if kept is None:
        return 0, START
    seq, _, head = kept.value.partition(":")
    return int(seq), head


def _keep_head(session: Session, practice_id: int, seq: int, head: str) -> None:
    """Kept apart from the entries, so that the last ones cannot be taken off unseen."""
    value = f"{seq}:{head}"
    row = insert_into(session, Installation).values(name=_name(practice_id), value=value)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _name(practice_id: int) -> str:
    return f"audit_head:{practice_id}"
