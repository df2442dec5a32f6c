"""A text in doubt is settled from the provider's side; only what surely never left is sent again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from care.db import Database
from care.models import AttentionItem, AttentionStatus, ReminderKind
from reminders.delivery import StatusReport, record_status
from reminders.gateway import ProviderMessage, Unsure
from reminders.settling import IN_FLIGHT
from tests.making import MONDAY_9AM
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import Life, begin, dispatching

MINUTE = timedelta(minutes=1)
FIRST, SECOND, LATER = (MONDAY_9AM + n * MINUTE for n in (2, 6, 12))


def in_doubt(database: Database) -> Life:
    """One text was handed over, and no answer came."""
    life = begin(database)
    owe_message(life)
    life.drain(CountingGateway([Unsure("no answer")]), MONDAY_9AM)
    return life


def owe_message(life: Life) -> None:
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you on Friday.")


def listed(life: Life, **changes: object) -> ProviderMessage:
    """Our text as the provider's own list shows it."""
    [message] = life.messages()
    ours = ProviderMessage(
        sid="SM-from-the-list",
        direction="outbound-api",
        from_="+12025550100",
        to=message.phone,
        body=message.body,
        status="delivered",
        error_code=None,
        created_at=MONDAY_9AM,
    )
    return replace(ours, **changes)


def items(life: Life) -> list[AttentionItem]:
    with life.database.sessions() as session:
        return list(session.scalars(select(AttentionItem).order_by(AttentionItem.id)))


def looking(life: Life, gateway: CountingGateway, *moments: datetime) -> None:
    for moment in moments:
        life.settle(gateway, moment)


def test_a_text_the_provider_lists_was_sent_and_is_not_sent_again(any_database: Database) -> None:
    life = in_doubt(any_database)
    gateway = CountingGateway()
    gateway.listed = [listed(life)]

    looking(life, gateway, FIRST)
    life.drain(gateway, SECOND)

    [message] = life.messages()
    assert life.states() == [("sent", None)]
    assert (message.provider_sid, message.status) == ("SM-from-the-list", "delivered")
    assert gateway.sent == []


@pytest.mark.parametrize(
    "body",
    [
        "Sent from your Twilio trial account - {body}",
        "{body} ",
    ],
)
def test_a_text_the_provider_reworded_is_still_ours(database: Database, body: str) -> None:
    life = in_doubt(database)
    [ours] = life.messages()
    gateway = CountingGateway()
    gateway.listed = [listed(life, body=body.format(body=ours.body))]

    looking(life, gateway, FIRST)

    assert life.states() == [("sent", None)]


def test_one_look_in_vain_is_not_enough(any_database: Database) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()

    looking(life, gateway, FIRST, FIRST + MINUTE)
    life.drain(gateway, FIRST + MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]
    assert gateway.sent == []


def test_what_two_looks_do_not_find_goes_out_once(any_database: Database) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()

    looking(life, gateway, FIRST, SECOND)
    life.drain(gateway, SECOND)
    life.drain(gateway, LATER)

    assert life.states() == [("sent", None)]
    assert len(gateway.sent) == 1
    assert len(life.messages()) == 1


def test_what_came_too_late_to_be_useful_is_not_sent_after_all(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()

    looking(life, gateway, MONDAY_9AM + timedelta(hours=13), MONDAY_9AM + timedelta(hours=14))

    assert life.states() == [("skipped", "stale")]
    assert gateway.sent == []


def test_another_text_nobody_can_explain_keeps_it_in_doubt_and_before_a_person(
    any_database: Database,
) -> None:
    life, gateway = in_doubt(any_database), CountingGateway()
    gateway.listed = [listed(life, body="Something else altogether")]

    looking(life, gateway, FIRST, SECOND, LATER, LATER + 5 * MINUTE)
    life.drain(gateway, LATER + 5 * MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]
    assert gateway.sent == []
    assert [one.status for one in items(life)] == [AttentionStatus.OPEN]


def test_a_text_of_ours_that_is_accounted_for_explains_itself(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Another one.", dedupe_key="another")
    life.drain(gateway, MONDAY_9AM + MINUTE)
    other = next(one for one in life.messages() if "Another" in one.body)
    gateway.listed = [
        ProviderMessage(
            other.provider_sid, "outbound-api", "", other.phone, other.body, "sent", None, MONDAY_9AM
        )
    ]

    looking(life, gateway, FIRST, SECOND)

    assert sorted(status for status, _ in life.states()) == ["planned", "sent"]


def test_a_provider_out_of_reach_settles_nothing_and_a_person_is_told(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = None

    looking(life, gateway, FIRST, SECOND, LATER, LATER + 5 * MINUTE)

    assert [status for status, _ in life.states()] == ["unsure"]
    assert len(items(life)) == 1


def test_a_doubt_a_person_has_closed_is_not_raised_again(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = None
    looking(life, gateway, LATER)
    with database.sessions.begin() as session:
        for item in session.scalars(select(AttentionItem)):
            item.status = AttentionStatus.CLOSED

    looking(life, gateway, LATER + 5 * MINUTE)

    assert [one.status for one in items(life)] == [AttentionStatus.CLOSED]


def test_a_late_callback_settles_it_and_takes_it_off_the_list(database: Database) -> None:
    life, gateway = in_doubt(database), CountingGateway()
    gateway.listed = None
    looking(life, gateway, LATER)
    [message] = life.messages()

    report = StatusReport("SM-late", message.reference, "delivered", None)
    record_status(database.sessions, report, LATER + MINUTE)

    assert life.states() == [("sent", None)]
    assert [one.status for one in items(life)] == [AttentionStatus.CLOSED]


def test_a_crash_on_the_wire_is_a_doubt_like_any_other(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway()
    owe_message(life)
    crash_after_claim(life)
    assert [status for status, _ in life.states()] == ["sending"]

    life.drain(gateway, MONDAY_9AM + MINUTE)
    looking(life, gateway, MONDAY_9AM + MINUTE)
    assert [status for status, _ in life.states()] == ["sending"]

    looking(life, gateway, MONDAY_9AM + IN_FLIGHT + MINUTE, MONDAY_9AM + IN_FLIGHT + 5 * MINUTE)
    life.drain(gateway, MONDAY_9AM + IN_FLIGHT + 5 * MINUTE)

    assert life.states() == [("sent", None)]
    assert len(gateway.sent) == 1


def crash_after_claim(life: Life) -> None:
    """As if the process were killed between the claim's commit and the network."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with dispatching(life.database, CountingGateway()) as dispatcher:
        dispatcher._send = killed
        with pytest.raises(Killed):
            dispatcher.drain(lambda: MONDAY_9AM)
