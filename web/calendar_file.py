"""A client's plan and visits as an iCalendar file (RFC 5545). It says when, and never what for."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDDDLists

from care.calendar_events import CalendarEvent
from care.calendar_visits import VisitEvent
from care.recurrence import A_DAY, instant_of

# How often a calendar may ask again.
REFRESH = timedelta(hours=4)
# How long a visit takes is not kept; a calendar has to block some time.
VISIT_LASTS = timedelta(hours=1)
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar_file(
    events: Sequence[CalendarEvent],
    zone_name: str,
    title: str,
    revisions: Mapping[str, Any],
    visits: Sequence[VisitEvent] = (),
    visit_title: str = "",
) -> bytes:
    """The whole feed. `revisions` has each event's `sequence`, and the instant `at` of its last change."""
    calendar = Calendar()
    for name, value in (
        ("prodid", "-//Homestretch//Client calendar//EN"),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
        ("x-wr-calname", title),
        ("x-published-ttl", "PT4H"),
    ):
        calendar.add(name, value)
    calendar.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(_event(event, ZoneInfo(zone_name), title, revisions[event.uid]))
    for visit in visits:
        calendar.add_component(_visit(visit, ZoneInfo(zone_name), visit_title, revisions[visit.uid]))
    calendar.add_missing_timezones()
    file: bytes = calendar.to_ical()
    return file


def _visit(visit: VisitEvent, zone: ZoneInfo, title: str, revision: Mapping[str, Any]) -> Event:
    made = _bare(visit.uid, title, revision)
    made.add("dtstart", visit.starts_at.astimezone(zone))
    made.add("duration", VISIT_LASTS)
    made.add("status", "CANCELLED" if visit.is_cancelled else "CONFIRMED")
    made.add("transp", "TRANSPARENT" if visit.is_cancelled else "OPAQUE")
    return made


def _event(event: CalendarEvent, zone: ZoneInfo, title: str, revision: Mapping[str, Any]) -> Event:
    made = _bare(event.uid, title, revision)
    made.add("dtstart", datetime.combine(event.first_day, event.at, zone))
    made.add("duration", timedelta(minutes=event.minutes))
    made.add("rrule", _rule(event, zone))
    left_out = [*event.days_off, *(day for day, _ in event.moved)]
    if left_out:
        made.add("exdate", vDDDLists([datetime.combine(day, event.at, zone) for day in left_out]))
    if event.moved:
        made.add("rdate", vDDDLists([instant.astimezone(zone) for _, instant in event.moved]))
    made.add("transp", "TRANSPARENT")
    return made


def _bare(uid: str, title: str, revision: Mapping[str, Any]) -> Event:
    changed_at = datetime.fromisoformat(revision["at"]).astimezone(UTC)
    made = Event()
    made.add("uid", uid)
    made.add("summary", title)
    made.add("dtstamp", changed_at)
    made.add("last-modified", changed_at)
    made.add("sequence", revision["sequence"])
    made.add("class", "PRIVATE")
    return made


def _rule(event: CalendarEvent, zone: ZoneInfo) -> dict[str, Any]:
    rule: dict[str, Any] = {"freq": "daily"}
    if event.every_days is not None:
        rule["interval"] = event.every_days
    elif event.weekdays:
        rule = {"freq": "weekly", "byday": [DAY_CODES[day] for day in event.weekdays]}
    if event.last_day is not None:
        rule["until"] = _end_of(event.last_day, zone)
    return rule


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return instant_of(day + A_DAY, time(0), zone) - timedelta(seconds=1)
