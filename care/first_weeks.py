"""How the first twelve weeks of each course of care went at home, for the curves of drop-off.

A letter for each week, counted from the client's rows alone and never from what time it is: so only a change
of theirs makes it anew (`care.marking`), also when they were discharged. The definitions: docs/measures.md.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from care.adherence import DayCounts, counts_by_client_and_day
from care.models import Client, Episode, FirstWeeks, Plan, StartDay
from care.recurrence import A_DAY, today_in

WEEKS = 12
A_WEEK = timedelta(weeks=1)
# A year of starts is shown, and the month that has begun.
LOOKED_BACK = timedelta(days=400)

# Client and first day.
Start = tuple[int, date]


class Week(StrEnum):
    """DID: something was done, at least in part. LEFT_OUT: all that was due, by their own word. UNKNOWN: not
    all of it was answered, and none of it done. NOTHING was due that counts as due.
    """

    DID = "d"
    LEFT_OUT = "n"
    UNKNOWN = "u"
    NOTHING = "-"


def keep_first_weeks(
    session: Session, client_ids: Collection[int], practice_id: int, now: datetime, made_by: str
) -> None:
    """Count these clients of one practice again; the sums of the days on which they began are forgotten."""
    counted = first_weeks_of(session, _of(client_ids, practice_id), now)
    kept = {start: (weeks, by) for start, weeks, by in _kept(session, FirstWeeks.client_id.in_(client_ids))}
    differing = {
        start for start in counted.keys() | kept.keys() if kept.get(start) != (counted.get(start), made_by)
    }
    if not differing:
        return
    changed = {client_id for client_id, _began_on in differing}
    session.execute(delete(FirstWeeks).where(FirstWeeks.client_id.in_(changed)))
    rows = [
        {"client_id": client_id, "began_on": began_on, "weeks": weeks}
        | {"practice_id": practice_id, "made_by": made_by}
        for (client_id, began_on), weeks in counted.items()
        if client_id in changed
    ]
    if rows:
        session.execute(insert(FirstWeeks), rows)
    days = {began_on for _client_id, began_on in differing}
    session.execute(delete(StartDay).where(StartDay.practice_id == practice_id, StartDay.began_on.in_(days)))


def differing_first_weeks(session: Session, which: ColumnElement[bool], now: datetime) -> set[int]:
    """Of which clients what is kept is not what a count says."""
    counted = first_weeks_of(session, which, now)
    of_them = FirstWeeks.client_id.in_(select(Client.id).where(which))
    since = _since(now)
    kept = {start: weeks for start, weeks, _by in _kept(session, of_them) if start[1] >= since}
    return {start[0] for start in kept.keys() | counted.keys() if kept.get(start) != counted.get(start)}


def first_weeks_of(session: Session, which: ColumnElement[bool], now: datetime) -> dict[Start, str]:
    """The letters of every course that these clients began in the days that are shown, in four queries."""
    rows = session.execute(select(Client.id, Client.timezone).where(which))
    zones = {row.id: row.timezone for row in rows}
    courses = _courses(session, zones, which, _since(now))
    if not courses:
        return {}
    first = min(begun[0] for begun in courses.values())
    last = max(begun[-1] for begun in courses.values()) + WEEKS * A_WEEK
    days = counts_by_client_and_day(session, list(courses), first, last)
    return {
        (client_id, began_on): letters(days.get(client_id, {}), began_on, until)
        for client_id, begun in courses.items()
        for began_on, until in pairwise([*begun, date.max])
    }


def _courses(
    session: Session, zones: Mapping[int, str], which: ColumnElement[bool], since: date
) -> dict[int, list[date]]:
    """The first days of each client's courses, those that began long ago left out."""
    of_them = select(Client.id).where(which)
    plans: dict[int, list[date]] = {}
    for client_id, created_at in session.execute(
        select(Plan.client_id, Plan.created_at).where(Plan.client_id.in_(of_them))
    ):
        plans.setdefault(client_id, []).append(today_in(zones[client_id], created_at))
    episodes: dict[int, list[date]] = {}
    for client_id, started_on in session.execute(
        select(Episode.client_id, Episode.started_on).where(Episode.client_id.in_(of_them))
    ):
        episodes.setdefault(client_id, []).append(started_on)
    courses = {
        client_id: [day for day in starts(days, episodes.get(client_id, [])) if day >= since]
        for client_id, days in plans.items()
    }
    return {client_id: begun for client_id, begun in courses.items() if begun}


def starts(plans: Iterable[date], episodes: Iterable[date]) -> list[date]:
    """The day of the first plan, and of the first plan of each later episode, in order. What was given before
    the first episode was written down belongs to it.
    """
    began = sorted(episodes)
    first: dict[int, date] = {}
    for day in sorted(plans):
        first.setdefault(max(1, bisect_right(began, day)), day)
    return sorted(set(first.values()))


def letters(days: Mapping[date, DayCounts], began_on: date, until: date) -> str:
    """A letter for each of the twelve weeks; what falls on `until` or later belongs to the next course."""
    weeks: list[list[DayCounts]] = [[] for _ in range(WEEKS)]
    for day, counts in days.items():
        number = (day - began_on) // A_WEEK
        if 0 <= number < WEEKS and day < until:
            weeks[number].append(counts)
    return "".join(_letter(DayCounts.total(counts)) for counts in weeks)


def _letter(week: DayCounts) -> Week:
    """What is still open is not known yet."""
    if week.done or week.partial:
        return Week.DID
    if week.unknown or week.open:
        return Week.UNKNOWN
    return Week.LEFT_OUT if week.skipped else Week.NOTHING


def _of(client_ids: Collection[int], practice_id: int) -> ColumnElement[bool]:
    return Client.id.in_(client_ids) & (Client.practice_id == practice_id)


def _kept(session: Session, which: ColumnElement[bool]) -> list[tuple[Start, str, str]]:
    rows = session.execute(
        select(FirstWeeks.client_id, FirstWeeks.began_on, FirstWeeks.weeks, FirstWeeks.made_by).where(which)
    )
    return [((client_id, began_on), weeks, made_by) for client_id, began_on, weeks, made_by in rows]


def _since(now: datetime) -> date:
    return (now - LOOKED_BACK).date() + A_DAY
