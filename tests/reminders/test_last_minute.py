"""Every rule is asked again at the moment of sending: what changed since planning counts."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.clients import request_window
from care.consent import withdraw_texting_consent
from care.db import Database
from care.models import (
    Client,
    ClientStatus,
    ConsentSource,
    FollowUpKind,
    NumberState,
    OptOut,
    Practice,
    ReminderKind,
    Visit,
    VisitStatus,
)
from care.plans import end_plan
from care.withdrawal import replan_client
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_exercise,
    make_follow_up,
    make_visit,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import DAY, HOUR, MINUTE, begin

JUST_BEFORE = MONDAY_9AM - MINUTE
Change = Callable[[Session, Client], object]


def set_practice(**values: object) -> Change:
    def change(session: Session, client: Client) -> None:
        practice = session.get_one(Practice, client.practice_id)
        for name, value in values.items():
            setattr(practice, name, value)

    return change


def set_client(**values: object) -> Change:
    def change(_session: Session, client: Client) -> None:
        for name, value in values.items():
            setattr(client, name, value)

    return change


def opt_out(session: Session, client: Client) -> None:
    session.add(OptOut(phone_hash=str(client.phone_hash), at=JUST_BEFORE, source=ConsentSource.TEXT))


def withdraw(session: Session, client: Client) -> None:
    withdraw_texting_consent(session, client, "No more.", ConsentSource.IN_PERSON, JUST_BEFORE)


def another_phone(_session: Session, client: Client) -> None:
    client.phone, client.phone_hash = "+12025550777", "of another phone"


SHUT: dict[str, tuple[Change, str]] = {
    "consent is withdrawn": (withdraw, "no_consent"),
    "the phone opted out, in whatever practice": (opt_out, "opted_out"),
    "the number is known to be bad": (set_client(number_state=NumberState.INVALID), "number_not_in_use"),
    "the phone is another one now": (another_phone, "no_consent"),
    "there is no phone": (set_client(phone=None, phone_hash=None), "no_phone"),
    "the client is paused": (set_client(paused_from=MONDAY, paused_until=MONDAY), "paused"),
    "the practice is paused": (set_practice(is_texting_paused=True), "practice_paused"),
    "the client is discharged": (set_client(status=ClientStatus.DISCHARGED), "discharged"),
    "the practice opens at noon": (set_practice(window_from_time=time(12)), "outside_window"),
    "the client's hours are the evening's": (
        set_client(window_from_time=time(17), window_until_time=time(20)),
        "outside_window",
    ),
    "no text a day is allowed": (set_practice(daily_cap=0), "daily_cap"),
}


@pytest.mark.parametrize("what", SHUT)
def test_what_changed_a_minute_before_keeps_the_text_back(any_database: Database, what: str) -> None:
    change, reason = SHUT[what]
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.plan(MONDAY_8AM)

    life.change(change)
    for minutes in range(0, 180, 15):
        life.drain(gateway, MONDAY_9AM + minutes * MINUTE)

    assert gateway.sent == []
    assert life.states() == [("skipped", reason)]


@pytest.mark.parametrize(
    ("change", "goes_at"),
    [
        (set_practice(window_from_time=time(12)), MONDAY_NOON),
        (set_client(timezone="America/Los_Angeles"), MONDAY_9AM + 3 * HOUR),
        (set_client(window_from_time=time(10), window_until_time=time(11)), MONDAY_9AM + HOUR),
        (set_practice(window_from_time=time(5)), MONDAY_9AM),
    ],
    ids=["practice", "zone", "client", "wider changes nothing"],
)
def test_a_question_waits_for_the_hours_of_today(
    any_database: Database, change: Change, goes_at: datetime
) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(9)))
    life.plan(MONDAY_8AM)

    life.change(change)
    went = []
    for minutes in range(0, 12 * 60, 15):
        at = MONDAY_9AM + minutes * MINUTE
        went += [at] * life.drain(gateway, at).sent

    assert went == [goes_at]


def test_nobody_can_widen_the_hours_but_the_client(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_follow_up(s, c, at_time=time(6, 30), due_on=MONDAY + DAY))
    life.change(set_practice(window_from_time=time(5), window_until_time=time(23, 30)))
    life.plan(MONDAY_8AM)
    half_past_six = MONDAY_9AM + DAY - 150 * MINUTE

    life.drain(gateway, half_past_six)
    assert gateway.sent == []
    life.change(lambda s, c: request_window(s, c, time(6), time(22), half_past_six - 5 * MINUTE))
    life.plan(half_past_six - 5 * MINUTE)
    life.drain(gateway, half_past_six)

    assert len(gateway.sent) == 1


def test_the_cap_counts_the_clients_day_of_where_they_are_now(any_database: Database) -> None:
    """Three texts late on Monday in New York are three texts of Tuesday in Kathmandu."""
    life, gateway = begin(any_database), CountingGateway()
    evening = MONDAY_9AM + 8 * HOUR
    for number in range(3):
        life.owe(ReminderKind.MESSAGE, "message", evening, body="Hello.", dedupe_key=f"{number}")
    life.drain(gateway, evening)
    assert len(gateway.sent) == 3

    life.change(set_client(timezone="Asia/Kathmandu"))
    tuesday_there = evening + 10 * HOUR
    life.owe(ReminderKind.MESSAGE, "message", tuesday_there, body="Hello.", dedupe_key="fourth")
    life.drain(gateway, tuesday_there)

    assert ("skipped", "daily_cap") in life.states()


@pytest.mark.parametrize(
    ("closes", "seconds"),
    [(time(9, 30), 1800), (time(9, 2), 120), (time(20), 7200)],
    ids=["the window is the least", "nearly shut", "its usefulness is the least"],
)
def test_the_provider_is_told_the_least_of_all_limits(
    any_database: Database, closes: time, seconds: int
) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.plan(MONDAY_8AM)

    life.change(set_practice(window_until_time=closes))
    life.drain(gateway, MONDAY_9AM)

    assert seconds - 5 <= (gateway.sent[0].validity_seconds or 0) <= seconds


def test_under_a_minute_to_the_end_of_the_hours_it_is_not_handed_over(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.plan(MONDAY_8AM)

    life.change(set_practice(window_until_time=time(10)))
    life.drain(gateway, MONDAY_9AM + HOUR - timedelta(seconds=59))

    assert gateway.sent == []
    assert life.states() == [("skipped", "outside_window")]


def test_a_plan_ended_a_minute_before_is_not_reminded_of(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.plan(MONDAY_8AM)

    life.change(lambda s, c: end_plan(s, c, "better", JUST_BEFORE))
    life.drain(gateway, MONDAY_9AM)

    assert (gateway.sent, life.states()) == ([], [("cancelled", "plan_changed")])


@pytest.mark.parametrize("status", [VisitStatus.CANCELLED, VisitStatus.HAPPENED, VisitStatus.MISSED])
def test_a_visit_that_is_over_or_off_is_not_reminded_of(any_database: Database, status: VisitStatus) -> None:
    life, gateway = begin(any_database), CountingGateway()
    visit = life.change(lambda s, c: make_visit(s, c))
    kind = FollowUpKind.VISIT_REMINDER
    life.change(lambda s, c: make_follow_up(s, c, kind=kind, visit_id=visit.id, at_time=time(9)))
    life.plan(MONDAY_8AM)

    life.change(lambda s, _c: setattr(s.scalars(select(Visit)).one(), "status", status))
    life.drain(gateway, MONDAY_9AM)

    assert (gateway.sent, life.states()) == ([], [("cancelled", "visit_changed")])


@pytest.mark.parametrize(
    "change",
    [
        set_practice(daily_cap=0),
        set_practice(is_texting_paused=True),
        set_client(paused_from=MONDAY),
        set_client(number_state=NumberState.UNREACHABLE),
        set_practice(window_from_time=time(12)),
    ],
    ids=["cap", "practice paused", "client paused", "number", "window"],
)
@pytest.mark.parametrize("kind", [ReminderKind.ANSWER, ReminderKind.SAFETY])
def test_answers_and_safety_texts_go_whatever_changed(
    database: Database, change: Change, kind: ReminderKind
) -> None:
    life, gateway = begin(database), CountingGateway()
    text_key = "done" if kind is ReminderKind.ANSWER else "same_day"
    life.owe(kind, text_key, MONDAY_9AM)

    life.change(change)
    life.drain(gateway, MONDAY_9AM + 4 * MINUTE)

    assert len(gateway.sent) == 1


def test_an_answer_that_comes_late_keeps_to_the_hours(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    at_night = MONDAY_9AM - 90 * MINUTE
    life.owe(ReminderKind.ANSWER, "done", at_night)

    life.drain(gateway, at_night + 6 * MINUTE)
    assert gateway.sent == []
    life.drain(gateway, MONDAY_9AM)

    assert len(gateway.sent) == 1


def test_a_safety_text_goes_hours_late_and_at_night(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.owe(ReminderKind.SAFETY, "same_day", MONDAY_9AM + 9 * HOUR)

    life.drain(gateway, MONDAY_9AM + 18 * HOUR)

    assert len(gateway.sent) == 1


@pytest.mark.parametrize("minutes", [-1, 1], ids=["before", "after"])
def test_one_slot_is_one_text_through_every_change_at_once(any_database: Database, minutes: int) -> None:
    life, gateway = begin(any_database), CountingGateway()
    life.change(lambda s, c: make_assignment(s, c, make_exercise(s, life.practice), ends_on=MONDAY))
    life.plan(MONDAY_8AM)
    at = MONDAY_9AM + minutes * MINUTE
    if minutes > 0:
        life.drain(gateway, MONDAY_9AM)

    def change_it_all(session: Session, client: Client) -> None:
        zone_before, client.timezone = client.timezone, "America/Chicago"
        session.flush()
        request_window(session, client, time(6), time(22), at)
        replan_client(session, client.id, at, zone_before)

    life.change(change_it_all)
    for quarter in range(24):
        life.plan(at + quarter * 15 * MINUTE)
        life.drain(gateway, at + quarter * 15 * MINUTE)

    assert len(gateway.sent) == 1
