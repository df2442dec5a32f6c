"""Follow-ups: when each is due, what is refused, and what a cancellation takes back."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from care.errors import NotFound, Refused
from care.followups import (
    LONGEST_TEXT,
    add_follow_up,
    cancel_follow_up,
    checks_between,
    follow_ups_due_between,
    get_follow_up,
    has_ended,
    list_open_follow_ups,
)
from care.models import (
    Client,
    FollowUp,
    FollowUpAnchor,
    FollowUpKind,
    FollowUpStatus,
    Practice,
    ReminderStatus,
    Role,
)
from care.withdrawal import replan_client
from tests.care.reminding import make_reminder
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    NEW_YORK,
    make_client,
    make_follow_up,
    make_practice,
    make_user,
    make_visit,
)

ZONE = ZoneInfo(NEW_YORK)
DAY = timedelta(days=1)
LATER = MONDAY_8AM + 400 * DAY


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def client(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def add(session: Session, client: Client, **changes: Any) -> FollowUp:
    values: dict[str, Any] = {"kind": FollowUpKind.PAIN_QUESTION, "at_time": time(10), "now": MONDAY_8AM}
    return add_follow_up(session, client, **(values | {"user": None} | changes))


def days(follow_up: FollowUp, visit_at: datetime | None = None) -> list[date]:
    return [one.on for one in checks_between(follow_up, visit_at, ZONE, MONDAY_8AM - 90 * DAY, LATER)]


@pytest.mark.parametrize(("after", "on"), [(0, MONDAY), (2, MONDAY + 2 * DAY), (-1, MONDAY - DAY)])
def test_days_are_counted_from_the_visit_on_the_clients_calendar(
    session: Session, client: Client, after: int, on: date
) -> None:
    late_in_the_evening = datetime.combine(MONDAY, time(23), ZONE)
    visit = make_visit(session, client, starts_at=late_in_the_evening)

    follow_up = add(session, client, visit=visit, days=after)

    assert follow_up.anchor is FollowUpAnchor.VISIT
    assert days(follow_up, visit.starts_at) == [on]


def test_a_date_stands_whatever_becomes_of_the_visit(session: Session, client: Client) -> None:
    visit = make_visit(session, client)

    follow_up = add(session, client, visit=visit, due_on=MONDAY + 9 * DAY)

    assert (follow_up.anchor, days(follow_up, visit.starts_at)) == (FollowUpAnchor.DATE, [MONDAY + 9 * DAY])


def test_a_repeating_one_comes_again_through_its_last_day(session: Session, client: Client) -> None:
    follow_up = add(session, client, due_on=MONDAY, every_days=3, ends_on=MONDAY + 6 * DAY)

    assert days(follow_up) == [MONDAY, MONDAY + 3 * DAY, MONDAY + 6 * DAY]


def test_ten_in_the_morning_stays_ten_across_the_clock_change(session: Session, client: Client) -> None:
    follow_up = add(session, client, due_on=MONDAY, every_days=7)

    first, second = list(checks_between(follow_up, None, ZONE, MONDAY_8AM, MONDAY_8AM + 8 * DAY))

    assert second.due_at - first.due_at == 7 * DAY - timedelta(hours=1)


def test_windows_that_touch_lose_nothing_and_repeat_nothing(session: Session, client: Client) -> None:
    follow_up = add(session, client, due_on=MONDAY, every_days=1)
    edges = [MONDAY_8AM + timedelta(hours=hours) for hours in (0, 2, 26, 60, 200)]

    apart = [
        check
        for since, until in pairwise(edges)
        for check in checks_between(follow_up, None, ZONE, since, until)
    ]

    assert apart == list(checks_between(follow_up, None, ZONE, edges[0], edges[-1]))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": FollowUpKind.VISIT_REMINDER, "due_on": MONDAY},
        {"due_on": MONDAY, "every_days": 0},
        {"due_on": MONDAY, "every_days": 91},
        {"due_on": MONDAY, "kind": FollowUpKind.MESSAGE, "text": "  "},
        {"due_on": MONDAY, "kind": FollowUpKind.MESSAGE, "text": "x" * (LONGEST_TEXT + 1)},
        {"due_on": MONDAY, "days": 367},
    ],
)
def test_what_makes_no_sense_is_refused(session: Session, client: Client, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        add(session, client, **changes)

    assert list_open_follow_ups(session, client) == []


def test_cancelling_takes_its_unsent_texts_back(session: Session, client: Client) -> None:
    follow_up = add(session, client, due_on=MONDAY)
    waiting, gone = (
        make_reminder(session, client, dedupe_key=status, status=status, follow_up_id=follow_up.id)
        for status in (ReminderStatus.PLANNED, ReminderStatus.SENT)
    )

    cancel_follow_up(session, follow_up, MONDAY_9AM)

    session.expire_all()
    assert (waiting.status, waiting.reason) == (ReminderStatus.CANCELLED, "follow_up_cancelled")
    assert gone.status is ReminderStatus.SENT
    assert (follow_up.status, list_open_follow_ups(session, client)) == (FollowUpStatus.CANCELLED, [])


def test_replanning_leaves_a_text_that_waits_for_the_window(session: Session, client: Client) -> None:
    follow_up = make_follow_up(session, client, planned_until=MONDAY_8AM + 3 * DAY)
    waiting = make_reminder(
        session, client, dedupe_key="a", due_at=MONDAY_8AM, send_at=MONDAY_NOON, follow_up_id=follow_up.id
    )
    ahead = make_reminder(session, client, dedupe_key="b", due_at=MONDAY_NOON, follow_up_id=follow_up.id)

    replan_client(session, client.id, MONDAY_9AM)

    session.expire_all()
    assert (waiting.status, ahead.status) == (ReminderStatus.PLANNED, ReminderStatus.CANCELLED)
    assert follow_up.planned_until == MONDAY_9AM


@pytest.mark.parametrize(
    ("changes", "at", "ended"),
    [
        ({}, MONDAY_8AM, False),
        ({}, MONDAY_9AM + timedelta(hours=1), False),
        ({}, MONDAY_NOON, True),
        ({"every_days": 1}, LATER, False),
        ({"every_days": 1, "ends_on": MONDAY + DAY}, MONDAY_NOON, False),
        ({"every_days": 1, "ends_on": MONDAY + DAY}, MONDAY_NOON + DAY, True),
    ],
)
def test_when_nothing_more_can_come_of_it(
    session: Session, client: Client, changes: dict[str, Any], at: datetime, ended: bool
) -> None:
    follow_up = make_follow_up(session, client, **changes)

    assert has_ended(follow_up, None, ZONE, at) is ended


def test_the_diary_shows_what_a_user_may_see(session: Session, client: Client, practice: Practice) -> None:
    theirs = make_user(session, practice)
    admin = make_user(session, practice, role=Role.ADMIN)
    client.therapist_id = theirs.id
    stranger = make_user(session, practice)
    late = add(session, client, due_on=MONDAY, at_time=time(15))
    early = add(session, client, due_on=MONDAY, every_days=1, at_time=time(9))

    def diary(user: Any) -> list[tuple[int, date]]:
        found = follow_ups_due_between(session, user, MONDAY, MONDAY + DAY)
        return [(one.id, one.on) for one in found]

    wanted = [(early.id, MONDAY), (late.id, MONDAY), (early.id, MONDAY + DAY)]
    assert (diary(theirs), diary(admin), diary(stranger)) == (wanted, wanted, [])
    assert get_follow_up(session, late.id, theirs) is late
    with pytest.raises(NotFound):
        get_follow_up(session, late.id, stranger)
