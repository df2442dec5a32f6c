"""Forms that act once: a double tap, a reload or a lost connection leads to the first result again."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import OneTimeKey
from care.tokens import new_token

KEY_LONGEST = 32


def new_key() -> str:
    """For a hidden field of the form."""
    return new_token()


def find_result(session: Session, practice_id: int, key: str) -> str | None:
    """What the form with this key led to, None when it has not been sent yet.

    A twin that is being handled right now is waited for. On SQLite the write lock does that; on
    PostgreSQL it takes a lock on the key, which lasts as long as our transaction.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, practice_id))))
    wanted = select(OneTimeKey.result).where(OneTimeKey.practice_id == practice_id, OneTimeKey.key == key)
    return session.scalar(wanted)


def keep_result(session: Session, practice_id: int, key: str, result: str, now: datetime) -> None:
    """In the same transaction as the work, after it: both hold, or neither. `result` is a path."""
    if not 0 < len(key) <= KEY_LONGEST:
        raise Refused("This form is no longer good. Open it again.")
    session.add(OneTimeKey(practice_id=practice_id, key=key, result=result, used_at=now))
    session.flush()
