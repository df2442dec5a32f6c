"""Visits: planned, and then happened, missed or cancelled."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Integer, Select, bindparam, select
from sqlalchemy.orm import Session

from care.checks import check_codes, check_line, check_paragraphs
from care.episodes import current_episode
from care.errors import NotFound, Refused
from care.models import (
    Client,
    ClientStatus,
    FollowUp,
    FollowUpAnchor,
    FollowUpStatus,
    Rating,
    RatingSource,
    User,
    Visit,
    VisitStatus,
)
from care.ratings import record_rating, supersede
from care.recurrence import zone_of
from care.visibility import SEEING_PRACTICE, is_visible, is_visible_to, names_of, sees_all
from care.vocabulary import REGIONS, TECHNIQUES
from care.withdrawal import withdraw_follow_ups

# What recording a visit writes, beside when it was and what became of it.
VISIT_FIELDS = ("complaint", "techniques", "regions", "note", "user_id", "episode_id")

Instant = datetime | BindParameter[datetime]


@dataclass(frozen=True)
class VisitNotes:
    """What the therapist writes down of a visit. `pain` is the client's rating, None when not asked."""

    complaint: str = ""
    techniques: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    note: str = ""
    pain: float | None = None


def record_visit(
    session: Session,
    client: Client,
    notes: VisitNotes,
    *,
    at: datetime,
    user: User,
    now: datetime,
    visit: Visit | None = None,
) -> Visit:
    """The visit happened: a planned one, or one nobody planned. Recording it again corrects it."""
    _refuse_later_than_today(client, at, now)
    visit = visit or Visit(practice_id=client.practice_id, client_id=client.id)
    if visit.client_id != client.id:
        raise NotFound
    for name, value in _checked(notes).items():
        setattr(visit, name, value)
    visit.starts_at, visit.status, visit.user_id = at, VisitStatus.HAPPENED, user.id
    visit.episode_id = visit.episode_id or _episode_id(session, client)
    session.add(visit)
    session.flush()
    if notes.pain is not None:
        _record_pain(session, client, visit, notes.pain, user)
    return visit


def plan_visit(session: Session, client: Client, starts_at: datetime, user: User, now: datetime) -> Visit:
    """Planning the same time twice gives the first visit again."""
    _refuse_past(starts_at, now)
    planned = _planned(client.id).where(Visit.starts_at == starts_at)
    present = session.scalar(planned.limit(1))
    if present is not None:
        return present
    visit = Visit(
        practice_id=client.practice_id,
        client_id=client.id,
        episode_id=_episode_id(session, client),
        user_id=user.id,
        starts_at=starts_at,
        status=VisitStatus.PLANNED,
    )
    session.add(visit)
    session.flush()
    return visit


def move_visit(session: Session, visit: Visit, starts_at: datetime, now: datetime) -> None:
    """Follow-ups that count from the visit move with it; they count in days, so an hour moves nothing."""
    _refuse_unless_planned(visit)
    _refuse_past(starts_at, now)
    zone = ZoneInfo(session.get_one(Client, visit.client_id).timezone)
    is_other_day = visit.starts_at.astimezone(zone).date() != starts_at.astimezone(zone).date()
    visit.starts_at = starts_at
    if is_other_day:
        for follow_up in _take_back_follow_ups(session, visit):
            follow_up.planned_until = None
    session.flush()


def cancel_visit(session: Session, visit: Visit) -> None:
    """Follow-ups that count from the visit are cancelled with it."""
    _refuse_unless_planned(visit)
    visit.status = VisitStatus.CANCELLED
    for follow_up in _take_back_follow_ups(session, visit):
        follow_up.status = FollowUpStatus.CANCELLED
    session.flush()


def mark_missed(session: Session, visit: Visit, now: datetime) -> None:
    _refuse_unless_planned(visit)
    if visit.starts_at > now:
        raise Refused("This visit is still to come. Cancel it instead.")
    visit.status = VisitStatus.MISSED
    session.flush()


def get_visit(session: Session, visit_id: int, seen_by: User) -> Visit:
    wanted = select(Visit).join(Client, Client.id == Visit.client_id)
    visit = session.scalar(wanted.where(Visit.id == visit_id, is_visible_to(seen_by)))
    if visit is None:
        raise NotFound
    return visit


def next_visit(session: Session, client: Client, now: datetime) -> Visit | None:
    return session.scalar(coming_visits(client.id, now).limit(1))


def planned_visits(client_id: int | BindParameter[int], start: Instant, end: Instant) -> Select[Visit]:
    """Those planned from `start` until just before `end`, the last first, for this or another question."""
    planned = _planned(client_id).where(Visit.starts_at >= start, Visit.starts_at < end)
    return planned.order_by(Visit.starts_at.desc(), Visit.id.desc())


def coming_visits(client_id: int | BindParameter[int], now: Instant) -> Select[Visit]:
    """Those planned, soonest first, for this or another question."""
    return _planned(client_id).where(Visit.starts_at >= now).order_by(Visit.starts_at, Visit.id)


def last_visit(session: Session, client: Client) -> Visit | None:
    happened = select(Visit).where(Visit.client_id == client.id, Visit.status == VisitStatus.HAPPENED)
    return session.scalar(happened.order_by(Visit.starts_at.desc(), Visit.id.desc()).limit(1))


def list_visits(session: Session, client: Client) -> list[Visit]:
    """Newest first, in every status."""
    wanted = select(Visit).where(Visit.client_id == client.id)
    return list(session.scalars(wanted.order_by(Visit.starts_at.desc(), Visit.id.desc())))


def visits_between(session: Session, seen_by: User, start: datetime, end: datetime) -> list[Visit]:
    """Earliest first, from `start` until just before `end`; cancelled ones are left out."""
    wanted = (
        select(Visit)
        .join(Client, Client.id == Visit.client_id)
        .where(
            is_visible_to(seen_by),
            Visit.practice_id == seen_by.practice_id,
            Visit.starts_at >= start,
            Visit.starts_at < end,
            Visit.status != VisitStatus.CANCELLED,
        )
    )
    return list(session.scalars(wanted.order_by(Visit.starts_at, Visit.id)))


def planned_between(
    session: Session, seen_by: User, start: datetime, end: datetime, most: int | None = None
) -> list[tuple[int, str, datetime]]:
    """Whose visit is planned when: client, first name, instant. Active clients alone, the earliest first."""
    asked = names_of(seen_by) | {"start": start, "end": end, "most": most}
    rows = session.execute(_planned_between(sees_all(seen_by), has_limit=most is not None), asked)
    return [(client_id, name, at) for client_id, name, at in rows]


@cache
def _planned_between(of_all: bool, *, has_limit: bool) -> Select[int, str, datetime]:
    """Built once: that takes longer than asking."""
    start, end = (bindparam(name, type_=Visit.starts_at.type) for name in ("start", "end"))
    planned = (
        select(Visit.client_id, Client.first_name, Visit.starts_at)
        .join(Client, Client.id == Visit.client_id)
        .where(is_visible(of_all=of_all), Client.status == ClientStatus.ACTIVE)
        .where(Visit.practice_id == SEEING_PRACTICE, Visit.status == VisitStatus.PLANNED)
        .where(Visit.starts_at >= start, Visit.starts_at < end)
        .order_by(Visit.starts_at, Visit.id)
    )
    return planned.limit(bindparam("most", type_=Integer)) if has_limit else planned


def _take_back_follow_ups(session: Session, visit: Visit) -> list[FollowUp]:
    """The open follow-ups that count from the visit; their unsent texts are cancelled."""
    wanted = select(FollowUp).where(
        FollowUp.visit_id == visit.id,
        FollowUp.anchor == FollowUpAnchor.VISIT,
        FollowUp.status == FollowUpStatus.OPEN,
    )
    follow_ups = list(session.scalars(wanted))
    withdraw_follow_ups(session, follow_ups, reason="visit_changed")
    return follow_ups


def _checked(notes: VisitNotes) -> dict[str, Any]:
    return {
        "complaint": check_line("Complaint", notes.complaint, 200, may_be_empty=True),
        "techniques": check_codes("Techniques", notes.techniques, TECHNIQUES),
        "regions": check_codes("Regions", notes.regions, REGIONS),
        "note": check_paragraphs("Note", notes.note),
    }


def _planned(client_id: int | BindParameter[int]) -> Select[Visit]:
    return select(Visit).where(Visit.client_id == client_id, Visit.status == VisitStatus.PLANNED)


def _episode_id(session: Session, client: Client) -> int | None:
    episode = current_episode(session, client)
    return None if episode is None else episode.id


def _record_pain(session: Session, client: Client, visit: Visit, pain: float, user: User) -> None:
    """A rating is never changed: when the visit is corrected, the new one supersedes it."""
    current = select(Rating).where(Rating.visit_id == visit.id, Rating.superseded_by_id.is_(None))
    before = session.scalar(current.order_by(Rating.id.desc()).limit(1))
    if before is not None and before.score == pain:
        return
    rating = record_rating(
        session, client, pain, source=RatingSource.VISIT, at=visit.starts_at, visit=visit, user=user
    )
    if before is not None:
        supersede(session, before, by=rating)


def _refuse_unless_planned(visit: Visit) -> None:
    if visit.status is not VisitStatus.PLANNED:
        raise Refused(f"This visit is already {visit.status.value}.")


def _refuse_past(starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise Refused("Next visit must be later than now.")


def _refuse_later_than_today(client: Client, at: datetime, now: datetime) -> None:
    zone = zone_of(client.timezone)
    if at.astimezone(zone).date() > now.astimezone(zone).date():
        raise Refused("Visit must be today or earlier. Plan it instead.")
