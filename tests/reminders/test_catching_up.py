"""Answers that came while we were down are fetched from the provider's list."""

from datetime import datetime, timedelta

from sqlalchemy import select

from care.db import Database
from care.models import Rating
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


def test_a_provider_out_of_reach_loses_nothing(database: Database) -> None:
    life, gateway = running(database)
    gateway.received = [wrote(life.client.phone, "pain 4", MONDAY_9AM + HOUR)]
    gateway.listed = None
    assert life.catch_up(gateway, MONDAY_9AM + 5 * HOUR) == 0

    gateway.listed = []

    assert life.catch_up(gateway, MONDAY_9AM + 6 * HOUR) == 1
