"""Dated checks on how a client is: a question, a message, a visit reminder, or a call for staff."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from care.clients import get_client
from care.errors import NotFound, Refused
from care.models import (
    Client,
    ClientStatus,
    FollowUp,
    FollowUpAnchor,
    FollowUpKind,
    FollowUpStatus,
    Plan,
    User,
    Visit,
)
from care.recurrence import A_DAY, instant_of, zone_of
from care.visibility import is_visible, names_of, sees_all
from care.withdrawal import withdraw_follow_ups

LONGEST_TEXT = 320


@dataclass(frozen=True)
class DueCheck:
    """One time a follow-up is due: the client's day, and the instant."""

    on: date
    due_at: datetime


def add_follow_up(
    session: Session,
    client: Client,
    *,
    kind: FollowUpKind,
    at_time: time,
    now: datetime,
    user: User | None,
    visit: Visit | None = None,
    days: int = 0,
    due_on: date | None = None,
    every_days: int | None = None,
    ends_on: date | None = None,
    text: str = "",
    health_words: Collection[str] = (),
    plan: Plan | None = None,
) -> FollowUp:
    """Put a check in the diary: `days` after a visit (negative is before), or on a date.

    Raises Refused when it is neither, a message has no words, or a repetition makes no sense.
    """
    _check(kind, visit, due_on, days, every_days, text)
    follow_up = FollowUp(
        practice_id=client.practice_id,
        client_id=client.id,
        plan_id=plan.id if plan else None,
        visit_id=visit.id if visit else None,
        kind=kind,
        anchor=FollowUpAnchor.VISIT if due_on is None else FollowUpAnchor.DATE,
        due_on=due_on,
        days=days,
        at_time=at_time,
        every_days=every_days,
        ends_on=ends_on,
        body=text.strip(),
        health_words=list(health_words),
        created_by_id=user.id if user else None,
        created_at=now,
    )
    session.add(follow_up)
    session.flush()
    return follow_up


def _check(
    kind: FollowUpKind,
    visit: Visit | None,
    due_on: date | None,
    days: int,
    every_days: int | None,
    text: str,
) -> None:
    if visit is None and due_on is None:
        raise Refused("A follow-up needs a visit to count from, or a date.")
    if kind is FollowUpKind.VISIT_REMINDER and visit is None:
        raise Refused("A visit reminder needs the visit.")
    if not -60 <= days <= 366:
        raise Refused("Days must be at most 60 before and 366 after the visit.")
    if every_days is not None and not 1 <= every_days <= 90:
        raise Refused("Days between must be 1 to 90.")
    if kind is FollowUpKind.MESSAGE and not text.strip():
        raise Refused("Write the message.")
    if len(text.strip()) > LONGEST_TEXT:
        raise Refused(f"A message may have at most {LONGEST_TEXT} characters.")


def cancel_follow_up(session: Session, follow_up: FollowUp, now: datetime) -> None:
    """It will not be asked again; texts of it that have not gone out are taken back."""
    follow_up.status = FollowUpStatus.CANCELLED
    withdraw_follow_ups(session, [follow_up], reason="follow_up_cancelled")


def get_follow_up(session: Session, follow_up_id: int, seen_by: User) -> FollowUp:
    """Raises NotFound when there is none, or its client is not theirs to see."""
    found = session.scalar(
        select(FollowUp).where(FollowUp.id == follow_up_id, FollowUp.practice_id == seen_by.practice_id)
    )
    if found is None:
        raise NotFound
    get_client(session, found.client_id, seen_by)
    return found


def list_open_follow_ups(session: Session, client: Client) -> list[FollowUp]:
    """What is still to come, in the order it was added."""
    return list(
        session.scalars(
            select(FollowUp)
            .where(FollowUp.client_id == client.id, FollowUp.status == FollowUpStatus.OPEN)
            .order_by(FollowUp.id)
        )
    )


class DueFollowUp(NamedTuple):
    """One follow-up on one of the client's days, for the diary, in the order of the fields."""

    on: date
    at_time: time
    id: int
    client_id: int
    kind: FollowUpKind


def follow_ups_due_between(
    session: Session, seen_by: User, first_day: date, last_day: date
) -> list[DueFollowUp]:
    """What falls on these days of each active client's, in their order; both days inclusive."""
    asked = names_of(seen_by) | {"first_day": first_day, "last_day": last_day}
    rows = session.execute(_that_may_fall(sees_all(seen_by)), asked)
    return sorted(
        DueFollowUp(on, at_time, id, client_id, kind)
        for id, client_id, kind, at_time, due_on, days, every_days, ends_on, visit_at, timezone in rows
        for on in _repeated(
            _first_day(due_on, days, visit_at, zone_of(timezone)), every_days, ends_on, last_day, first_day
        )
        if first_day <= on <= last_day
    )


@cache
def _that_may_fall(of_all: bool) -> Select[*tuple[Any, ...]]:
    """Built once: that takes as long as asking."""
    first_day, last_day = (bindparam(name, type_=Date) for name in ("first_day", "last_day"))
    may_fall = or_(
        FollowUp.due_on.is_(None),
        and_(
            FollowUp.due_on <= last_day,
            or_(FollowUp.every_days.is_not(None), FollowUp.due_on >= first_day),
            or_(FollowUp.ends_on.is_(None), FollowUp.ends_on >= first_day),
        ),
    )
    return (
        select(
            FollowUp.id,
            FollowUp.client_id,
            FollowUp.kind,
            FollowUp.at_time,
            FollowUp.due_on,
            FollowUp.days,
            FollowUp.every_days,
            FollowUp.ends_on,
            Visit.starts_at,
            Client.timezone,
        )
        .join(Client, Client.id == FollowUp.client_id)
        .outerjoin(Visit, Visit.id == FollowUp.visit_id)
        .where(is_visible(of_all=of_all), Client.status == ClientStatus.ACTIVE)
        .where(FollowUp.status == FollowUpStatus.OPEN, may_fall)
    )


def checks_between(
    follow_up: FollowUp, visit_at: datetime | None, zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[DueCheck]:
    """Every time it is due with since <= due < until, oldest first."""
    for on in _days(follow_up, visit_at, zone, until.astimezone(zone).date() + A_DAY):
        due_at = instant_of(on, follow_up.at_time, zone)
        if since <= due_at < until:
            yield DueCheck(on, due_at)


def _days(follow_up: FollowUp, visit_at: datetime | None, zone: ZoneInfo, last: date) -> Iterator[date]:
    """Through `last`."""
    first = _first_day(follow_up.due_on, follow_up.days, visit_at, zone)
    return _repeated(first, follow_up.every_days, follow_up.ends_on, last)


def _first_day(due_on: date | None, days: int, visit_at: datetime | None, zone: ZoneInfo) -> date | None:
    """Its date; else so many days after the visit, None where there is none."""
    if due_on is not None or visit_at is None:
        return due_on
    return visit_at.astimezone(zone).date() + timedelta(days=days)


def _repeated(
    first: date | None, every_days: int | None, ends_on: date | None, last: date, since: date | None = None
) -> Iterator[date]:
    """From the first day through `last`. Of one that is repeated those before `since` are left out."""
    if first is None:
        return
    if not every_days:
        yield first
        return
    last, step = min(last, ends_on or last), timedelta(days=every_days)
    if since is not None and since > first:
        first += -(-(since - first).days // every_days) * step
    while first <= last:
        yield first
        first += step


def has_ended(follow_up: FollowUp, visit_at: datetime | None, zone: ZoneInfo, at: datetime) -> bool:
    """Whether nothing more can come of it after this instant."""
    if follow_up.every_days is not None and follow_up.ends_on is None:
        return False
    horizon = at.astimezone(zone).date() + timedelta(days=800)
    return not any(
        instant_of(on, follow_up.at_time, zone) >= at for on in _days(follow_up, visit_at, zone, horizon)
    )
