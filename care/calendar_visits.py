"""A client's visits as events of their calendar: when, and whether it still holds. No words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, Visit, VisitStatus

# A visit that is over stays in the calendar for so long.
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True)
class VisitEvent:
    uid: str
    starts_at: datetime
    is_cancelled: bool


def visit_events(
    session: Session, client: Client, given_out: Collection[str], now: datetime
) -> list[VisitEvent]:
    """Those planned, and of those a calendar was told before what became of them: a cancelled one is called
    off by its name, since some calendars keep what is merely gone.
    """
    visits = session.scalars(
        select(Visit)
        .where(Visit.client_id == client.id, Visit.starts_at >= now - LOOK_BACK)
        .order_by(Visit.starts_at, Visit.id)
    )
    return [
        VisitEvent(visit.token, visit.starts_at, visit.status is VisitStatus.CANCELLED)
        for visit in visits
        if visit.status is VisitStatus.PLANNED or visit.token in given_out
    ]
