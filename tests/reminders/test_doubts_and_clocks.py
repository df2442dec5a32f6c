"""A text in doubt while the machine's clock is wrong, or is set: never sent twice for that."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from care.db import Database
from care.models import AttentionItem, AttentionKind, ReminderKind
from tests.making import MONDAY_9AM
from tests.reminders.fickle import Clock, FickleProvider, sender
from tests.reminders.living import HOUR, MINUTE, Life, begin

LAST = 16


def owe(life: Life, clock: Clock) -> None:
    life.owe(ReminderKind.MESSAGE, "message", clock.ours, body="See you on Friday.")


def tick(life: Life, provider: FickleProvider) -> None:
    with sender(life.database, provider) as dispatcher:
        dispatcher.drain(lambda: provider.clock.ours)
        dispatcher.inquirer.settle(provider.clock.ours)


@pytest.mark.parametrize("mood", ["lost_before", "lost_after"])
@pytest.mark.parametrize("hours", [-6, -2, 0, 2, 6])
@pytest.mark.parametrize("set_right_after", [1, 3, 100])
def test_a_clock_that_was_wrong_when_the_answer_was_lost_sends_nothing_twice(
    database: Database, mood: str, hours: int, set_right_after: int
) -> None:
    """It is adopted, given back, or put before a person; what it is not is sent again."""
    life, clock = begin(database), Clock(MONDAY_9AM + 3 * HOUR)
    provider = FickleProvider(clock, moods=[mood])
    clock.off = hours * HOUR
    owe(life, clock)

    for minute in range(LAST):
        if minute == set_right_after:
            clock.off = timedelta(0)
        tick(life, provider)
        clock.true += MINUTE

    assert len(provider.taken) <= 1
    assert len(provider.taken) == 1 or life.states()[0][0] in ("unsure", "planned")


@pytest.mark.parametrize("at_minute", [1, 3, 4])
def test_two_looks_with_the_clock_set_between_are_not_minutes_apart(
    database: Database, at_minute: int
) -> None:
    life, clock = begin(database), Clock(MONDAY_9AM)
    provider = FickleProvider(clock, moods=["lost_after"], lags_by=5 * MINUTE)
    owe(life, clock)

    for minute in range(LAST):
        if minute == at_minute:
            clock.off = 2 * HOUR
        tick(life, provider)
        clock.true += MINUTE

    assert len(provider.taken) == 1


def test_a_doubt_is_looked_at_though_the_clock_was_set_back(database: Database) -> None:
    life, clock = begin(database), Clock(MONDAY_9AM)
    provider = FickleProvider(clock, moods=["lost_before"])
    clock.off = 2 * HOUR
    owe(life, clock)
    for minute in range(LAST):
        if minute == 2:
            clock.off = timedelta(0)
        tick(life, provider)
        clock.true += MINUTE

    assert len(provider.taken) <= 1


@pytest.mark.parametrize("dies", [None, "before"])
def test_what_was_claimed_by_a_clock_far_ahead_is_put_before_a_person(
    database: Database, dies: str | None
) -> None:
    life, clock = begin(database), Clock(MONDAY_9AM)
    provider = FickleProvider(clock, moods=["lost_before"])
    clock.off = 6 * HOUR
    owe(life, clock)
    with sender(database, provider, dies=dies) as dispatcher:
        dispatcher.drain(lambda: clock.ours)

    clock.off = timedelta(0)
    for _ in range(LAST):
        tick(life, provider)
        clock.true += MINUTE

    assert [status for status, _ in life.states()] == ["unsure"]
    with database.sessions() as session:
        assert [one.kind for one in session.scalars(select(AttentionItem))] == [AttentionKind.UNSURE_TEXT]
