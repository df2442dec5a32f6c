"""What After visit says of the time before it: pain from first to last, and which questions go on."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from care.models import Client, FollowUp, FollowUpKind, FollowUpStatus, Rating


@dataclass(frozen=True)
class VisitFacts:
    """Of the `ratings` that stand the first and the last; `repeated` is how often pain is asked anyway, in
    days between, in the order these were added.
    """

    ratings: int
    first_score: float | None
    last_score: float | None
    repeated: list[int]


def visit_facts(session: Session, client: Client) -> VisitFacts:
    rows = session.execute(_facts_of(), {"client": client.id}).all()
    count, first, last, _ = rows[0]
    return VisitFacts(count, first, last, [days for *_, days in rows if days])


@cache
def _facts_of() -> Select[Any]:
    """A row for each question that goes on, one in any case. Built once: that takes longer than asking."""
    goes_on = and_(
        FollowUp.client_id == Client.id,
        FollowUp.status == FollowUpStatus.OPEN,
        FollowUp.kind == FollowUpKind.PAIN_QUESTION,
        FollowUp.every_days > 0,
    )
    standing = and_(Rating.client_id == Client.id, Rating.superseded_by_id.is_(None))
    scores = select(Rating.score).where(standing).limit(1).correlate(Client)
    return (
        select(
            select(func.count(Rating.id)).where(standing).correlate(Client).scalar_subquery(),
            scores.order_by(Rating.at, Rating.id).scalar_subquery(),
            scores.order_by(Rating.at.desc(), Rating.id.desc()).scalar_subquery(),
            FollowUp.every_days,
        )
        .select_from(Client)
        .outerjoin(FollowUp, goes_on)
        .where(Client.id == bindparam("client"))
        .order_by(FollowUp.id)
    )
