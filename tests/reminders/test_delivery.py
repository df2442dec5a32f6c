"""What the provider reports: forward only, each once, in whatever order it comes."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    DeliveryEvent,
    Message,
    NumberState,
    OptOut,
    ReminderKind,
    ReminderStatus,
)
from reminders.delivery import StatusReport, record_status
from reminders.gateway import Accepted, Unsure
from tests.making import MONDAY_9AM, MONDAY_NOON
from tests.reminders.gateways import CountingGateway, sid_of
from tests.reminders.living import Life, begin

STATUSES = ("queued", "sending", "sent", "delivered")


class Sent:
    """A text the provider took, and the reports that come of it."""

    def __init__(self, life: Life) -> None:
        self.life, gateway = life, CountingGateway()
        life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)
        life.drain(gateway, MONDAY_9AM)
        [self.out] = gateway.sent

    def report(self, status: str, code: int | None = None, **changes: str | None) -> None:
        sid = changes.get("sid") or sid_of(self.out)
        reference = changes.get("reference", self.out.reference)
        record_status(self.life.database.sessions, StatusReport(sid, reference, status, code), MONDAY_NOON)

    @property
    def message(self) -> Message:
        return self.life.messages()[0]

    def count(self, table: type) -> int:
        with self.life.database.sessions() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("order", list(permutations(STATUSES))[::3], ids=" ".join)
def test_whatever_the_order_it_ends_where_it_ended(database: Database, order: tuple[str, ...]) -> None:
    sent = Sent(begin(database))

    for status in order:
        sent.report(status)
        sent.report(status)

    assert (sent.message.status, sent.message.delivered_at) == ("delivered", MONDAY_NOON)
    assert sent.count(DeliveryEvent) == 4


def test_an_end_is_an_end(any_database: Database) -> None:
    sent = Sent(begin(any_database))

    sent.report("undelivered", 30003)
    sent.report("delivered")
    sent.report("sent")

    assert (sent.message.status, sent.message.error_code) == ("undelivered", 30003)
    assert sent.message.delivered_at is None


def test_an_unknown_status_moves_nothing(database: Database) -> None:
    sent = Sent(begin(database))
    sent.report("sent")

    sent.report("teleported")

    assert sent.message.status == "sent"
    assert sent.count(DeliveryEvent) == 2


def test_a_stranger_is_kept_and_changes_nothing(any_database: Database) -> None:
    sent = Sent(begin(any_database))

    sent.report("delivered", sid="SM-unknown", reference=None)
    sent.report("delivered", sid="SM-unknown", reference="no such reference")
    sent.report("failed", sid="SM-other")

    assert sent.message.status == "queued"
    assert sent.count(DeliveryEvent) == 2


def test_a_report_settles_a_doubt(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway([Unsure("reset")])
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM)
    [out] = gateway.sent

    record_status(any_database.sessions, StatusReport(sid_of(out), out.reference, "sent", None), MONDAY_NOON)

    [reminder], [message] = life.reminders(), life.messages()
    assert (reminder.status, reminder.sent_at, reminder.reason) == (ReminderStatus.SENT, MONDAY_9AM, None)
    assert (message.status, message.provider_sid) == ("sent", sid_of(out))


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("undelivered", 30004, NumberState.OK),
        ("failed", 30005, NumberState.INVALID),
        ("undelivered", 30006, NumberState.INVALID),
        ("canceled", None, NumberState.OK),
    ],
)
def test_a_failure_is_put_before_a_person_once(
    any_database: Database, status: str, code: int | None, state: NumberState
) -> None:
    sent = Sent(begin(any_database))

    sent.report(status, code)
    sent.report(status, code)

    with any_database.sessions() as session:
        [item] = session.scalars(select(AttentionItem))
        assert (item.kind, item.details["code"]) == (AttentionKind.DELIVERY_FAILURE, code)
        assert session.get_one(Client, sent.life.client.id).number_state is state


def test_a_failure_of_an_old_number_says_nothing_about_the_new_one(database: Database) -> None:
    sent = Sent(begin(database))
    sent.life.change(lambda _s, client: setattr(client, "phone", "+12025550190"))

    sent.report("failed", 30005)

    assert sent.life.change(lambda _s, client: client.number_state) is NumberState.OK


def test_an_opt_out_at_the_provider_is_ours_too(any_database: Database) -> None:
    sent = Sent(begin(any_database))

    sent.report("undelivered", 21610)

    with any_database.sessions() as session:
        assert list(session.scalars(select(OptOut.phone_hash))) == [sent.life.client.phone_hash]
        assert [one.kind for one in session.scalars(select(AttentionItem))] == [AttentionKind.OPT_OUT]


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ((30003,), NumberState.OK),
        ((30003, None), NumberState.OK),
        ((30003, 30003), NumberState.UNREACHABLE),
        ((30003, None, 30003), NumberState.OK),
    ],
)
def test_a_phone_out_of_reach_twice_in_a_row_is_texted_no_more(
    database: Database, ends: tuple[int | None, ...], state: NumberState
) -> None:
    life = begin(database)

    for number, code in enumerate(ends):
        at, gateway = MONDAY_9AM + timedelta(minutes=number), CountingGateway()
        life.owe(ReminderKind.NUDGE, "nudge", at, dedupe_key=f"nudge:{number}")
        life.drain(gateway, at)
        status = "undelivered" if code else "delivered"
        report = StatusReport(sid_of(gateway.sent[0]), gateway.sent[0].reference, status, code)
        record_status(database.sessions, report, at)

    with database.sessions() as session:
        assert session.get_one(Client, life.client.id).number_state is state


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [("failed", 30005, NumberState.INVALID), ("undelivered", 30007, NumberState.OK)],
)
def test_an_answer_that_already_tells_of_failure_is_put_before_a_person(
    any_database: Database, status: str, code: int, state: NumberState
) -> None:
    life, gateway = begin(any_database), CountingGateway([Accepted("SM-lost", status, 1, code)])
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    life.drain(gateway, MONDAY_9AM)

    [message] = life.messages()
    assert (message.status, message.error_code, message.provider_sid) == (status, code, "SM-lost")
    assert life.states() == [("sent", None)]
    with any_database.sessions() as session:
        [item] = session.scalars(select(AttentionItem))
        assert (item.kind, item.details["code"]) == (AttentionKind.DELIVERY_FAILURE, code)
        assert session.get_one(Client, life.client.id).number_state is state


def test_the_reason_of_a_failure_may_come_after_the_failure(database: Database) -> None:
    life, gateway = begin(database), CountingGateway([Accepted("SM-lost", "failed", 1)])
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM)

    record_status(database.sessions, StatusReport("SM-lost", None, "failed", 30005), MONDAY_NOON)

    assert life.messages()[0].error_code == 30005
    assert life.change(lambda _s, client: client.number_state) is NumberState.INVALID
