"""Everybody a user sees who is remotely monitored, and where both clocks of each stand today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from care.models import Client, Monitoring, MonitoringMinutes, Practice, User
from care.monitoring import days_with_data_of
from care.monitoring_counts import Month, Period, Spent, months_of, periods_of
from care.pain import start_of
from care.recurrence import today_in
from care.searching import fold
from care.thresholds import Thresholds, thresholds_of
from care.visibility import is_visible_to


@dataclass(frozen=True)
class Monitored:
    """One client: since when it runs, the period of today, and the calendar month of today."""

    client_id: int
    name: str
    therapist: str
    started_on: date
    period: Period
    month: Month


@dataclass(frozen=True)
class MonitoredPage:
    """Some of them, by last name, and how many there are in all."""

    count: int
    rows: Sequence[Monitored]


def list_monitored(
    session: Session, seen_by: User, practice: Practice, now: datetime, limit: int, offset: int = 0
) -> MonitoredPage:
    """Whose monitoring runs. What came in and what was spent is read of those on the page alone."""
    found = session.execute(
        select(
            Client.id,
            Client.first_name,
            Client.last_name,
            Client.timezone,
            Client.thresholds,
            Monitoring.started_on,
            User.name.label("therapist"),
        )
        .join(Monitoring, Monitoring.client_id == Client.id)
        .outerjoin(User, User.id == Client.therapist_id)
        .where(Monitoring.ended_on.is_(None), is_visible_to(seen_by))
    ).all()
    ordered = sorted(found, key=lambda row: (fold(row.last_name), fold(row.first_name), row.id))
    rows = ordered[offset : offset + limit]
    limits = {row.id: thresholds_of(practice.thresholds, row.thresholds) for row in rows}
    began = {row.id: _period_began(row, limits[row.id], now) for row in rows}
    sent = days_with_data_of(session, {row.id: (row.timezone, began[row.id]) for row in rows}, now)
    spent = _spent_this_month(session, {row.id: row.started_on for row in rows}, practice.timezone, now)
    return MonitoredPage(
        len(found),
        [_monitored(row, sent[row.id], spent[row.id], limits[row.id], practice, now) for row in rows],
    )


def _period_began(row: Any, limits: Thresholds, now: datetime) -> date:
    """The first day of the period that holds today; periods follow one another from the start on."""
    return periods_of(row.started_on, None, today_in(row.timezone, now), (), limits)[-1].starts_on


def _monitored(
    row: Any,
    sent: Iterable[date],
    spent: Sequence[Spent],
    limits: Thresholds,
    practice: Practice,
    now: datetime,
) -> Monitored:
    today, here = today_in(row.timezone, now), today_in(practice.timezone, now)
    return Monitored(
        client_id=row.id,
        name=f"{row.first_name} {row.last_name}".strip(),
        therapist=row.therapist or "",
        started_on=row.started_on,
        period=periods_of(row.started_on, None, today, set(sent), limits)[-1],
        month=months_of(spent, practice.timezone, here, here, limits)[-1],
    )


def _spent_this_month(
    session: Session, started: dict[int, date], zone: str, now: datetime
) -> dict[int, list[Spent]]:
    """Entries that stand, of the practice's month and of each client's monitoring."""
    newer = aliased(MonitoringMinutes)
    rows = session.scalars(
        select(MonitoringMinutes).where(
            MonitoringMinutes.client_id.in_(started),
            MonitoringMinutes.starts_at >= start_of(today_in(zone, now).replace(day=1), zone),
            MonitoringMinutes.starts_at <= now,
            MonitoringMinutes.is_void.is_(False),
            ~exists().where(newer.replaces_id == MonitoringMinutes.id),
        )
    )
    found: dict[int, list[Spent]] = {id: [] for id in started}
    for row in rows:
        if today_in(zone, row.starts_at) >= started[row.client_id]:
            found[row.client_id].append(Spent(row.starts_at, row.ends_at, row.is_live))
    return found
