"""A client's calendar feed: its times are the planned ones, it gives nothing away, and a dead one is dead."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.calendar_events import calendar_events
from care.calendar_feeds import digests, feed_for, renew_feed, revise, revoke_feeds
from care.client_links import LIVES_ON
from care.languages import sayer
from care.models import Assignment, CalendarFeed, Client, Practice, User, VisitStatus
from care.visits import cancel_visit, move_visit
from reminders.linting import lint_message
from reminders.planned_rows import slots_of
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
    make_visit,
)
from tests.web.conftest import SignIn, TestClock
from web.calendar_file import calendar_file

A_DAY = timedelta(days=1)
# Clocks that skip and repeat hours, at other dates, by half an hour, at midnight, or never.
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata")
# Around both changes of the clocks, in the north and in the south.
FIRST_DAYS = (date(2026, 3, 2), date(2026, 3, 27), date(2026, 9, 30), date(2026, 10, 23))
LOOKED_AT = 75


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def user(session: Session, practice: Practice) -> User:
    return make_user(session, practice)


@pytest.fixture
def client(session: Session, practice: Practice, user: User) -> Client:
    client = make_client(session, practice, therapist_id=user.id, first_name="Ada")
    make_assignment(session, client, make_exercise(session, practice, name="Calf stretch"))
    session.commit()
    return client


@pytest.fixture
def feed(session: Session, client: Client) -> CalendarFeed:
    feed = feed_for(session, client, MONDAY_8AM)
    session.commit()
    return feed


def fetch(browser: FlaskClient, feed: CalendarFeed) -> list[Event]:
    answer = browser.get(f"/calendar/{feed.token}.ics")
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def expanded(file: bytes, since: datetime, until: datetime) -> Counter[datetime]:
    """By a library that has never heard of us."""
    found = recurring_ical_events.of(Calendar.from_ical(file)).between(since - A_DAY, until + A_DAY)
    starts = [one["DTSTART"].dt.astimezone(UTC) for one in found]
    return Counter(start for start in starts if since <= start < until)


def planned(given: list[Assignment], client: Client, since: datetime, until: datetime) -> Counter[datetime]:
    """What the scheduler lays out, one for each schedule and clock time however many exercises share it."""
    slots = set()
    for one in given:
        rule = (one.starts_on, one.ends_on, tuple(one.weekdays), one.every_days)
        pauses = (one.paused_from, one.paused_until)
        for slot, _ in slots_of(one, client, max(since, one.created_at), until):
            slots.add((rule, pauses, slot.at, slot.due_at))
    return Counter(due_at for *_, due_at in slots)


days_after = st.integers(-3, 40)
spans = st.one_of(st.none(), st.tuples(days_after, st.one_of(st.none(), st.integers(0, 20))))
schedules = st.fixed_dictionaries(
    {
        "times": st.lists(
            st.sampled_from(["00:00", "00:30", "01:30", "02:00", "02:15", "02:45", "03:00", "09:00"]),
            min_size=1,
            max_size=3,
            unique=True,
        ),
        "days": st.one_of(st.integers(1, 9), st.sets(st.integers(0, 6), min_size=1)),
        "starts": st.integers(-2, 10),
        "lasts": st.one_of(st.none(), st.integers(0, 50)),
        "pause": spans,
    }
)


def pause_of(first: date, span: tuple[int, int | None] | None) -> dict[str, Any]:
    if span is None:
        return {}
    since = first + timedelta(days=span[0])
    return {
        "paused_from": since,
        "paused_until": None if span[1] is None else since + timedelta(days=span[1]),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(ZONES),
    st.sampled_from(FIRST_DAYS),
    st.lists(schedules, min_size=1, max_size=2),
    spans,
    st.integers(0, 23),
)
def test_the_feed_holds_exactly_what_is_planned(
    session: Session,
    zone: str,
    first: date,
    wanted: list[dict[str, Any]],
    pause: tuple[int, int | None] | None,
    hour: int,
) -> None:
    practice = make_practice(session)
    client = make_client(session, practice, timezone=zone, **pause_of(first, pause))
    exercise = make_exercise(session, practice)
    made_at = datetime.combine(first, time(hour, 20), ZoneInfo(zone)).astimezone(UTC)
    given = []
    for one in wanted:
        starts = first + timedelta(days=one["starts"])
        rhythm: dict[str, Any] = (
            {"every_days": one["days"]} if isinstance(one["days"], int) else {"weekdays": sorted(one["days"])}
        )
        given.append(
            make_assignment(
                session,
                client,
                exercise,
                times=one["times"],
                starts_on=starts,
                ends_on=None if one["lasts"] is None else starts + timedelta(days=one["lasts"]),
                created_at=made_at,
                **rhythm,
                **pause_of(first, one["pause"]),
            )
        )
    events = calendar_events(session, client, made_at)
    until = made_at + timedelta(days=LOOKED_AT)
    revisions = revise({}, digests(events, zone, "x"), made_at)

    file = calendar_file(events, zone, "x", revisions)

    found, wanted_times = expanded(file, made_at, until), planned(given, client, made_at, until)
    session.rollback()
    assert set(found) == set(wanted_times)
    assert len(given) > 1 or found == wanted_times


def test_a_time_the_clocks_skip_is_left_out_and_put_after_the_gap(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, practice: Practice
) -> None:
    make_assignment(session, client, make_exercise(session, practice), times=["02:30"])
    session.commit()

    [event] = [one for one in fetch(browser, feed) if "EXDATE" in one]

    assert [one.dt.date() for one in event["EXDATE"].dts] == [date(2026, 3, 8), date(2027, 3, 14)]
    assert [one.dt.hour for one in event["RDATE"].dts] == [3, 3]


def test_exercises_of_one_schedule_are_one_event_and_it_says_nothing_of_health(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, practice: Practice
) -> None:
    make_assignment(session, client, make_exercise(session, practice, name="Neck roll"))
    session.commit()

    answer = browser.get(f"/calendar/{feed.token}.ics")

    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["DTSTART"].dt == datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("America/New_York"))
    for word in ("Ada", "Calf", "Neck", "Riverside", feed.client_id and client.token):
        assert str(word) not in answer.text
    for language in ("en", "es"):
        assert lint_message(sayer(language)("calendar_title"), ["en", "es"]) == []
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.data.count(b"BEGIN:VTIMEZONE") == 1
    assert all(line.endswith(b"\r\n") and len(line) <= 77 for line in answer.data.splitlines(keepends=True))


def test_an_event_keeps_its_name_and_counts_its_changes(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, clock: TestClock
) -> None:
    [first] = fetch(browser, feed)
    clock.now += timedelta(hours=3)
    [again] = fetch(browser, feed)
    assert again.to_ical() == first.to_ical()

    client.paused_from, client.paused_until = MONDAY + A_DAY, MONDAY + 2 * A_DAY
    session.commit()
    [paused] = fetch(browser, feed)

    assert paused["UID"] == first["UID"]
    assert (first["SEQUENCE"], paused["SEQUENCE"]) == (0, 1)
    assert paused["LAST-MODIFIED"].dt == clock.now
    assert len(paused["EXDATE"].dts) == 2
    session.refresh(feed)
    renewed = renew_feed(session, client, clock.now)
    session.commit()
    assert fetch(browser, renewed)[0].to_ical() == paused.to_ical()


def test_a_dead_address_is_not_found(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, clock: TestClock
) -> None:
    renewed = renew_feed(session, client, MONDAY_8AM)
    session.commit()
    assert browser.get(f"/calendar/{feed.token}.ics").status_code == 404
    assert browser.get(f"/calendar/{'A' * 22}.ics").status_code == 404
    assert browser.get(f"/calendar/{renewed.token}.ics").status_code == 200

    revoke_feeds(session, client, MONDAY_8AM)
    session.commit()

    dead = browser.get(f"/calendar/{renewed.token}.ics")
    assert (dead.status_code, dead.headers["Cache-Control"]) == (404, "no-store")


def test_a_feed_ends_two_weeks_after_the_plan(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, clock: TestClock
) -> None:
    [assignment] = session.scalars(select(Assignment))
    assignment.ends_on = MONDAY + 9 * A_DAY
    session.commit()

    clock.now = MONDAY_8AM + 9 * A_DAY + LIVES_ON
    assert browser.get(f"/calendar/{feed.token}.ics").status_code == 200
    clock.now += A_DAY
    assert browser.get(f"/calendar/{feed.token}.ics").status_code == 404


def test_staff_make_renew_and_take_back_the_address(
    session: Session, browser: FlaskClient, sign_in: SignIn, user: User, client: Client
) -> None:
    sign_in(browser, user)
    page = f"/clients/{client.id}/page"
    assert "/calendar/" not in browser.get(page).text.replace(f"{page}/calendar", "")

    browser.post(f"{page}/calendar", data={"do": "new"})
    [feed] = session.scalars(select(CalendarFeed))
    session.commit()
    assert f"/calendar/{feed.token}.ics" in browser.get(page).text
    browser.post(f"{page}/calendar", data={"do": "off"})

    session.refresh(feed)
    assert feed.revoked_at is not None
    session.commit()
    assert feed.token not in browser.get(page).text


def visits_in(events: list[Event]) -> list[Event]:
    return [one for one in events if one["TRANSP"] == "OPAQUE" or one.get("STATUS") == "CANCELLED"]


@pytest.mark.parametrize(("language", "title"), [("en", "Visit, Riverside 1"), ("es", "Cita, Riverside 1")])
def test_a_visit_blocks_its_time_and_says_nothing_of_health(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, language: str, title: str
) -> None:
    client.language = language
    session.commit()
    before = fetch(browser, feed)
    starts_at = datetime(2026, 3, 9, 17, 30, tzinfo=UTC)
    visit = make_visit(session, client, starts_at=starts_at, complaint="Sore shoulder", note="Bring the scan")
    make_visit(session, client, starts_at=MONDAY_8AM - A_DAY, status=VisitStatus.HAPPENED)
    session.commit()

    answer = browser.get(f"/calendar/{feed.token}.ics")
    found = recurring_ical_events.of(Calendar.from_ical(answer.data)).between(
        starts_at - timedelta(minutes=5), starts_at + timedelta(minutes=5)
    )

    [event] = visits_in(found)
    assert event["DTSTART"].dt == datetime(2026, 3, 9, 13, 30, tzinfo=ZoneInfo("America/New_York"))
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=1)
    assert (event["SUMMARY"], event["CLASS"], event["STATUS"]) == (title, "PRIVATE", "CONFIRMED")
    assert event["UID"] == visit.token
    for word in ("shoulder", "scan", "Ada", "Calf"):
        assert word not in answer.text
    events = fetch(browser, feed)
    assert len(events) == 2
    exercises = [one for one in events if one not in visits_in(events)]
    assert [one.to_ical() for one in exercises] == [one.to_ical() for one in before]


def test_a_moved_visit_moves_and_a_cancelled_one_is_called_off(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, clock: TestClock
) -> None:
    visit = make_visit(session, client, starts_at=MONDAY_8AM + 7 * A_DAY)
    never_seen = make_visit(session, client, starts_at=MONDAY_8AM + 8 * A_DAY, status=VisitStatus.CANCELLED)
    session.commit()
    [first] = visits_in(fetch(browser, feed))

    move_visit(session, visit, MONDAY_8AM + 9 * A_DAY, MONDAY_8AM)
    session.commit()
    clock.now += timedelta(hours=3)
    [moved] = visits_in(fetch(browser, feed))
    cancel_visit(session, visit)
    session.commit()
    [cancelled] = visits_in(fetch(browser, feed))

    assert first["UID"] == moved["UID"] == cancelled["UID"] != never_seen.token
    assert moved["DTSTART"].dt == MONDAY_8AM + 9 * A_DAY
    assert [one["SEQUENCE"] for one in (first, moved, cancelled)] == [0, 1, 2]
    assert (moved["LAST-MODIFIED"].dt, cancelled["STATUS"]) == (clock.now, "CANCELLED")


def test_a_visit_that_was_has_its_place_in_the_calendar(
    session: Session, browser: FlaskClient, client: Client, feed: CalendarFeed, clock: TestClock
) -> None:
    visit = make_visit(session, client, starts_at=MONDAY_8AM + A_DAY)
    session.commit()
    [planned_one] = visits_in(fetch(browser, feed))

    clock.now += 2 * A_DAY
    visit.status = VisitStatus.HAPPENED
    session.commit()

    assert [one.to_ical() for one in visits_in(fetch(browser, feed))] == [planned_one.to_ical()]
