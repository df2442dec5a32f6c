"""What is known of the provider: said by what became of texts, asked where nothing is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from care.db import Database
from care.models import Installation, ReminderKind
from reminders.gateway import (
    Accepted,
    GatewayRefused,
    GatewayUnreachable,
    Outcome,
    Postponed,
    Refused,
    Unsure,
)
from reminders.provider import ProviderFact, ProviderState, last_known, note, should_ask, state_after
from tests.making import MONDAY_8AM, MONDAY_9AM
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import begin, dispatching

MINUTE = timedelta(minutes=1)
TOOK, NO = Accepted("SM1", "queued"), Refused(21614, "no")
LOCKED = Postponed("not let in", code=20003, holds_sender=True)
SLOWLY = Postponed("slow down", code=20429, retry_after_seconds=3, holds_sender=True)
AWAY, LATER = Postponed("no connection"), Postponed("its time ran out", retry_after_seconds=0)


class Doorless(CountingGateway):
    """A gateway whose check fails as told."""

    failure: Exception | None = None
    asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.failure is not None:
            raise self.failure


def known(database: Database) -> ProviderFact | None:
    with database.sessions() as session:
        return last_known(session)


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([TOOK], ProviderState.OK),
        ([NO], ProviderState.OK),
        ([SLOWLY], ProviderState.OK),
        ([TOOK, LOCKED], ProviderState.LOCKED_OUT),
        ([Unsure("cut"), AWAY], ProviderState.NO_ANSWER),
        ([Unsure("cut"), TOOK], ProviderState.OK),
        ([AWAY], ProviderState.UNREACHABLE),
        ([LATER], None),
        ([], None),
    ],
)
def test_a_batch_tells_how_the_provider_is(outcomes: Sequence[Outcome], state: ProviderState | None) -> None:
    assert state_after(outcomes) is state


def test_sending_notes_trouble_and_success_clears_it(any_database: Database) -> None:
    life, gateway = begin(any_database), CountingGateway([LOCKED])
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    life.drain(gateway, MONDAY_9AM)
    locked = known(any_database)
    life.drain(gateway, MONDAY_9AM + 20 * MINUTE)
    well = known(any_database)

    assert locked == ProviderFact(ProviderState.LOCKED_OUT, MONDAY_9AM, MONDAY_9AM)
    assert well is not None
    assert (well.state, well.since) == (ProviderState.OK, MONDAY_9AM + 20 * MINUTE)


def test_the_simulated_phone_leaves_no_note(database: Database) -> None:
    life = begin(database)
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)

    with dispatching(database, CountingGateway(name="simulated")) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)
        dispatcher.inquirer.look_at_provider(MONDAY_9AM)

    assert known(database) is None


def test_the_same_news_keeps_its_beginning_and_is_not_written_every_time(any_database: Database) -> None:
    for minutes in (0, 0.5, 5):
        with any_database.sessions.begin() as session:
            note(session, ProviderState.UNREACHABLE, MONDAY_8AM + minutes * MINUTE)
        if minutes == 0.5:
            assert known(any_database) == ProviderFact(ProviderState.UNREACHABLE, MONDAY_8AM, MONDAY_8AM)

    five = MONDAY_8AM + 5 * MINUTE
    assert known(any_database) == ProviderFact(ProviderState.UNREACHABLE, MONDAY_8AM, five)
    with any_database.sessions() as session:
        assert len(session.get_one(Installation, "provider").value) < 200


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (None, ProviderState.OK),
        (GatewayRefused("no"), ProviderState.LOCKED_OUT),
        (GatewayUnreachable("away"), ProviderState.UNREACHABLE),
    ],
)
def test_where_nothing_is_sent_it_is_asked(
    database: Database, failure: Exception | None, state: ProviderState
) -> None:
    gateway = Doorless()
    gateway.failure = failure

    with dispatching(database, gateway) as dispatcher:
        dispatcher.inquirer.look_at_provider(MONDAY_8AM)
        dispatcher.inquirer.look_at_provider(MONDAY_8AM + timedelta(seconds=30))

    assert known(database) == ProviderFact(state, MONDAY_8AM, MONDAY_8AM)
    assert gateway.asked == 1


@pytest.mark.parametrize(
    ("state", "now", "asks"),
    [
        (ProviderState.OK, MONDAY_8AM + 4 * MINUTE, False),
        (ProviderState.OK, MONDAY_8AM + 5 * MINUTE, True),
        (ProviderState.LOCKED_OUT, MONDAY_8AM + MINUTE, True),
        (ProviderState.NO_ANSWER, MONDAY_8AM + 9 * MINUTE, False),
        (ProviderState.OK, MONDAY_8AM - MINUTE, True),
    ],
    ids=["fresh", "old", "out", "left to the next text", "clock set back"],
)
def test_how_long_news_stands(state: ProviderState, now: datetime, asks: bool) -> None:
    assert should_ask(ProviderFact(state, MONDAY_8AM, MONDAY_8AM), now) is asks
    assert should_ask(None, now)
