"""What stands in the head of a client's pages, in one statement."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from care.models import Client, Cosign, CosignStatus, Episode, Goal, Precaution, Visit
from care.visits import coming_visits


@dataclass(frozen=True)
class ClientFacts:
    """The goal and the episode of now, the precautions that hold in the order they were added, the first
    visit planned from that moment on, and whether something waits for a co-sign.
    """

    goal: Goal | None
    episode: Episode | None
    precautions: list[Precaution]
    next_visit: Visit | None
    waits_for_cosign: bool


def client_facts(session: Session, client: Client, now: datetime) -> ClientFacts:
    goal = (
        select(Goal.id)
        .where(Goal.client_id == client.id, Goal.ended_on.is_(None))
        .order_by(Goal.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    episode = (
        select(Episode.id)
        .where(Episode.client_id == client.id, Episode.discharged_on.is_(None))
        .order_by(Episode.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    visit = coming_visits(client, now).with_only_columns(Visit.id).limit(1).scalar_subquery()
    waits = exists().where(Cosign.client_id == client.id, Cosign.status == CosignStatus.WAITING)
    rows = session.execute(
        select(Goal, Episode, Visit, waits, Precaution)
        .select_from(Client)
        .outerjoin(Goal, Goal.id == goal)
        .outerjoin(Episode, Episode.id == episode)
        .outerjoin(Visit, Visit.id == visit)
        .outerjoin(Precaution, and_(Precaution.client_id == Client.id, Precaution.ended_on.is_(None)))
        .where(Client.id == client.id)
        .order_by(Precaution.id)
    ).all()
    found_goal, found_episode, found_visit, has_waiting, _ = rows[0]
    return ClientFacts(
        goal=found_goal,
        episode=found_episode,
        precautions=[one for *_, one in rows if one is not None],
        next_visit=found_visit,
        waits_for_cosign=has_waiting,
    )
