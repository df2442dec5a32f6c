"""A process without a key that another already seals with: what it cannot open waits, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from sqlalchemy import func, select, text, update
from structlog.testing import capture_logs

from care import field_keys, lacking
from care.db import Database
from care.key_ring import KeyRing, id_of
from care.models import AttentionItem, Client, Message, OptOut, Rating, Reminder, ReminderKind
from care.resealing import reseal
from care.settings import SmtpSettings
from reminders.dispatch import Dispatcher
from reminders.gateway import ProviderMessage, Unsure
from reminders.letters import Letter
from reminders.mail_rows import ACCESS, owe_mail
from reminders.mailing import Mailer
from reminders.revoking import look_again
from scheduler.engine import Engine
from scheduler.leases import last_turn
from tests.care.measuring import rate
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    MONDAY_NOON,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_user,
    make_visit,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, DAY, HOUR, MINUTE, PUBLIC_URL, Life, begin
from tests.sealing import NEW, OLD, opened_with
from tests.smtp_stand_in import SmtpStandIn


@dataclass
class Two:
    """One database and two processes: `old` was not restarted since the new key came, `new` was.

    Two clients with a pain question at ten: what `new` wrote of `hers` only `new` can open.
    """

    old: Life
    new: Life
    his: Client
    hers: Client

    def who_was_texted(self, gateway: CountingGateway) -> list[str]:
        return sorted(one.to for one in gateway.sent)


@contextmanager
def started(database: Database) -> Iterator[Two]:
    with opened_with(database, OLD) as before, opened_with(database, NEW, OLD) as after:
        old = begin(before)
        with before.sessions.begin() as session:
            hers = make_client(session, old.practice)
            for client in (old.client, hers):
                make_follow_up(session, client)
        new = replace(old, database=after)
        with after.sessions.begin() as session:
            field_keys.check(session, KeyRing((NEW, OLD)))
        yield Two(old, new, old.client, hers)


def write_hers_anew(two: Two) -> None:
    """Where the new key is known somebody types her phone once more."""
    with two.new.database.sessions.begin() as session:
        session.execute(update(Client).where(Client.id == two.hers.id).values(phone=two.hers.phone))


@pytest.fixture
def two(any_database: Database) -> Iterator[Two]:
    with started(any_database) as two:
        yield two


@pytest.fixture
def two_on_sqlite(sqlite: Database) -> Iterator[Two]:
    with started(sqlite) as two:
        yield two


TEN = MONDAY_9AM + HOUR


def items(life: Life) -> int:
    with life.database.sessions() as session:
        return session.scalar(select(func.count()).select_from(AttentionItem)) or 0


def test_the_text_it_cannot_open_waits_and_all_others_go(two: Two) -> None:
    two.old.plan(MONDAY_8AM)
    write_hers_anew(two)
    gateway = CountingGateway()

    with capture_logs() as logs:
        done = [two.old.drain(gateway, TEN), two.old.drain(gateway, TEN + MINUTE)]

    assert two.who_was_texted(gateway) == [two.his.phone]
    assert [(one.sent, one.unsent) for one in done] == [(1, 0), (0, 0)]
    waiting = [one for one in two.new.reminders() if one.client_id == two.hers.id and one.due_at == TEN]
    assert [(one.status.value, one.attempts, one.reason) for one in waiting] == [("planned", 0, None)]
    assert items(two.new) == 0
    said = [one for one in logs if one["event"] == "field_key_missing"]
    assert [one["keys"] for one in said] == [[id_of(NEW)]] * 2
    assert two.new.drain(gateway, TEN + 2 * MINUTE).sent == 1
    assert two.who_was_texted(gateway) == sorted([two.his.phone or "", two.hers.phone or ""])
    assert two.old.drain(gateway, TEN + 3 * MINUTE).sent == 0


def test_words_somebody_typed_wait_for_their_key_too(two_on_sqlite: Two) -> None:
    two, gateway = two_on_sqlite, CountingGateway()
    two.new.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you at ten.")
    two.old.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="Bring shoes.", dedupe_key="other")

    two.old.drain(gateway, MONDAY_9AM)
    assert ["shoes" in one for one in gateway.bodies] == [True]

    two.new.drain(gateway, MONDAY_9AM + 2 * DAY)
    assert len(gateway.sent) == 1
    assert ("skipped", "stale") in two.new.states()


def test_after_a_rotation_it_did_not_notice_nothing_goes_until_it_has_the_key(two: Two) -> None:
    two.old.plan(MONDAY_8AM)
    write_hers_anew(two)
    assert reseal(two.new.database).left == 0
    gateway = CountingGateway()

    assert two.old.drain(gateway, TEN).claimed == 0
    assert two.new.drain(gateway, TEN + MINUTE).sent == 2
    assert two.old.drain(gateway, TEN + 2 * MINUTE).claimed == 0
    assert items(two.new) == 0


def test_a_value_that_no_key_opens_lets_the_others_go_first(two_on_sqlite: Two) -> None:
    two, gateway = two_on_sqlite, CountingGateway()
    two.old.plan(MONDAY_8AM)
    with two.old.database.sessions.begin() as session:
        broken = f"~sealed~{id_of(OLD)}~Z2FyYmFnZQ=="
        session.execute(
            text("UPDATE client SET phone = :broken WHERE id = :id"), {"broken": broken, "id": two.his.id}
        )

    two.old.drain(gateway, TEN)
    two.old.drain(gateway, TEN + 1 * MINUTE)

    assert two.who_was_texted(gateway) == [two.hers.phone]
    with two.old.database.sessions() as session:
        wanted = select(Reminder.status, Reminder.reason).where(
            Reminder.client_id == two.his.id, Reminder.due_at == TEN
        )
        assert session.execute(wanted).all() == [("planned", "key_missing")]


def test_planning_leaves_for_later_what_it_cannot_open(two: Two) -> None:
    write_hers_anew(two)
    with two.new.database.sessions.begin() as session:
        his = session.get_one(Client, two.his.id)
        visit = make_visit(session, his, note="Stairs.", starts_at=TEN + DAY)
        make_follow_up(session, his, visit_id=visit.id, body="Bring shoes.")
        for client in (his, session.get_one(Client, two.hers.id)):
            make_assignment(session, client, make_exercise(session, two.new.practice))

    def planned() -> dict[int, int]:
        with two.new.database.sessions() as session:
            rows = session.execute(select(Reminder.client_id, func.count()).group_by(Reminder.client_id))
            return {client_id: count for client_id, count in rows if client_id is not None}

    engines = [engine_of(life, lambda: MONDAY_8AM) for life in (two.old, two.new)]
    engines[0].plan()
    by_the_old = planned()
    engines[1].plan()
    by_both = planned()
    for engine in engines:
        engine.stop()

    assert set(by_the_old) == {two.his.id}
    assert by_both[two.his.id] >= by_the_old[two.his.id]
    assert by_both[two.hers.id] > 2


def engine_of(life: Life, clock: Callable[[], datetime]) -> Engine:
    sessions = life.database.sessions
    return Engine(sessions, Dispatcher(sessions, CountingGateway(), BOOK, PUBLIC_URL), clock)


def test_a_doubt_it_cannot_open_keeps_no_other_unsettled(two: Two) -> None:
    two.old.plan(MONDAY_8AM)
    two.old.drain(CountingGateway([Unsure("no answer")] * 2), TEN)
    with two.new.database.sessions.begin() as session:
        message = session.scalars(select(Message).where(Message.client_id == two.hers.id)).one()
        message.body += " "
    gateway = CountingGateway()

    looks = [two.old.settle(gateway, TEN + minutes * MINUTE) for minutes in (2, 6)]
    assert [one.absent for one in looks] == [0, 1]

    looks = [two.new.settle(gateway, TEN + minutes * MINUTE) for minutes in (8, 12)]
    assert [one.absent for one in looks] == [0, 1]


def test_a_stop_it_cannot_take_in_is_fetched_again_by_whoever_can_and_keeps_back_no_answer(two: Two) -> None:
    write_hers_anew(two)
    gateway = CountingGateway()
    two.old.catch_up(gateway, MONDAY_9AM)
    gateway.received = [wrote(two.hers, "STOP", "SM-1"), wrote(two.his, "pain 4", "SM-2")]

    taken = [life.catch_up(gateway, TEN) for life in (two.old, two.new, two.old)]

    assert taken == [1, 1, 0]
    with two.new.database.sessions() as session:
        assert session.scalars(select(Rating.client_id)).all() == [two.his.id]
        assert session.scalars(select(OptOut.phone_hash)).all() == [two.hers.phone_hash]


def wrote(client: Client, body: str, sid: str) -> ProviderMessage:
    phone, at = client.phone or "", MONDAY_9AM + MINUTE
    return ProviderMessage(sid, "inbound", phone, "+12025550100", body, "received", None, at)


def test_who_may_have_been_stopped_meanwhile_and_cannot_be_read_is_not_texted(two_on_sqlite: Two) -> None:
    two = two_on_sqlite
    write_hers_anew(two)
    with two.new.database.sessions.begin() as session:
        session.get_one(Client, two.hers.id).paused_from = MONDAY
    letters = []
    for client in (two.his, two.hers):
        reminder = Reminder(kind=ReminderKind.PAIN_QUESTION, client_id=client.id, to_phone=None)
        letters.append(
            Letter([reminder], client.phone or "", "words", MONDAY_NOON, client, None, False, False)
        )

    with two.old.database.reading() as session:
        present = look_again(session, letters)

    assert [present.stops(one, TEN) for one in letters] == [False, True]


def test_the_engine_says_every_minute_which_key_it_lacks(two: Two) -> None:
    engine, complete = (engine_of(life, lambda: TEN) for life in (two.old, two.new))

    with capture_logs() as logs:
        engine.watch_keys()
        complete.watch_keys()

    assert [(one["event"], one["keys"]) for one in logs] == [("field_key_missing", [id_of(NEW)])]
    with two.new.database.reading() as session:
        said = lacking.last_known(session, TEN + 2 * MINUTE)
        assert said is not None
        assert said.ids == (id_of(NEW),)
        assert lacking.last_known(session, TEN + 3 * MINUTE) is None
    with two.new.database.sessions.begin() as session:
        lacking.forget(session)
        assert lacking.last_known(session, TEN) is None
    engine.stop()
    complete.stop()


def test_work_that_meets_a_key_it_lacks_is_said_once_a_minute_and_is_no_fault(two_on_sqlite: Two) -> None:
    two = two_on_sqlite
    write_hers_anew(two)
    engine = engine_of(two.old, lambda: TEN)

    def break_off() -> None:
        with two.old.database.sessions() as session:
            session.scalars(select(Client)).all()

    with capture_logs() as logs:
        for _ in range(3):
            engine._guarded("look", break_off)()
        engine.watch_keys()
        engine._guarded("look", break_off)()
    engine.stop()

    said = [(one["event"], one.get("job")) for one in logs if one["event"] != "engine_stopped"]
    known = ("field_key_missing", "look")
    assert said == [known, ("field_key_missing", None), known]


def test_a_mail_it_cannot_open_waits_and_all_others_go(two: Two) -> None:
    for life, name in ((two.old, "Sam"), (two.new, "Kim")):
        with life.database.sessions.begin() as session:
            user = make_user(session, two.old.practice, name=name, email=f"{name.lower()}@clinic.example")
            key = f"{ACCESS}{user.id}"
            owe_mail(session, user, "A link", "words", dedupe_key=key, now=MONDAY_8AM, due_at=MONDAY_8AM)

    with SmtpStandIn() as server:
        smtp = SmtpSettings("127.0.0.1", server.port, "none", "care@clinic.example")
        for life in (two.old, two.new):
            Mailer(life.database.sessions, smtp).drain(lambda: MONDAY_9AM)

    assert [one["To"] for one in server.mails] == ["sam@clinic.example", "kim@clinic.example"]


def test_who_rated_is_looked_at_by_whoever_can_read_them(two: Two) -> None:
    with two.old.database.sessions.begin() as session:
        for client in (two.his, two.hers):
            rate(session, client, 3, at=MONDAY_9AM)
    write_hers_anew(two)

    turns = []
    for life in (two.old, two.new):
        life.sweep(TEN)
        with life.database.sessions() as session:
            turns.append(last_turn(session, "signals"))

    assert turns == [None, TEN]
