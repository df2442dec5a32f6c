"""How many calls to the webhooks were refused: counted in memory, added to the database now and then.

Anybody can send us forgeries, so each must not cost a write. A process adds what it has counted once
a minute at most, and when it is asked; what stood in memory when it was killed is not counted.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Integer, String, cast, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from care.db import Sessions
from care.models import Installation
from care.upsert import insert_into

ADDED_EVERY = timedelta(minutes=1)
PREFIX = "webhook_refused:"

log = structlog.get_logger()


class Refusals:
    """One process's count, not yet in the database, by reason."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._added_at: datetime | None = None
        self._lock = threading.Lock()

    def count(self, sessions: Sessions, reason: str, now: datetime) -> None:
        with self._lock:
            self._counted[reason] += 1
            is_time = self._added_at is None or not timedelta(0) <= now - self._added_at < ADDED_EVERY
        if is_time:
            self.add(sessions, now)

    def add(self, sessions: Sessions, now: datetime) -> None:
        """Write down what has gathered. A database that is busy or away costs no count and no answer."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
            self._added_at = now
        if not counted:
            return
        try:
            with sessions.begin() as session:
                for reason, count in sorted(counted.items()):
                    _add(session, reason, count)
        except SQLAlchemyError as error:
            log.warning("refusals_not_added", reason=type(error).__name__)
            with self._lock:
                self._counted.update(counted)


def total_refused(session: Session) -> dict[str, int]:
    """All that were ever refused and added, by reason."""
    rows = session.execute(
        select(Installation.name, Installation.value).where(Installation.name.startswith(PREFIX))
    )
    return {name.removeprefix(PREFIX): int(value) for name, value in rows}


def _add(session: Session, reason: str, count: int) -> None:
    row = insert_into(session, Installation).values(name=PREFIX + reason, value=str(count))
    sum_of_both = cast(cast(Installation.value, Integer) + count, String)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": sum_of_both}))
