"""Status callbacks in any order, each twice, before our own commit, and of texts nobody knows."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from care.db import Database
from care.models import DeliveryEvent, Message, NumberState, ReminderKind, ReminderStatus
from reminders.contact import SECOND_TRY
from reminders.delivery import StatusReport, record_status
from reminders.gateway import Outgoing, Unsure
from tests.making import MONDAY_9AM, MONDAY_NOON, make_client
from tests.reminders.gateways import CountingGateway, sid_of
from tests.reminders.living import HOUR, Life, begin

ENDS = (("delivered", None), ("undelivered", 30008), ("failed", 30007), ("sent", None))


@dataclass(frozen=True)
class Fate:
    """How a text ends, and which of its callbacks come while we still wait for the answer."""

    status: str
    code: int | None
    early: int


def fate_of(reference: str) -> Fate:
    dice = random.Random(reference)
    return Fate(*dice.choice(ENDS), early=dice.randrange(4))


def reports_of(out: Outgoing) -> list[StatusReport]:
    fate = fate_of(out.reference)
    ways = ["queued", "sending", "sent"] if fate.status != "sent" else ["queued", "sending"]
    reports = [StatusReport(sid_of(out), out.reference, status, None) for status in ways]
    reports.append(StatusReport(sid_of(out), out.reference, fate.status, fate.code))
    reports *= 2
    random.Random(out.reference).shuffle(reports)
    return reports


def storm(database: Database, texts: int) -> Life:
    """Send so many, a fifth of them without an answer, while callbacks come in."""
    life = begin(database, practice={"daily_cap": texts})
    with database.sessions.begin() as session:
        clients = [make_client(session, life.practice).id for _ in range(texts)]
    for number, client_id in enumerate(clients):
        owner = Life(database, life.practice, life.client)
        owner.client.id = client_id
        owner.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Hello.", dedupe_key=f"storm:{number}")
    late: list[StatusReport] = [StatusReport("SM-nobody", "unknown", "delivered", None)] * 2

    def call_back(out: Outgoing) -> None:
        reports, early = reports_of(out), fate_of(out.reference).early
        late.extend(reports[early:])
        for report in reports[:early]:
            record_status(database.sessions, report, MONDAY_9AM)

    gateway = CountingGateway([Unsure("no answer")] * (texts // 5), while_sending=call_back)
    life.drain(gateway, MONDAY_9AM)
    random.Random(7).shuffle(late)
    for report in late:
        record_status(database.sessions, report, MONDAY_NOON)
    assert len(gateway.sent) == texts
    return life


def check_the_ends(life: Life, texts: int) -> None:
    messages = life.messages()
    assert len(messages) == texts
    for message in messages:
        fate = fate_of(str(message.reference))
        assert (message.status, message.error_code) == (fate.status, fate.code)
    states = Counter((one.dedupe_key.startswith(SECOND_TRY), one.status) for one in life.reminders())
    again = sum(one.error_code == 30008 for one in messages)
    assert states == {
        (False, ReminderStatus.SENT): texts,
        (True, ReminderStatus.PLANNED): again,
    }
    with life.database.reading() as session:
        kept = session.scalar(select(func.count()).select_from(DeliveryEvent))
        assert kept == 1 + sum(3 if one.status == "sent" else 4 for one in messages)
        assert session.scalar(select(func.count()).select_from(Message)) == texts


def test_every_text_ends_as_it_ended(any_database: Database) -> None:
    check_the_ends(storm(any_database, 25), 25)


@pytest.mark.audit
def test_ten_thousand_callbacks_end_as_they_ended(any_database: Database) -> None:
    check_the_ends(storm(any_database, 1_300), 1_300)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "the later one first"])
def test_two_texts_in_a_row_out_of_reach_tell_on_the_number(
    any_database: Database, order: tuple[int, int]
) -> None:
    life, gateway = begin(any_database), CountingGateway()
    for hours in (0, 1):
        at = MONDAY_9AM + hours * HOUR
        life.owe(ReminderKind.MESSAGE, "message", at, body="Hello.", dedupe_key=f"{hours}")
        life.drain(gateway, at)

    for place in order:
        out = gateway.sent[place]
        report = StatusReport(sid_of(out), out.reference, "undelivered", 30003)
        record_status(any_database.sessions, report, MONDAY_NOON + timedelta(minutes=place))

    assert life.change(lambda _s, c: c.number_state) is NumberState.UNREACHABLE


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (2, 0, 1)])
def test_one_that_arrived_between_clears_the_number(database: Database, order: tuple[int, ...]) -> None:
    life, gateway = begin(database), CountingGateway()
    for hours in range(3):
        at = MONDAY_9AM + hours * HOUR
        life.owe(ReminderKind.MESSAGE, "message", at, body="Hello.", dedupe_key=f"{hours}")
        life.drain(gateway, at)
    ends = [("undelivered", 30003), ("delivered", None), ("undelivered", 30003)]

    for place in order:
        out = gateway.sent[place]
        record_status(database.sessions, StatusReport(sid_of(out), out.reference, *ends[place]), MONDAY_NOON)

    assert life.change(lambda _s, c: c.number_state) is NumberState.OK
