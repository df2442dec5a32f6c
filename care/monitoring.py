"""Remote monitoring of a client (US, by choice): start and end, the log of minutes, the evidence sheet."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import or_, select, union_all
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from care.checks import check_line
from care.errors import NotFound, Refused
from care.models import (
    AnswerSource,
    Client,
    Monitoring,
    MonitoringMinutes,
    Occurrence,
    Practice,
    Rating,
    RatingSource,
    User,
)
from care.monitoring_counts import Month, Period, Spent, months_of, periods_of
from care.pain import start_of
from care.recurrence import A_DAY, instant_of, today_in, zone_of
from care.saying import short_day
from care.thresholds import thresholds_of

ACTIVITIES = {
    "review": "Looked at what came in",
    "plan": "Changed the plan",
    "texts": "Wrote or read texts",
    "call": "Phone or video call",
    "in_person": "Talked in person",
    "other": "Other",
}
# Sending or reading texts is no talk in real time; a call and a meeting are (docs/measures.md).
MAY_BE_LIVE = frozenset({"call", "in_person", "other"})
LONGEST = timedelta(hours=4)
LONGEST_WORDS = 200
# What the client sent themselves. What staff asked at a visit or typed from paper was not sent.
SENT_RATINGS = (RatingSource.TEXT, RatingSource.WEB)
SENT_ANSWERS = (AnswerSource.TEXT, AnswerSource.WEB)


@dataclass(frozen=True)
class TimeSpent:
    """What staff type in: whose time, when on the practice's clock, and on what."""

    user_id: int
    on: date
    from_time: time
    until_time: time
    activity: str
    is_live: bool = False
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One entry of the log as it stands, and what it was before, oldest first."""

    row: MonitoringMinutes
    before: tuple[MonitoringMinutes, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """All that was counted for one stretch of monitoring. `sent` holds how much came in on each day."""

    monitoring: Monitoring
    sent: Counter[date]
    periods: Sequence[Period]
    months: Sequence[Month]
    log: Sequence[Line]


def find_monitoring(session: Session, client: Client) -> Monitoring | None:
    """The one that runs, else the newest."""
    wanted = select(Monitoring).where(Monitoring.client_id == client.id)
    newest = wanted.order_by(Monitoring.ended_on.is_(None).desc(), Monitoring.id.desc())
    return session.scalar(newest.limit(1))


def start_monitoring(
    session: Session, client: Client, started_on: date, agreement: str, user: User, now: datetime
) -> Monitoring:
    """From the day it was set up and taught, and with what the client agreed to. Raises Refused."""
    last = find_monitoring(session, client)
    if last is not None and last.ended_on is None:
        raise Refused(f"It has been running since {short_day(last.started_on)}.")
    if started_on > today_in(client.timezone, now):
        raise Refused("The first day must not lie ahead.")
    if last is not None and last.ended_on is not None and started_on <= last.ended_on:
        raise Refused(f"The first day must be after {short_day(last.ended_on)}, when it last ended.")
    row = Monitoring(
        practice_id=client.practice_id,
        client_id=client.id,
        started_on=started_on,
        agreement=check_line("How they agreed", agreement, LONGEST_WORDS),
        user_id=user.id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    return row


def end_monitoring(session: Session, client: Client, now: datetime) -> Monitoring:
    """Today is its last day. What was counted stays. Raises Refused when none runs."""
    row = find_monitoring(session, client)
    if row is None or row.ended_on is not None:
        raise Refused("No monitoring is running.")
    row.ended_on = max(row.started_on, today_in(client.timezone, now))
    session.flush()
    return row


def log_minutes(
    session: Session, client: Client, spent: TimeSpent, by: User, now: datetime
) -> MonitoringMinutes:
    """One more entry. Raises Refused with a sentence for the form."""
    return _add(session, _checked(session, client, spent, by, now))


def correct_minutes(
    session: Session,
    client: Client,
    row: MonitoringMinutes,
    spent: TimeSpent,
    reason: str,
    by: User,
    now: datetime,
) -> MonitoringMinutes:
    """Another entry in its place. The first stays on the sheet, and counts no more."""
    _check_standing(session, row)
    newer = _checked(session, client, spent, by, now)
    newer.replaces_id, newer.reason = row.id, check_line("Reason", reason, LONGEST_WORDS)
    return _add(session, newer)


def take_back_minutes(
    session: Session, row: MonitoringMinutes, reason: str, by: User, now: datetime
) -> MonitoringMinutes:
    """It counts no more, and stays on the sheet with the reason."""
    _check_standing(session, row)
    newer = MonitoringMinutes(
        practice_id=row.practice_id,
        client_id=row.client_id,
        user_id=row.user_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        activity=row.activity,
        note=row.note,
        is_live=row.is_live,
        replaces_id=row.id,
        is_void=True,
        reason=check_line("Reason", reason, LONGEST_WORDS),
        recorded_by_id=by.id,
        recorded_at=now,
    )
    return _add(session, newer)


def get_minutes(session: Session, client: Client, row_id: int) -> MonitoringMinutes:
    wanted = select(MonitoringMinutes).where(MonitoringMinutes.client_id == client.id)
    row = session.scalar(wanted.where(MonitoringMinutes.id == row_id))
    if row is None:
        raise NotFound
    return row


def sheet_of(session: Session, client: Client, practice: Practice, now: datetime) -> Sheet | None:
    """Of the monitoring that runs, else of the newest; None when there never was one."""
    monitoring = find_monitoring(session, client)
    if monitoring is None:
        return None
    limits = thresholds_of(practice.thresholds, client.thresholds)
    started_on, ended_on = monitoring.started_on, monitoring.ended_on
    today, zone = today_in(client.timezone, now), practice.timezone
    until = min(ended_on or today, today)
    sent = days_with_data(session, client, started_on, until)
    log = _log(session, client, monitoring, zone)
    counts = [
        Spent(row.starts_at, row.ends_at, row.is_live)
        for row in (line.row for line in log)
        if not row.is_void
    ]
    return Sheet(
        monitoring=monitoring,
        sent=sent,
        periods=periods_of(started_on, ended_on, today, sent, limits),
        months=months_of(counts, zone, started_on, until, limits),
        log=log,
    )


def days_with_data(session: Session, client: Client, since: date, until: date) -> Counter[date]:
    """How many ratings and exercises the client sent on each of their own days, both ends inclusive."""
    first, after = start_of(since, client.timezone), start_of(until + A_DAY, client.timezone)
    instants = _sent(session, [client.id], first, after)
    return Counter(today_in(client.timezone, at) for _client_id, at in instants)


def days_with_data_of(
    session: Session, wanted: Mapping[int, tuple[str, date]], now: datetime
) -> dict[int, Counter[date]]:
    """The same of many clients until now, each on its own clock and from a day of its own: by client id."""
    found: dict[int, Counter[date]] = {id: Counter() for id in wanted}
    if not wanted:
        return found
    first = min(start_of(since, zone) for zone, since in wanted.values())
    for client_id, at in _sent(session, wanted.keys(), first, now + A_DAY):
        zone, since = wanted[client_id]
        if since <= (day := today_in(zone, at)) <= today_in(zone, now):
            found[client_id][day] += 1
    return found


def _sent(
    session: Session, ids: Collection[int], first: datetime, after: datetime
) -> Iterator[tuple[int, datetime]]:
    """Whose it was and when it came, of all that counts."""
    ratings = select(Rating.client_id, Rating.at).where(
        Rating.client_id.in_(ids),
        Rating.source.in_(SENT_RATINGS),
        Rating.at >= first,
        Rating.at < after,
        or_(Rating.superseded_by_id.is_(None), Rating.superseded_by_id != Rating.id),
    )
    answers = select(Occurrence.client_id, Occurrence.answered_at).where(
        Occurrence.client_id.in_(ids),
        Occurrence.source.in_(SENT_ANSWERS),
        Occurrence.answered_at >= first,
        Occurrence.answered_at < after,
    )
    rows: Iterable[Any] = session.execute(union_all(ratings, answers))
    yield from rows


def _checked(
    session: Session, client: Client, spent: TimeSpent, by: User, now: datetime
) -> MonitoringMinutes:
    practice = session.get_one(Practice, client.practice_id)
    zone = zone_of(practice.timezone)
    starts_at = instant_of(spent.on, spent.from_time, zone)
    ends_at = instant_of(spent.on, spent.until_time, zone)
    if ends_at <= starts_at:
        raise Refused("Until must be later than from.")
    if ends_at - starts_at > LONGEST:
        raise Refused("One entry may last 4 hours. Look at am and pm.")
    if ends_at > now:
        raise Refused("Until must not lie ahead.")
    if spent.activity not in ACTIVITIES:
        raise Refused("Activity must be chosen from the list.")
    if spent.is_live and spent.activity not in MAY_BE_LIVE:
        raise Refused("Texts, plans and reading are no talk in real time. Choose a call, or in person.")
    _check_running(session, client, spent.on)
    return MonitoringMinutes(
        practice_id=client.practice_id,
        client_id=client.id,
        user_id=_person(session, client, spent.user_id).id,
        starts_at=starts_at,
        ends_at=ends_at,
        activity=spent.activity,
        note=check_line("Note", spent.note, LONGEST_WORDS, may_be_empty=True),
        is_live=spent.is_live,
        recorded_by_id=by.id,
        recorded_at=now,
    )


def _check_running(session: Session, client: Client, on: date) -> None:
    monitoring = find_monitoring(session, client)
    if monitoring is None:
        raise Refused("Start the monitoring first.")
    last = monitoring.ended_on
    if on < monitoring.started_on or (last is not None and on > last):
        days = f"from {short_day(monitoring.started_on)}" + (f" to {short_day(last)}" if last else "")
        raise Refused(f"The day must lie in the monitoring, {days}.")


def _person(session: Session, client: Client, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None or user.practice_id != client.practice_id or user.is_front_desk:
        raise Refused("Choose a therapist of this practice.")
    return user


def _check_standing(session: Session, row: MonitoringMinutes) -> None:
    newer = select(MonitoringMinutes.id).where(MonitoringMinutes.replaces_id == row.id)
    if row.is_void or session.scalar(newer) is not None:
        raise Refused("This entry has been changed already. Open the page again.")


def _add(session: Session, row: MonitoringMinutes) -> MonitoringMinutes:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Refused("This entry has been changed already. Open the page again.") from error
    return row


def _log(session: Session, client: Client, monitoring: Monitoring, zone: str) -> list[Line]:
    """Newest first. A row that another replaces stands before it in its line."""
    wanted = select(MonitoringMinutes).where(MonitoringMinutes.client_id == client.id)
    rows = {row.id: row for row in session.scalars(wanted.order_by(MonitoringMinutes.id))}
    replaced = {row.replaces_id for row in rows.values()}
    lines = [
        Line(row, tuple(_chain(row, rows)))
        for row in rows.values()
        if row.id not in replaced and _is_within(monitoring, today_in(zone, row.starts_at))
    ]
    return sorted(lines, key=lambda line: (line.row.starts_at, line.row.id), reverse=True)


def _chain(row: MonitoringMinutes, rows: dict[int, MonitoringMinutes]) -> Iterable[MonitoringMinutes]:
    before: list[MonitoringMinutes] = []
    while row.replaces_id is not None:
        row = rows[row.replaces_id]
        before.insert(0, row)
    return before


def _is_within(monitoring: Monitoring, on: date) -> bool:
    return monitoring.started_on <= on and (monitoring.ended_on is None or on <= monitoring.ended_on)
