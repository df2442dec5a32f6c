"""Health as a monitor sees it: red when texts do not go out as they should, and green otherwise."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Lease, ReminderKind, ReminderStatus
from reminders.provider import ProviderState, note
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_client, make_practice, make_text
from tests.web.conftest import MakeApp, TestClock

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TWILIO = {
    "HOMESTRETCH_GATEWAY": "twilio",
    "HOMESTRETCH_PUBLIC_URL": "https://care.example.org",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "TWILIO_FROM_NUMBER": "+12025550199",
}


@pytest.fixture
def client(session: Session) -> Client:
    client = make_client(session, make_practice(session))
    tick(session, MONDAY_8AM)
    session.commit()
    return client


@pytest.fixture
def real(make_app: MakeApp) -> FlaskClient:
    return make_app(**TWILIO).test_client()


def tick(session: Session, at: datetime) -> None:
    session.merge(Lease(name="tick", holder="here:1", expires_at=at, renewed_at=at))
    session.commit()


def ask(browser: FlaskClient) -> tuple[int, dict[str, Any]]:
    answer = browser.get("/readyz", base_url="http://127.0.0.1")
    assert answer.json is not None
    return answer.status_code, answer.json


def test_a_process_that_answers_is_alive(browser: FlaskClient) -> None:
    assert browser.get("/healthz").json == {"status": "ok"}


def test_an_engine_that_never_ran_is_not_ready(browser: FlaskClient) -> None:
    status, report = ask(browser)

    assert status == 503
    assert report == {
        "ready": False,
        "reasons": ["scheduler"],
        "database": "ok",
        "last_tick_seconds": None,
        "oldest_overdue_seconds": None,
        "unsure": 0,
        "provider": "simulated",
        "provider_since_seconds": None,
    }


def test_it_is_ready_while_the_engine_ticks_and_red_within_three_minutes_after(
    browser: FlaskClient, client: Client, clock: TestClock
) -> None:
    clock.now = MONDAY_8AM + 2 * MINUTE
    ticking = ask(browser)
    clock.now = MONDAY_8AM + 3 * MINUTE - SECOND
    stopped = ask(browser)

    assert (ticking[0], ticking[1]["last_tick_seconds"]) == (200, 120)
    assert (stopped[0], stopped[1]["reasons"]) == (503, ["scheduler"])


def test_a_database_that_cannot_be_asked_is_red(browser: FlaskClient, app: Flask, sqlite: Database) -> None:
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE lease")

    status, report = ask(browser)

    assert status == 503
    assert report == {"ready": False, "reasons": ["database"], "database": "unreachable"}


def test_a_text_that_stays_behind_is_red(
    browser: FlaskClient, session: Session, client: Client, clock: TestClock
) -> None:
    make_reminder(session, client, send_at=MONDAY_8AM, due_at=MONDAY_8AM)
    clock.now = MONDAY_8AM + 2 * MINUTE
    tick(session, clock.now)
    early = ask(browser)
    clock.now = MONDAY_8AM + 3 * MINUTE
    late = ask(browser)

    assert (early[0], early[1]["oldest_overdue_seconds"]) == (200, 120)
    assert (late[0], late[1]["reasons"]) == (503, ["overdue"])


def test_a_long_queue_that_moves_is_no_fault(
    browser: FlaskClient, session: Session, client: Client, clock: TestClock
) -> None:
    make_reminder(session, client, send_at=MONDAY_8AM)
    clock.now = MONDAY_8AM + 10 * MINUTE
    make_text(session, client, at=clock.now - MINUTE)
    tick(session, clock.now)

    status, report = ask(browser)

    assert (status, report["oldest_overdue_seconds"]) == (200, 600)


def test_what_the_provider_put_off_counts_from_when_it_was_due(
    browser: FlaskClient, session: Session, client: Client, clock: TestClock
) -> None:
    clock.now = MONDAY_8AM + 10 * MINUTE
    make_reminder(session, client, due_at=MONDAY_8AM, send_at=clock.now + 5 * MINUTE, reason="provider_busy")
    make_reminder(session, client, due_at=MONDAY_8AM, send_at=clock.now + MINUTE, dedupe_key="not yet")
    tick(session, clock.now)

    assert ask(browser)[1]["oldest_overdue_seconds"] == 600


def test_each_sample_practice_is_asked_by_its_own_clock(
    browser: FlaskClient, session: Session, client: Client, clock: TestClock
) -> None:
    moved = make_client(session, make_practice(session, is_sample=True, clock_offset_seconds=86_400))
    tomorrow = MONDAY_8AM + timedelta(days=1)
    make_reminder(session, moved, send_at=tomorrow - MINUTE, due_at=tomorrow - MINUTE)
    make_reminder(session, client, send_at=tomorrow - MINUTE, due_at=tomorrow - MINUTE)
    session.commit()

    assert ask(browser)[1]["oldest_overdue_seconds"] == 60


def test_texts_in_doubt_are_counted(browser: FlaskClient, session: Session, client: Client) -> None:
    for number, status in enumerate((ReminderStatus.UNSURE, ReminderStatus.UNSURE, ReminderStatus.SENDING)):
        make_reminder(session, client, status=status, kind=ReminderKind.NUDGE, dedupe_key=f"{number}")
    session.commit()

    status, report = ask(browser)

    assert (status, report["unsure"]) == (200, 2)


@pytest.mark.parametrize(
    ("state", "after", "status"),
    [
        (ProviderState.OK, 10 * MINUTE, 200),
        (ProviderState.LOCKED_OUT, SECOND, 503),
        (ProviderState.UNREACHABLE, 2 * MINUTE, 200),
        (ProviderState.UNREACHABLE, 3 * MINUTE, 503),
        (ProviderState.NO_ANSWER, 3 * MINUTE, 503),
    ],
)
def test_the_provider_shows_as_it_was_last_known(
    real: FlaskClient,
    session: Session,
    client: Client,
    clock: TestClock,
    state: ProviderState,
    after: timedelta,
    status: int,
) -> None:
    note(session, state, MONDAY_8AM)
    clock.now = MONDAY_8AM + after
    tick(session, clock.now)

    answered, report = ask(real)

    assert (answered, report["provider"]) == (status, state.value)
    assert report["provider_since_seconds"] == after.total_seconds()


def test_a_provider_nobody_has_asked_yet_is_unknown(real: FlaskClient, client: Client) -> None:
    status, report = ask(real)

    assert (status, report["provider"]) == (200, "unknown")
