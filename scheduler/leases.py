"""Work that only one process should do at a time, and a note of when it was last done."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from care.models import Lease
from care.upsert import insert_into

LEASE = timedelta(minutes=2)
# Whoever took a turn keeps nothing: the next one may be another's.
TURN = "turn"


def hold(session: Session, name: str, holder: str, now: datetime) -> bool:
    """Take or renew the lease. False while another process holds it.

    A lease from the future is one of a clock that was set back: it counts as run out.
    """
    row = insert_into(session, Lease).values(name=name, holder=holder, expires_at=now + LEASE, renewed_at=now)
    taken = row.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "expires_at": now + LEASE, "renewed_at": now},
        where=or_(Lease.holder == holder, Lease.expires_at <= now, Lease.renewed_at > now + LEASE),
    )
    return session.execute(taken.returning(Lease.name)).first() is not None


def take_turn(session: Session, name: str, now: datetime, every: timedelta) -> bool:
    """Whether it is time again for work that is done once in so long, by whichever process comes first.

    The turn is taken until then; `let_go` gives it back.
    """
    row = insert_into(session, Lease).values(name=name, holder=TURN, expires_at=now + every, renewed_at=now)
    taken = row.on_conflict_do_update(
        index_elements=["name"],
        set_={"expires_at": now + every, "renewed_at": now},
        where=or_(Lease.expires_at <= now, Lease.renewed_at > now),
    )
    return session.execute(taken.returning(Lease.name)).first() is not None


def last_turn(session: Session, name: str) -> datetime | None:
    """When that work was last begun; None when it never was."""
    return session.scalar(select(Lease.renewed_at).where(Lease.name == name))


def let_go(session: Session, name: str, holder: str, now: datetime) -> None:
    """Another process may take the lease at once. When it was last held stays on record."""
    session.execute(update(Lease).where(Lease.name == name, Lease.holder == holder).values(expires_at=now))
