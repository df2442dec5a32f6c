"""What stands in the head of a client's pages, in one statement."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, ScalarSelect, Select, and_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from care.clients import WITH_PEOPLE
from care.errors import NotFound
from care.models import Client, Cosign, CosignStatus, Draft, Episode, Goal, Precaution, User, Visit
from care.visibility import is_visible, names_of, sees_all
from care.visits import coming_visits, planned_visits


@dataclass(frozen=True)
class ClientFacts:
    """The client with practice and therapist loaded, the goal and the episode of now, the precautions that
    hold in the order they were added, the first visit planned from that moment on, and whether something
    waits for a co-sign.

    `planned_before` is the last one planned earlier, where that was asked, and `draft` the After visit form
    as this user left or sent it (`care.drafts`).
    """

    client: Client
    goal: Goal | None
    episode: Episode | None
    precautions: list[Precaution]
    next_visit: Visit | None
    waits_for_cosign: bool
    planned_before: Visit | None
    draft: Draft | None


def client_facts(
    session: Session, client_id: int, seen_by: User, now: datetime, since: datetime | None = None
) -> ClientFacts:
    """`since` is where looking for a visit that was planned earlier begins: then, or not at all.

    Raises NotFound when there is no such client, or they are not theirs to see.
    """
    asked = {"client": client_id, "user": seen_by.id, "now": now, "since": since or now}
    rows = session.execute(_facts_of(sees_all(seen_by)), asked | names_of(seen_by)).all()
    if not rows:
        raise NotFound
    client, goal, episode, coming, planned, draft, has_waiting, _ = rows[0]
    return ClientFacts(
        client=client,
        goal=goal,
        episode=episode,
        precautions=[one for *_, one in rows if one is not None],
        next_visit=coming,
        waits_for_cosign=has_waiting,
        planned_before=planned,
        draft=draft,
    )


@cache
def _facts_of(of_all: bool) -> Select[Client, Goal, Episode, Visit, Visit, Draft, bool, Precaution]:
    """A row for each precaution, one in any case. Built once: that takes longer than asking."""
    client: BindParameter[int] = bindparam("client")
    now, since = bindparam("now", type_=Visit.starts_at.type), bindparam("since", type_=Visit.starts_at.type)
    earlier = aliased(Visit)
    waits = exists().where(Cosign.client_id == client, Cosign.status == CosignStatus.WAITING)
    goal = select(Goal.id).where(Goal.client_id == client, Goal.ended_on.is_(None)).order_by(Goal.id.desc())
    episode = (
        select(Episode.id)
        .where(Episode.client_id == client, Episode.discharged_on.is_(None))
        .order_by(Episode.id.desc())
    )
    coming = coming_visits(client, now).with_only_columns(Visit.id)
    planned = planned_visits(client, since, now).with_only_columns(Visit.id)
    return (
        select(Client, Goal, Episode, Visit, earlier, Draft, waits, Precaution)
        .select_from(Client)
        .outerjoin(Goal, Goal.id == _first(goal))
        .outerjoin(Episode, Episode.id == _first(episode))
        .outerjoin(Visit, Visit.id == _first(coming))
        .outerjoin(earlier, earlier.id == _first(planned))
        .outerjoin(Draft, and_(Draft.client_id == Client.id, Draft.user_id == bindparam("user")))
        .outerjoin(Precaution, and_(Precaution.client_id == Client.id, Precaution.ended_on.is_(None)))
        .options(*WITH_PEOPLE)
        .where(Client.id == client, is_visible(of_all=of_all))
        .order_by(Precaution.id)
    )


def _first(ids: Select[int]) -> ScalarSelect[int]:
    return ids.limit(1).scalar_subquery()
