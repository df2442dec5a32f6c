"""How fast a sender goes, who goes first, and how still it is while the provider takes nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from care.db import Database
from care.models import Message, Practice, Reminder, ReminderKind, ReminderStatus, Sender, SenderKind
from reminders.dispatch import BATCH, Dispatcher
from reminders.gateway import Accepted, Outcome, Outgoing, Postponed, Unsure
from reminders.outbox import owe
from reminders.pacing import (
    AHEAD,
    JITTER,
    LONGEST_PAUSE,
    UNPACED,
    Pace,
    pace_of,
    pause_after,
)
from tests.making import MONDAY_9AM, make_client, make_practice
from tests.reminders.gateways import CountingGateway, sid_of
from tests.reminders.living import BOOK, HOUR, MINUTE, PUBLIC_URL

SECOND = timedelta(seconds=1)
ONE_A_SECOND = Pace(number=1.0, service=10.0)
UNREACHABLE = Postponed("no connection")


class Hours(CountingGateway):
    """A provider that is away from one moment to another, and a clock that the test moves."""

    def __init__(self, now: datetime = MONDAY_9AM) -> None:
        super().__init__()
        self.now = now
        self.away: tuple[datetime, datetime, Outcome] | None = None
        self.attempts: list[datetime] = []
        self.taken: list[tuple[datetime, str]] = []

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.attempts.append(self.now)
        if self.away is not None and self.away[0] <= self.now < self.away[1]:
            return self.away[2]
        self.taken.append((self.now, outgoing.to))
        return Accepted(sid_of(outgoing), "queued")


def open_practice(database: Database, texts: int, *, kind: SenderKind = SenderKind.NUMBER) -> Practice:
    """A practice with a sender, and so many texts that are due at nine, each to a client of its own."""
    with database.sessions.begin() as session:
        practice = make_practice(session)
        address = f"+1202556{practice.id:04d}"
        session.add(Sender(practice_id=practice.id, kind=kind, address=address))
        for number in range(texts):
            client = make_client(session, practice)
            key = f"nudge:{number}"
            owe(
                session,
                practice.id,
                ReminderKind.NUDGE,
                "nudge",
                MONDAY_9AM,
                dedupe_key=key,
                client=client,
            )
    return practice


def owe_one(database: Database, practice: Practice, kind: ReminderKind, key: str, now: datetime) -> str:
    with database.sessions.begin() as session:
        client = make_client(session, practice, phone=f"+1202557{len(key):04d}")
        owe(session, practice.id, kind, key, now, dedupe_key=key, client=client)
        assert client.phone is not None
        return client.phone


@contextmanager
def sending(database: Database, gateway: Hours, pace: Pace = UNPACED) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL, pace)
    try:
        yield dispatcher
    finally:
        dispatcher.close()


def live(dispatcher: Dispatcher, gateway: Hours, length: timedelta, step: timedelta) -> None:
    until = gateway.now + length
    while gateway.now < until:
        dispatcher.drain(lambda: gateway.now)
        gateway.now += step


def most_within(moments: list[datetime], window: timedelta) -> int:
    return max(sum(start <= one < start + window for one in moments) for start in set(moments))


def reminders(database: Database) -> list[Reminder]:
    with database.reading() as session:
        return list(session.scalars(select(Reminder)))


def test_the_rate_asked_for_is_the_rate_and_none_is_the_kind_of_senders_own() -> None:
    assert pace_of(None, is_simulated=False) == Pace(number=1.0, service=10.0)
    assert pace_of(None, is_simulated=True) == UNPACED
    assert pace_of(0.0, is_simulated=False) == UNPACED
    assert pace_of(2.5, is_simulated=True) == Pace(2.5, 2.5)


def test_a_number_keeps_its_pace_in_every_window_and_uses_all_of_it(database: Database) -> None:
    open_practice(database, 420)
    gateway = Hours()

    with sending(database, gateway, ONE_A_SECOND) as dispatcher:
        live(dispatcher, gateway, 6 * MINUTE, 5 * SECOND)

    moments = [at for at, _ in gateway.taken]
    assert len(moments) >= 360 - 5
    for window in (SECOND, 10 * SECOND, MINUTE, 5 * MINUTE):
        assert most_within(moments, window) <= (window + AHEAD).total_seconds()
    assert {one.attempts for one in reminders(database) if one.status is ReminderStatus.PLANNED} == {0}


def test_a_long_text_counts_as_many_times_as_it_has_segments(database: Database) -> None:
    practice = open_practice(database, 0)
    gateway = Hours()
    with database.sessions.begin() as session:
        for number in range(20):
            client = make_client(session, practice)
            owe(
                session,
                practice.id,
                ReminderKind.MESSAGE,
                "message",
                MONDAY_9AM,
                dedupe_key=f"{number}",
                client=client,
                body="д" * 200,
            )

    with sending(database, gateway, ONE_A_SECOND) as dispatcher:
        live(dispatcher, gateway, 30 * SECOND, 2 * SECOND)

    segments = [message.segments for message in _messages(database)]
    assert min(segments) >= 4
    assert 30 <= sum(segments) <= 30 + AHEAD.total_seconds()


def test_two_dispatchers_and_a_restart_keep_one_pace(any_database: Database) -> None:
    open_practice(any_database, 120)
    gateway = Hours()

    for _ in range(6):
        with (
            sending(any_database, gateway, ONE_A_SECOND) as one,
            sending(any_database, gateway, ONE_A_SECOND) as other,
        ):
            for _ in range(3):
                _at_once(one, other, gateway.now)
                gateway.now += 2 * SECOND

    elapsed = (gateway.now - MONDAY_9AM).total_seconds()
    assert elapsed - 4 <= len(gateway.taken) <= elapsed + AHEAD.total_seconds()
    assert len({phone for _, phone in gateway.taken}) == len(gateway.taken)


def test_a_clock_set_back_does_not_keep_a_sender_waiting(database: Database) -> None:
    open_practice(database, 20)
    gateway = Hours()
    with database.sessions.begin() as session:
        sender = session.scalars(select(Sender)).one()
        sender.free_at = MONDAY_9AM + 2 * HOUR
        sender.held_until = MONDAY_9AM + 2 * HOUR

    with sending(database, gateway, ONE_A_SECOND) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)

    assert len(gateway.taken) == 6


def test_a_safety_text_finds_room_while_reminders_use_all_there_is(any_database: Database) -> None:
    practice = open_practice(any_database, 200)
    gateway = Hours()

    with sending(any_database, gateway, ONE_A_SECOND) as dispatcher:
        live(dispatcher, gateway, 10 * SECOND, 2 * SECOND)
        phone = owe_one(any_database, practice, ReminderKind.SAFETY, "same_day", gateway.now)
        dispatcher.drain(lambda: gateway.now)

    assert (gateway.now, phone) in gateway.taken


@pytest.mark.parametrize("many", [BATCH + 100, pytest.param(2_000, marks=pytest.mark.audit)])
def test_ten_texts_of_one_practice_do_not_wait_for_all_of_another(any_database: Database, many: int) -> None:
    big = open_practice(any_database, many)
    open_practice(any_database, 10)
    gateway = Hours()

    with sending(any_database, gateway) as dispatcher:
        dispatcher.drain_round(MONDAY_9AM)

    with any_database.reading() as session:
        waiting = select(Reminder.practice_id).where(Reminder.status == ReminderStatus.PLANNED)
        assert set(session.scalars(waiting)) == {big.id}


@pytest.mark.parametrize("failure", [UNREACHABLE, Unsure("HTTP 503"), Postponed("busy", 20429, 1.0, True)])
def test_while_the_provider_is_away_one_text_tries_each_half_minute(
    any_database: Database, failure: Outcome
) -> None:
    open_practice(any_database, 60)
    gateway = Hours()
    returns = MONDAY_9AM + 20 * MINUTE
    gateway.away = (MONDAY_9AM, returns, failure)

    with sending(any_database, gateway) as dispatcher:
        live(dispatcher, gateway, 20 * MINUTE, 10 * SECOND)
        tried = list(gateway.attempts)
        live(dispatcher, gateway, LONGEST_PAUSE * (1 + JITTER) + 10 * SECOND, 10 * SECOND)

    assert tried[0] == MONDAY_9AM
    assert all(later - one >= 30 * SECOND for one, later in pairwise(tried))
    assert len(tried) >= 20 / 2.6
    rows = reminders(any_database)
    lost = len(tried) if isinstance(failure, Unsure) else 0
    assert sum(one.status is ReminderStatus.SENT for one in rows) == 60 - lost
    assert {one.attempts for one in rows if one.status is ReminderStatus.SENT} == {1}


def test_after_two_hours_away_what_is_still_of_use_goes_and_the_rest_says_why(database: Database) -> None:
    practice = open_practice(database, 30)
    gateway = Hours()
    gateway.away = (MONDAY_9AM, MONDAY_9AM + 2 * HOUR, UNREACHABLE)
    with database.sessions.begin() as session:
        for number, one in enumerate(session.scalars(select(Reminder).order_by(Reminder.id))):
            one.expires_at = MONDAY_9AM + (HOUR if number % 3 == 0 else 5 * HOUR)

    with sending(database, gateway, ONE_A_SECOND) as dispatcher:
        live(dispatcher, gateway, 2 * HOUR, 30 * SECOND)
        assert gateway.taken == []
        live(dispatcher, gateway, 10 * MINUTE, 5 * SECOND)

    rows = reminders(database)
    assert {one.practice_id for one in rows} == {practice.id}
    assert [one.reason for one in rows if one.status is ReminderStatus.SKIPPED] == ["stale"] * 10
    assert sum(one.status is ReminderStatus.SENT for one in rows) == 20
    assert len(gateway.attempts) <= 2 * 60 * 2 + 20


def test_one_text_without_an_answer_among_many_holds_nobody(database: Database) -> None:
    open_practice(database, 40)
    gateway = CountingGateway([Accepted(f"SM{n}", "queued", 1) for n in range(9)] + [Unsure("reset")])
    dispatcher = Dispatcher(database.sessions, gateway, BOOK, PUBLIC_URL)

    done = dispatcher.drain(lambda: MONDAY_9AM)
    dispatcher.close()

    assert (done.sent, done.unsure) == (39, 1)


def test_a_sender_waits_twice_as_long_each_time_but_never_ten_minutes() -> None:
    shortest = [min(pause_after(troubles) for _ in range(200)) for troubles in (1, 2, 3, 20)]
    longest = max(pause_after(troubles) for troubles in range(1, 40))

    assert [round(one.total_seconds() / 30) for one in shortest] == [1, 2, 4, 4]
    assert longest <= LONGEST_PAUSE * (1 + JITTER)


def test_what_a_provider_asks_for_counts_when_it_is_longer(database: Database) -> None:
    open_practice(database, 1)
    gateway = Hours()
    gateway.away = (MONDAY_9AM, MONDAY_9AM + SECOND, Postponed("busy", 20429, 600.0, True))

    with sending(database, gateway) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)

    with database.reading() as session:
        sender = session.scalars(select(Sender)).one()
        assert (sender.held_until, sender.troubles) == (MONDAY_9AM + 10 * MINUTE, 1)
    assert {one.attempts for one in reminders(database)} == {0}


def test_two_workers_never_split_what_is_one_text(any_database: Database) -> None:
    practice = open_practice(any_database, 0)
    gateways = [CountingGateway(), CountingGateway()]
    with any_database.sessions.begin() as session:
        for number in range(150):
            client = make_client(session, practice)
            for place in range(2):
                owe(
                    session,
                    practice.id,
                    ReminderKind.MESSAGE,
                    "pain_now",
                    MONDAY_9AM,
                    dedupe_key=f"{number}:{place}",
                    client=client,
                )
        for one in session.scalars(select(Reminder)):
            one.kind = ReminderKind.PAIN_QUESTION

    dispatchers = [Dispatcher(any_database.sessions, one, BOOK, PUBLIC_URL) for one in gateways]
    _at_once(*dispatchers, MONDAY_9AM)
    for dispatcher in dispatchers:
        dispatcher.close()

    phones = [out.to for gateway in gateways for out in gateway.sent]
    assert len(phones) == len(set(phones)) == 150


def _at_once(one: Dispatcher, other: Dispatcher, now: datetime) -> None:
    together = threading.Barrier(2)

    def run(dispatcher: Dispatcher) -> None:
        together.wait()
        dispatcher.drain(lambda: now)

    threads = [threading.Thread(target=run, args=[dispatcher]) for dispatcher in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _messages(database: Database) -> list[Message]:
    with database.reading() as session:
        return list(session.scalars(select(Message)))
