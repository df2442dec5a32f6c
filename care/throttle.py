"""How often one may try: guesses at a password are counted in the database, for all processes together."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.orm import Session

from care.models import Throttle
from care.upsert import insert_into

FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """So many tries within a time that begins with the first one."""

    name: str
    tries: int
    within: timedelta


# An account is closed to guessing after ten tries; an address after many more, since a whole practice may
# share one. Both open by themselves: nobody can lock a colleague out for longer.
ACCOUNT = Limit("account", 10, timedelta(minutes=15))
# Never closes: it only counts what was typed for nobody.
UNKNOWN = Limit("unknown", 0, timedelta(minutes=15))
CODE = Limit("code", 10, timedelta(minutes=15))
ADDRESS = Limit("address", 100, timedelta(minutes=15))


def may_try(session: Session, limit: Limit, who: str, now: datetime) -> bool:
    """Count one more try; False when there were too many. Counted first, so tries at once count too."""
    row = insert_into(session, Throttle).values(key=_key(limit, who), tries=1, since=now)
    is_over = Throttle.since <= now - limit.within
    counted = row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "tries": case((is_over, 1), else_=Throttle.tries + 1),
            "since": case((is_over, now), else_=Throttle.since),
        },
    ).returning(Throttle.tries)
    tries = session.scalars(counted).one()
    if tries == 1:
        session.execute(delete(Throttle).where(Throttle.since < now - FORGOTTEN_AFTER))
    return tries <= limit.tries


def forget_tries(session: Session, limit: Limit, who: str) -> None:
    """It was the right one: the next mistake is the first again."""
    session.execute(delete(Throttle).where(Throttle.key == _key(limit, who)))


def give_back(session: Session, limit: Limit, who: str) -> None:
    """It was the right one, so this try does not count; those before it do."""
    session.execute(update(Throttle).where(Throttle.key == _key(limit, who)).values(tries=Throttle.tries - 1))


def _key(limit: Limit, who: str) -> str:
    """A hash: what somebody types by mistake as an email may be a password."""
    return f"{limit.name}:{hashlib.sha256(who.strip().lower().encode()).hexdigest()}"
