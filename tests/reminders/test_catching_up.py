"""Answers that came while we were down are fetched from the provider's list."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from care.db import Database, Sessions
from care.models import AttentionItem, Installation, Rating
from care.phones import PhoneBook
from reminders.catching_up import FACT
from reminders.gateway import ProviderMessage
from reminders.inbox import InboundText, receive
from tests.making import MONDAY_9AM
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, Life, begin

HOUR = timedelta(hours=1)
STRANGER = "+12025550177"


def wrote(phone: str, body: str, at: datetime, sid: str = "SM-missed") -> ProviderMessage:
    return ProviderMessage(sid, "inbound", phone, "+12025550100", body, "received", None, at)


def running(database: Database) -> tuple[Life, CountingGateway]:
    """A client, and an engine that has looked at the provider's list before."""
    life, gateway = begin(database), CountingGateway()
    life.catch_up(gateway, MONDAY_9AM)
    return life, gateway


def ratings(life: Life) -> list[tuple[float, datetime]]:
    with life.database.sessions() as session:
        return [(one.score, one.at) for one in session.scalars(select(Rating))]


def test_an_answer_no_webhook_brought_is_taken_as_of_when_it_came(any_database: Database) -> None:
    life, gateway = running(any_database)
    gateway.received = [wrote(life.client.phone, "pain 4 today", MONDAY_9AM + HOUR)]

    assert life.catch_up(gateway, MONDAY_9AM + 3 * HOUR) == 1

    assert ratings(life) == [(4, MONDAY_9AM + HOUR)]


def test_what_a_webhook_brought_already_is_not_taken_again(any_database: Database) -> None:
    life, gateway = running(any_database)
    text = InboundText("SM-missed", life.client.phone, "+12025550100", None, "pain 4", 0, None)
    receive(any_database.sessions, BOOK, text, MONDAY_9AM + HOUR)
    gateway.received = [wrote(life.client.phone, "pain 4", MONDAY_9AM + HOUR)]

    assert life.catch_up(gateway, MONDAY_9AM + 3 * HOUR) == 0

    assert len(ratings(life)) == 1


def test_what_came_before_the_first_look_is_not_answered(database: Database) -> None:
    life, gateway = begin(database), CountingGateway()
    gateway.received = [wrote(life.client.phone, "pain 4", MONDAY_9AM - HOUR)]

    taken = [life.catch_up(gateway, MONDAY_9AM + n * HOUR) for n in (0, 1)]

    assert taken == [0, 0]
    assert ratings(life) == []


def test_a_phone_of_somebody_else_on_the_account_is_left_alone(database: Database) -> None:
    life, gateway = running(database)
    gateway.received = [wrote(STRANGER, "pain 4", MONDAY_9AM + HOUR)]

    assert life.catch_up(gateway, MONDAY_9AM + 3 * HOUR) == 0

    assert life.messages() == []


def test_a_clock_that_was_ahead_and_is_set_back_hides_nothing(database: Database) -> None:
    life, gateway = running(database)
    life.catch_up(gateway, MONDAY_9AM + 8 * HOUR)
    gateway.received = [wrote(life.client.phone, "pain 4", MONDAY_9AM + HOUR)]

    assert life.catch_up(gateway, MONDAY_9AM + HOUR + timedelta(minutes=5)) == 1


def break_at(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    def fickle(sessions: Sessions, book: PhoneBook, text: InboundText, now: datetime) -> bool:
        if text.body == body:
            raise ValueError(body)
        return receive(sessions, book, text, now)

    monkeypatch.setattr("reminders.catching_up.receive", fickle)


def test_a_text_that_cannot_be_taken_keeps_back_nobody_elses_and_a_person_learns_of_it(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, gateway = running(any_database)
    gateway.received = [
        wrote(life.client.phone, "broken", MONDAY_9AM + HOUR, "SM-broken"),
        wrote(life.client.phone, "pain 4", MONDAY_9AM + 2 * HOUR),
    ]
    break_at(monkeypatch, "broken")

    with capture_logs() as logs:
        taken = [life.catch_up(gateway, MONDAY_9AM + 3 * HOUR + n * timedelta(minutes=5)) for n in range(2)]

    assert taken == [1, 0]
    assert ratings(life) == [(4, MONDAY_9AM + 2 * HOUR)]
    with any_database.sessions() as session:
        [item] = session.scalars(select(AttentionItem))
        assert (item.client_id, item.owner_id) == (life.client.id, life.client.therapist_id)
        assert "provider's list" in item.details["what"]
        assert session.get_one(Installation, FACT).value > (MONDAY_9AM + 3 * HOUR).isoformat()
    told = [one for one in logs if one["event"] == "missed_text_not_taken"]
    assert all(one["sid"] == "SM-broken" and life.client.phone not in map(str, one.values()) for one in told)


def test_a_provider_out_of_reach_loses_nothing(database: Database) -> None:
    life, gateway = running(database)
    gateway.received = [wrote(life.client.phone, "pain 4", MONDAY_9AM + HOUR)]
    gateway.listed = None
    assert life.catch_up(gateway, MONDAY_9AM + 5 * HOUR) == 0

    gateway.listed = []

    assert life.catch_up(gateway, MONDAY_9AM + 6 * HOUR) == 1
