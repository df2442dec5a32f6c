"""Figures for Prometheus: who may read them, that they parse, and that they say what is in the database."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import attention
from care.db import Database
from care.models import (
    AttentionKind,
    Client,
    ConsentSource,
    Direction,
    Installation,
    OptOut,
    ReminderKind,
    ReminderStatus,
)
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_client, make_practice, make_text
from tests.web.conftest import MakeApp, TestClock
from tests.web.flowing import make_sent
from web.exposition import Family, exposition, labelled
from web.refusals import Refusals, total_refused

TOKEN = "a long random word for the one who scrapes"
MINUTE = timedelta(minutes=1)
SAMPLE = re.compile(r'([a-z_0-9]+)(?:\{(?:[a-z]+="((?:[^"\\]|\\.)*)")\})? (-?[0-9.e+]+)')


@pytest.fixture
def client(session: Session) -> Client:
    client = make_client(session, make_practice(session))
    session.commit()
    return client


def read(browser: FlaskClient) -> dict[tuple[str, str], float]:
    """Every sample by name and label value. A line that is none fails the test."""
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1], match[2] or ""] = float(match[3])
    return found


def test_it_is_text_that_prometheus_reads(browser: FlaskClient, client: Client) -> None:
    answer = browser.get("/metrics")

    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith("\n")
    named = re.findall(r"^# TYPE ([a-z_0-9]+) (?:gauge|counter)$", answer.text, re.MULTILINE)
    assert len(named) == len(set(named)) > 15
    assert {name for name, _ in read(browser)} <= set(named)
    assert re.findall(r"^# HELP ([a-z_0-9]+) ", answer.text, re.MULTILINE) == named


def test_labels_are_escaped() -> None:
    family = Family("one", "a\nb", labelled("code", {'a"b\\c\n': 2}))

    assert exposition([family]) == '# HELP one a\\nb\n# TYPE one gauge\none{code="a\\"b\\\\c\\n"} 2\n'


def ask(browser: FlaskClient, address: str = "127.0.0.1", **headers: str) -> int:
    there: dict[str, Any] = {"REMOTE_ADDR": address}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.get("/metrics", headers=named, environ_base=there).status_code


def test_without_a_token_only_this_machine_may_read(browser: FlaskClient) -> None:
    assert ask(browser) == ask(browser, "::1") == 200
    assert [ask(browser, address) for address in ("192.0.2.1", "10.0.0.1", "", "not an address")] == [403] * 4


def test_behind_a_proxy_nobody_may_read_without_a_token(make_app: MakeApp) -> None:
    proxied = make_app(HOMESTRETCH_PROXY_HOPS="1").test_client()

    assert ask(proxied) == 403
    assert ask(proxied, X_Forwarded_For="127.0.0.1") == 403


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "Via", "X_Real_Ip", "X_Forwarded_Proto"])
def test_a_proxy_nobody_told_us_of_is_noticed(browser: FlaskClient, header: str) -> None:
    assert ask(browser, **{header: "127.0.0.1"}) == 403


def test_who_asks_by_our_public_name_came_through_a_proxy(browser: FlaskClient) -> None:
    answers = [
        browser.get("/metrics", base_url=f"http://{host}").status_code
        for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "care.example.org", "127.0.0.1.evil")
    ]

    assert answers == [200, 200, 200, 403, 403]


def test_with_a_token_it_takes_the_token(make_app: MakeApp) -> None:
    browser = make_app(HOMESTRETCH_METRICS_TOKEN=TOKEN, HOMESTRETCH_PROXY_HOPS="1").test_client()
    wrong = (
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        "Bearer ä",
        f"bearer={TOKEN}",
    )

    refused = browser.get("/metrics")

    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert [ask(browser, Authorization=one) for one in wrong] == [401] * len(wrong)
    assert ask(browser, "192.0.2.1", Authorization=f"Bearer {TOKEN}") == 200


def test_the_token_is_not_shown_with_the_settings(make_app: MakeApp) -> None:
    app = make_app(HOMESTRETCH_METRICS_TOKEN=TOKEN)

    assert TOKEN not in repr(app.extensions["homestretch"].settings)


def test_it_counts_what_waits(browser: FlaskClient, session: Session, client: Client) -> None:
    make_reminder(session, client, dedupe_key="due", send_at=MONDAY_8AM - MINUTE)
    make_reminder(session, client, dedupe_key="later", send_at=MONDAY_8AM + MINUTE)
    make_reminder(session, client, dedupe_key="doubt", status=ReminderStatus.UNSURE)
    session.commit()

    found = read(browser)

    assert found["homestretch_reminders_due", ""] == 1
    assert found["homestretch_reminders_planned", ""] == 2
    assert found["homestretch_reminders_unsure", ""] == 1
    assert found["homestretch_oldest_overdue_seconds", ""] == 60
    assert found["homestretch_provider", "simulated"] == 1
    assert found["homestretch_ready", ""] == 0
    assert ("homestretch_tick_age_seconds", "") not in found


def test_it_counts_the_last_day_of_every_practice_by_its_own_clock(
    browser: FlaskClient, session: Session, client: Client
) -> None:
    make_sent(session, client, 30)
    make_sent(session, client, 700, kind=ReminderKind.VISIT)
    moved = make_client(session, make_practice(session, is_sample=True, clock_offset_seconds=864_000))
    make_sent(session, moved, at=MONDAY_8AM + timedelta(days=10))
    make_text(session, client, status="undelivered", error_code=30003)
    make_text(session, client, status="failed")
    make_text(session, client, direction=Direction.IN, status="received")
    make_text(session, client, at=MONDAY_8AM - timedelta(days=2))
    session.commit()

    found = read(browser)

    assert found["homestretch_reminders_sent_24h", "exercise"] == 2
    assert found["homestretch_reminders_sent_24h", "visit"] == 1
    assert found["homestretch_texts_failed_24h", "30003"] == 1
    assert found["homestretch_texts_failed_24h", "none"] == 1
    assert found["homestretch_texts_delivered_24h", ""] == 3
    assert found["homestretch_texts_received_24h", ""] == 1
    late = "homestretch_lateness_24h_seconds"
    assert [found[f"{late}_bucket", le] for le in ("2", "60", "900", "+Inf")] == [1, 2, 3, 3]
    assert found[f"{late}_sum", ""] == pytest.approx(730, abs=0.01)
    assert found[f"{late}_count", ""] == 3


def test_it_counts_what_people_have_to_look_at(
    browser: FlaskClient, session: Session, client: Client
) -> None:
    for key in ("one", "two"):
        attention.raise_item(session, client.practice_id, AttentionKind.QUESTION, key, MONDAY_8AM)
    session.add(OptOut(phone_hash="h", at=MONDAY_8AM, source=ConsentSource.TEXT))
    session.commit()

    found = read(browser)

    assert found["homestretch_attention_open", "question"] == 2
    assert found["homestretch_opted_out_phones", ""] == 1


def test_refused_webhook_calls_are_counted(browser: FlaskClient, client: Client) -> None:
    for _ in range(3):
        browser.post("/twilio/inbound")

    assert read(browser)["homestretch_webhooks_refused_total", "not configured"] == 3


def test_forgeries_cost_one_write_a_minute_however_many_come(
    browser: FlaskClient, session: Session, clock: TestClock
) -> None:
    counted = select(Installation.value).where(Installation.name.startswith("webhook_refused:"))
    for _ in range(50):
        browser.post("/twilio/inbound")
    within_a_minute = session.scalar(counted)
    session.rollback()
    clock.now += MINUTE
    browser.post("/twilio/inbound")

    assert within_a_minute == "1"
    assert session.scalar(counted) == "51"


def test_several_processes_add_up(any_database: Database) -> None:
    for process in (Refusals(), Refusals()):
        process.count(any_database.sessions, "signature", MONDAY_8AM)
        process.count(any_database.sessions, "signature", MONDAY_8AM)
        process.add(any_database.sessions, MONDAY_8AM)

    with any_database.sessions() as session:
        assert total_refused(session) == {"signature": 4}


def test_a_count_outlives_a_database_that_is_away(sqlite: Database) -> None:
    refusals = Refusals()
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE installation RENAME TO elsewhere")
    refusals.count(sqlite.sessions, "signature", MONDAY_8AM)
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO installation")

    refusals.add(sqlite.sessions, MONDAY_8AM)

    with sqlite.sessions() as session:
        assert total_refused(session) == {"signature": 1}
