"""Who may be texted when, at the very moment of sending."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from care.in_words import REASONS, reason_in_words
from care.models import Client, ClientStatus, NumberState, Practice, Reminder, ReminderKind, User
from reminders.contact import (
    ANSWERS_AN_HOUR,
    AlertFacts,
    Drop,
    Facts,
    Go,
    Verdict,
    Wait,
    Window,
    judge,
    window_of,
)
from tests.making import MONDAY, MONDAY_9AM, MONDAY_NOON, NEW_YORK

MIDNIGHT = datetime(2026, 3, 2, 5, tzinfo=UTC)
STAFF_PHONE = "+12025550141"


def local(hour: int, minute: int = 0) -> datetime:
    """That time in New York on Monday."""
    return MIDNIGHT + timedelta(hours=hour, minutes=minute)


def make_facts(practice: dict[str, Any] | None = None, **client: Any) -> Facts:
    settings = {"window_from_time": time(9), "window_until_time": time(20), "daily_cap": 3}
    person = {"status": ClientStatus.ACTIVE, "number_state": NumberState.OK, "timezone": NEW_YORK}
    return Facts(
        practice=Practice(**(settings | {"is_texting_paused": False, "is_sample": False} | (practice or {}))),
        client=Client(**(person | client)),
        has_consent=True,
        is_opted_out=False,
        sent_today=0,
        answered_this_hour=0,
        is_real_gateway=True,
    )


def make_reminder(kind: ReminderKind = ReminderKind.EXERCISE, **changes: Any) -> Reminder:
    values = {
        "kind": kind,
        "text_key": "reminder",
        "due_at": MONDAY_9AM,
        "expires_at": MONDAY_9AM + timedelta(days=2),
    }
    return Reminder(**(values | changes))


def judged(
    now: datetime, kind: ReminderKind = ReminderKind.EXERCISE, facts: Facts | None = None, **changes: Any
) -> Verdict:
    return judge(make_reminder(kind, **changes), facts or make_facts(), now)


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        (local(8, 59), Wait(local(9), "outside_window")),
        (local(9), Go(local(20))),
        (local(19, 59), Go(local(20))),
        (local(19, 59) + timedelta(seconds=1), Wait(local(33), "outside_window")),
        (local(20), Wait(local(33), "outside_window")),
        (local(3), Wait(local(9), "outside_window")),
    ],
)
def test_what_we_start_goes_out_inside_the_window(at: datetime, verdict: Verdict) -> None:
    assert judged(at) == verdict


def test_the_window_is_the_clients_own_clock() -> None:
    facts = make_facts(timezone="America/Los_Angeles")

    assert judged(local(11, 59), facts=facts) == Wait(local(12), "outside_window")


def test_the_window_opens_at_nine_on_both_sides_of_a_clock_change() -> None:
    eve = datetime(2026, 3, 8, 1, 30, tzinfo=UTC)

    verdict = judged(eve, expires_at=eve + timedelta(days=1))

    assert verdict == Wait(datetime(2026, 3, 8, 13, tzinfo=UTC), "outside_window")


@pytest.mark.parametrize(
    ("asked", "window"),
    [
        ({}, Window(time(9), time(20))),
        ({"window_from_time": time(10), "window_until_time": time(12)}, Window(time(10), time(12))),
        ({"window_from_time": time(5), "window_until_time": time(23)}, Window(time(8), time(21))),
        (
            {"window_from_time": time(5), "window_until_time": time(23), "window_requested_at": MONDAY_NOON},
            Window(time(6), time(22)),
        ),
    ],
)
def test_only_the_clients_own_request_widens_the_hard_limits(asked: dict[str, Any], window: Window) -> None:
    facts = make_facts(**asked)
    assert facts.client is not None

    assert window_of(facts.practice, facts.client) == window


def test_a_practice_cannot_widen_them_either() -> None:
    facts = make_facts({"window_from_time": time(5), "window_until_time": time(23)})
    assert facts.client is not None

    assert window_of(facts.practice, facts.client) == Window(time(8), time(21))


def test_a_window_that_is_left_empty_texts_nobody() -> None:
    facts = make_facts(window_from_time=time(21), window_until_time=time(22))

    assert all(not isinstance(judged(local(hour), facts=facts), Go) for hour in range(24))


def test_what_cannot_wait_for_the_window_is_dropped() -> None:
    assert judged(local(7), expires_at=local(9)) == Drop("outside_window")
    assert judged(local(7), expires_at=local(9, 1)) == Wait(local(9), "outside_window")


@pytest.mark.parametrize("left", [timedelta(0), timedelta(seconds=59), -timedelta(hours=1)])
def test_what_has_less_than_a_minute_left_is_stale(left: timedelta) -> None:
    assert judged(MONDAY_NOON, expires_at=MONDAY_NOON + left) == Drop("stale")


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"has_consent": False}, "no_consent"),
        ({"is_opted_out": True}, "opted_out"),
        ({"sent_today": 3}, "daily_cap"),
        ({"client": None}, "no_client"),
    ],
)
def test_what_we_start_needs_consent_and_room(known: dict[str, Any], reason: str) -> None:
    assert judged(MONDAY_NOON, facts=make_facts()._replace(**known)) == Drop(reason)


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({"status": ClientStatus.DISCHARGED}, "discharged"),
        ({"number_state": NumberState.INVALID}, "number_not_in_use"),
        ({"number_state": NumberState.UNREACHABLE}, "number_not_in_use"),
        ({"paused_from": MONDAY}, "paused"),
        ({"paused_from": MONDAY, "paused_until": MONDAY}, "paused"),
    ],
)
def test_what_keeps_a_client_from_being_texted(person: dict[str, Any], reason: str) -> None:
    assert judged(MONDAY_NOON, facts=make_facts(**person)) == Drop(reason)


def test_a_pause_ends_with_its_last_day() -> None:
    facts = make_facts(paused_from=date(2026, 2, 1), paused_until=date(2026, 3, 1))

    assert isinstance(judged(MONDAY_NOON, facts=facts), Go)


@pytest.mark.parametrize("kind", [ReminderKind.ANSWER, ReminderKind.SAFETY])
def test_answers_go_out_while_the_practice_is_paused(kind: ReminderKind) -> None:
    facts = make_facts({"is_texting_paused": True})

    assert judged(MONDAY_NOON, facts=facts) == Drop("practice_paused")
    assert isinstance(judged(MONDAY_NOON, kind, facts), Go)


def test_an_answer_within_five_minutes_is_outside_window_and_cap() -> None:
    facts = make_facts()._replace(sent_today=9)
    at_night = local(2)
    answer = {"due_at": at_night, "expires_at": at_night + timedelta(hours=12)}

    prompt = judged(at_night + timedelta(minutes=5), ReminderKind.ANSWER, facts, **answer)
    late = judged(at_night + timedelta(minutes=5, seconds=1), ReminderKind.ANSWER, facts, **answer)

    assert prompt == Go(at_night + timedelta(hours=12))
    assert late == Wait(local(9), "outside_window")


def test_the_fourth_answer_within_an_hour_stays_unsaid() -> None:
    facts = make_facts()._replace(answered_this_hour=ANSWERS_AN_HOUR)

    assert judged(MONDAY_NOON, ReminderKind.ANSWER, facts) == Drop("too_many_answers")
    assert isinstance(judged(MONDAY_NOON, ReminderKind.ANSWER, facts, text_key="stopped"), Go)


def test_a_safety_text_goes_out_at_any_hour_and_beyond_every_limit() -> None:
    facts = make_facts()._replace(answered_this_hour=9, sent_today=9, has_consent=False)

    assert isinstance(judged(local(3), ReminderKind.SAFETY, facts, due_at=local(2)), Go)


@pytest.mark.parametrize(
    ("text_key", "goes"),
    [("stopped", True), ("stopped_urgent", True), ("help", True), ("done", False), ("clarify", False)],
)
def test_a_phone_that_opted_out_gets_the_confirmation_and_help_alone(text_key: str, goes: bool) -> None:
    facts = make_facts()._replace(is_opted_out=True)

    verdict = judged(MONDAY_9AM, ReminderKind.ANSWER, facts, text_key=text_key)

    assert isinstance(verdict, Go) is goes


def test_everything_waits_for_the_first_text_and_that_one_for_nothing() -> None:
    facts = make_facts()._replace(awaits_enrolment=True)

    assert judged(MONDAY_NOON, facts=facts) == Wait(MONDAY_NOON + timedelta(minutes=1), "after_enrolment")
    assert isinstance(judged(MONDAY_NOON, ReminderKind.ENROL, facts), Go)


@pytest.mark.parametrize("kind", ReminderKind)
def test_a_sample_practice_texts_no_real_phone_whatever_it_is(kind: ReminderKind) -> None:
    facts = make_facts({"is_sample": True})._replace(alert=AlertFacts(make_alerted(), is_looked_after=False))
    to = {"to_phone": STAFF_PHONE, "params": {"at_any_hour": True}}

    assert judged(MONDAY_NOON, kind, facts, **to) == Drop("sample_practice")
    assert isinstance(judged(MONDAY_9AM, kind, facts._replace(is_real_gateway=False), **to), Go)


def make_alerted(**changes: Any) -> User:
    """A user who agreed to alerts, on call from eight to six on weekdays."""
    values = {
        "is_active": True,
        "phone": STAFF_PHONE,
        "alerts_agreed_at": MONDAY_9AM,
        "on_call_days": [0, 1, 2, 3, 4],
        "on_call_from_time": time(8),
        "on_call_until_time": time(18),
    }
    return User(**(values | changes))


def alerted(at: datetime, user: User | None, *, is_safety: bool, is_looked_after: bool = False) -> Verdict:
    facts = make_facts({"is_texting_paused": True, "daily_cap": 1, "timezone": NEW_YORK})
    facts = facts._replace(client=None, has_consent=False, alert=AlertFacts(user, is_looked_after))
    params = {"at_any_hour": is_safety}
    return judged(at, ReminderKind.ALERT, facts, to_phone=STAFF_PHONE, params=params)


@pytest.mark.parametrize("at", [local(3), local(12), local(23)])
def test_an_alert_about_danger_ignores_hours_caps_and_the_pause_of_all_texts(at: datetime) -> None:
    assert isinstance(alerted(at, make_alerted(), is_safety=True), Go)


@pytest.mark.parametrize(
    ("at", "user", "verdict"),
    [
        (local(12), {}, Go(MONDAY_9AM + timedelta(days=2))),
        (local(7), {}, Wait(local(8), "off_call")),
        (local(18), {}, Wait(local(32), "off_call")),
        (
            local(3),
            {"on_call_from_time": time(22), "on_call_until_time": time(7)},
            Wait(local(22), "off_call"),
        ),
        (local(27), {"on_call_from_time": time(22), "on_call_until_time": time(7)}, Go(local(57))),
        (local(12), {"on_call_from_time": None, "on_call_until_time": None}, Go(local(57))),
        (local(12), {"on_call_days": []}, Drop("off_call")),
        (local(12), {"on_call_days": [4]}, Drop("off_call")),
    ],
)
def test_a_same_day_alert_keeps_to_the_hours_the_user_is_on_call(
    at: datetime, user: dict[str, Any], verdict: Verdict
) -> None:
    assert alerted(at, make_alerted(**user), is_safety=False) == verdict


@pytest.mark.parametrize(
    "user",
    [None, {"alerts_agreed_at": None}, {"phone": "+12025550199"}, {"phone": None}, {"is_active": False}],
)
def test_no_alert_goes_to_a_phone_nobody_agreed_for(user: dict[str, Any] | None) -> None:
    person = make_alerted(**user) if user is not None else None

    assert alerted(local(12), person, is_safety=True) == Drop("no_alerts_agreed")


def test_an_alert_is_dropped_when_somebody_has_looked_meanwhile() -> None:
    verdict = alerted(local(12), make_alerted(), is_safety=True, is_looked_after=True)

    assert verdict == Drop("acknowledged")


@pytest.mark.parametrize("kind", ReminderKind)
def test_a_hold_stops_exercise_texts_and_nothing_else(kind: ReminderKind) -> None:
    facts = make_facts(texts_held_at=MONDAY_9AM)

    is_held = judged(MONDAY_NOON, kind, facts) == Drop("held")

    assert is_held is (kind in (ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION, ReminderKind.NUDGE))


def test_every_reason_is_a_sentence_for_staff() -> None:
    assert all(reason_in_words(reason).endswith(".") for reason in [*REASONS, "refused", "something_new"])
    assert reason_in_words("refused_21614") == "The provider refused it (code 21614)."
    assert reason_in_words(None) == ""
