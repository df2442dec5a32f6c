"""Episodes: one course of care for one complaint, from its start to its discharge."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm import Session

from care.checks import check_codes, check_line
from care.errors import Refused
from care.followups import cancel_follow_up, list_open_follow_ups
from care.models import Client, ClientStatus, Episode
from care.plans import end_plan
from care.vocabulary import CONDITION_CATEGORIES
from care.withdrawal import withdraw_texts

_EPISODES = (
    select(Episode)
    .where(Episode.client_id == bindparam("client", type_=Integer))
    .order_by(Episode.started_on.desc(), Episode.id.desc())
)


def start_episode(
    session: Session, client: Client, complaint: str, condition_category: str, today: date
) -> Episode:
    """A discharged client is active again with it. One at a time: the open one is discharged first."""
    if current_episode(session, client) is not None:
        raise Refused("Discharge the current episode before starting another.")
    check_codes("Condition", [condition_category], CONDITION_CATEGORIES)
    episode = Episode(
        practice_id=client.practice_id,
        client_id=client.id,
        complaint=check_line("Complaint", complaint, 120),
        condition_category=condition_category,
        started_on=today,
    )
    client.status = ClientStatus.ACTIVE
    session.add(episode)
    session.flush()
    return episode


def current_episode(session: Session, client: Client) -> Episode | None:
    wanted = select(Episode).where(Episode.client_id == client.id, Episode.discharged_on.is_(None))
    return session.scalar(wanted.order_by(Episode.id.desc()).limit(1))


def current_among(episodes: Iterable[Episode]) -> Episode | None:
    """`current_episode` where all of them are known."""
    return max((one for one in episodes if one.discharged_on is None), key=lambda one: one.id, default=None)


def list_episodes(session: Session, client: Client) -> list[Episode]:
    """Newest first."""
    return list(session.scalars(_EPISODES, {"client": client.id}))


def update_episode(session: Session, episode: Episode, complaint: str, condition_category: str) -> None:
    check_codes("Condition", [condition_category], CONDITION_CATEGORIES)
    episode.complaint = check_line("Complaint", complaint, 120)
    episode.condition_category = condition_category
    session.flush()


def discharge(session: Session, client: Client, reason: str, today: date, now: datetime) -> None:
    """The course of care is over: the plan and its follow-ups end, and we text the client no more.

    Planned visits stay for the therapist to see to. A second discharge changes nothing.
    """
    reason = check_line("Reason", reason, 200)
    episode = current_episode(session, client)
    if episode is not None:
        episode.discharged_on, episode.discharge_reason = today, reason
    client.status = ClientStatus.DISCHARGED
    withdraw_texts(session, client.id, "discharged")
    end_plan(session, client, "discharged", now)
    for follow_up in list_open_follow_ups(session, client):
        cancel_follow_up(session, follow_up, now)
    session.flush()
