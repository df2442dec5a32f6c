"""The diary: visits to come, and those nobody wrote down, with no more of each client than a line shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from care.models import Client, User, Visit, VisitStatus
from care.visibility import is_visible_to


@dataclass(frozen=True, slots=True)
class DiaryLine:
    """One visit. `therapist` is the client's, by name; empty when they have none."""

    id: int
    starts_at: datetime
    status: VisitStatus
    client_id: int
    name: str
    phone: str | None
    therapist_id: int | None
    therapist: str


def list_diary(
    session: Session, seen_by: User, since: datetime, today: datetime, until: datetime
) -> list[DiaryLine]:
    """Earliest first: what is in the diary from `today` until just before `until`, and of the days since
    `since` what still counts as planned.
    """
    wanted = (
        select(
            *(Visit.id, Visit.starts_at, Visit.status, Client.id, Client.first_name, Client.last_name),
            *(Client.phone, User.id, User.name),
        )
        .join(Client, Client.id == Visit.client_id)
        .outerjoin(User, User.id == Client.therapist_id)
        .where(
            is_visible_to(seen_by),
            Visit.practice_id == seen_by.practice_id,
            Visit.starts_at >= since,
            Visit.starts_at < until,
            Visit.status != VisitStatus.CANCELLED,
            or_(Visit.starts_at >= today, Visit.status == VisitStatus.PLANNED),
        )
        .order_by(Visit.starts_at, Visit.id)
    )
    return [
        DiaryLine(id, at, status, client_id, f"{first} {last}".strip(), phone, therapist_id, therapist or "")
        for id, at, status, client_id, first, last, phone, therapist_id, therapist in session.execute(wanted)
    ]
