"""What happens between the claim of a batch and its last text: STOP, sleep, broken rows, broken records."""

import asyncio
from datetime import timedelta
from time import time

import pytest
from sqlalchemy import select

from care.consent import withdraw_texting_consent
from care.episodes import discharge
from care.erasing import erase_client
from care.models import (
    AttentionItem,
    Client,
    ConsentAction,
    ConsentSource,
    NumberState,
    OptOut,
    Practice,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Role,
    Sender,
    SenderKind,
)
from care.pausing import pause_texts
from reminders import dispatch, revoking
from reminders.gateway import Outcome, Outgoing, Postponed
from reminders.inbox import InboundText, receive
from reminders.letters import Letter
from reminders.texting_facts import recipient_of
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_consent,
    make_exercise,
    make_practice,
    make_user,
)
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import BOOK, DAY, HOUR, begin, dispatching

MINUTE = timedelta(minutes=1)
PATIENCE_SECONDS = 30


class Waiting(CountingGateway):
    """Its first text stays on the wire until whoever sends has looked for what came meanwhile."""

    def __init__(self, meanwhile, looked) -> None:
        super().__init__()
        self._meanwhile, self._looked = meanwhile, looked

    async def send(self, outgoing: Outgoing) -> Outcome:
        answer = await super().send(outgoing)
        if len(self.sent) == 1:
            self._meanwhile()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not self._looked:
                    await asyncio.sleep(0.005)
        return answer


@pytest.fixture
def looked(monkeypatch) -> list[bool]:
    """Fills once somebody has looked, which they do all the time here."""
    seen: list[bool] = []

    def look(session, letters):
        found = revoking.look_again(session, letters)
        at = MONDAY_9AM + MINUTE
        seen.append(any(found.stops(letter, at) for letter in letters))
        return found if any(seen) else None

    monkeypatch.setattr(dispatch, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(dispatch, "look_again", look)
    return _Truthy(seen)


class _Truthy(list):
    """True once any look found something."""

    def __init__(self, seen: list[bool]) -> None:
        super().__init__()
        self._seen = seen

    def __bool__(self) -> bool:
        return any(self._seen)


def two_clients_with_exercises(life) -> list[str]:
    """The second of them, planned for nine o'clock with the life's own client first in line."""
    with life.database.sessions.begin() as session:
        session.add(
            Sender(practice_id=life.practice.id, kind=SenderKind.NUMBER, address="+12025550100", troubles=0)
        )
        other = make_client(session, life.practice)
        for client in (session.get_one(Client, life.client.id), other):
            make_assignment(session, client, make_exercise(session, life.practice))
        phones = [life.client.phone, other.phone]
    life.plan(MONDAY_8AM)
    return phones


@pytest.mark.parametrize("words", ["STOP", "I have chest pain"])
def test_what_a_client_says_while_their_text_waits_in_a_claimed_batch_is_heard(any_database, looked, words):
    life = begin(any_database)
    phones = two_clients_with_exercises(life)
    last = phones[1]

    def meanwhile() -> None:
        inbound = InboundText("SM" + "1" * 32, last, "+12025550100", None, words, 0, None)
        receive(any_database.sessions, BOOK, inbound, MONDAY_9AM)

    gateway = Waiting(meanwhile, looked)
    with dispatching(any_database, gateway) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)

    to_last = [one.body for one in gateway.sent if one.to == last]
    assert not [body for body in to_last if "stretches" in body]
    assert gateway.sent[0].to == phones[0]


def by_a_clock_behind(session, client) -> None:
    session.add(OptOut(phone_hash=str(client.phone_hash), at=MONDAY_9AM - HOUR, source="text"))


def another_phone(_session, client) -> None:
    """They agree to texts on it as well: the one on its way is not for it."""
    client.phone, client.phone_hash = "+12025550777", BOOK.hash("+12025550777")


def erase(session, client) -> None:
    admin = make_user(session, session.get_one(Practice, client.practice_id), role=Role.ADMIN)
    erase_client(session, client, "asked", admin, MONDAY_9AM)


def stop_the_practice(session, client) -> None:
    session.get_one(Practice, client.practice_id).is_texting_paused = True


@pytest.mark.parametrize(
    "change",
    [
        by_a_clock_behind,
        stop_the_practice,
        lambda s, c: discharge(s, c, "goals_met", MONDAY, MONDAY_9AM),
        lambda s, c: pause_texts(s, c, MONDAY, None, MONDAY_9AM),
        lambda s, c: withdraw_texting_consent(s, c, "No more.", ConsentSource.IN_PERSON, MONDAY_9AM),
        lambda _s, c: setattr(c, "number_state", NumberState.WRONG),
        another_phone,
        erase,
    ],
    ids=[
        "stop by a clock behind",
        "practice",
        "discharge",
        "pause",
        "consent",
        "wrong number",
        "phone",
        "erased",
    ],
)
def test_what_is_changed_while_a_text_waits_in_a_claimed_batch_counts(any_database, looked, change):
    life = begin(any_database)
    phones = two_clients_with_exercises(life)

    def meanwhile() -> None:
        theirs = select(Client).where(Client.phone_hash == BOOK.hash(phones[1]))
        with any_database.sessions.begin() as session:
            change(session, session.scalars(theirs).one())

    gateway = Waiting(meanwhile, looked)
    with dispatching(any_database, gateway) as dispatcher:
        dispatcher.drain(lambda: MONDAY_9AM)

    assert looked
    assert [one.to for one in gateway.sent] == phones[:1]
    assert life.states()[0] == (ReminderStatus.SENT, None)


def test_a_machine_that_slept_sends_nothing_of_what_it_had_claimed_before(sqlite, monkeypatch):
    life = begin(sqlite)
    two_clients_with_exercises(life)
    slept = [0.0]
    monkeypatch.setattr(revoking, "time", lambda: time() + slept[0])

    def falls_asleep(_outgoing: Outgoing) -> None:
        slept[0] = 14 * 3600.0

    gateway = CountingGateway(while_sending=falls_asleep)
    with dispatching(sqlite, gateway) as dispatcher:
        dispatcher.drain_batch(dispatch.Timeline(MONDAY_9AM))

    assert len(gateway.sent) == 1
    with sqlite.sessions() as session:
        states = session.scalars(select(Reminder.status).order_by(Reminder.status)).all()
    assert ReminderStatus.SENDING not in states


def test_a_text_that_breaks_its_whole_batch_stops_nobody_else_and_goes_before_a_person(
    any_database, monkeypatch
):
    life = begin(any_database)
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="broken", dedupe_key="broken")
    with any_database.sessions.begin() as session:
        other = make_practice(session)
        client = make_client(session, other)
        session.flush()
        other_id, client_id = other.id, client.id
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="fine", dedupe_key="fine")
    prepare = dispatch.prepare

    def breaks(session, claimed, *rest, **more):
        if any(one.dedupe_key == "broken" for one in claimed):
            raise ValueError("nobody can read this row")
        return prepare(session, claimed, *rest, **more)

    monkeypatch.setattr(dispatch, "prepare", breaks)
    gateway = CountingGateway()
    life.drain(gateway, MONDAY_9AM)

    assert [body.rpartition(": ")[2] for body in gateway.bodies] == ["fine"]
    with any_database.sessions() as session:
        broken = session.scalars(select(Reminder).where(Reminder.dedupe_key == "broken")).one()
        assert (broken.status, broken.reason) == (ReminderStatus.FAILED, "could_not_be_worded")
        assert session.scalars(select(AttentionItem.reminder_id)).one() == broken.id
    assert (other_id, client_id) != (0, 0)


def test_an_outcome_nobody_can_write_down_takes_no_other_along(sqlite, monkeypatch):
    life = begin(sqlite)
    for words in ("one", "poison", "three"):
        life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body=words, dedupe_key=words)
    record = dispatch.record

    def breaks(session, results, now):
        if any("poison" in letter.body for letter, _ in results):
            raise ValueError("cannot be written")
        record(session, results, now)

    monkeypatch.setattr(dispatch, "record", breaks)
    life.drain(CountingGateway(), MONDAY_9AM)

    with sqlite.sessions() as session:
        states = dict(session.execute(select(Reminder.dedupe_key, Reminder.status)).all())
    assert states == {
        "one": ReminderStatus.SENT,
        "poison": ReminderStatus.SENDING,
        "three": ReminderStatus.SENT,
    }


def test_a_wait_of_a_million_years_is_an_hour(sqlite):
    life = begin(sqlite)
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="hello")
    asks = Postponed("busy", retry_after_seconds=1e15, holds_sender=True)

    life.drain(CountingGateway([asks]), MONDAY_9AM)

    with sqlite.sessions() as session:
        reminder = session.scalars(select(Reminder)).one()
        assert reminder.status is ReminderStatus.PLANNED
        assert reminder.send_at <= MONDAY_9AM + timedelta(hours=1)


def test_a_wait_counts_from_the_providers_answer(sqlite, monkeypatch):
    life = begin(sqlite)
    two_clients_with_exercises(life)
    passed = [0.0]
    monkeypatch.setattr(revoking, "time", lambda: time() + passed[0])

    def takes_two_minutes(_outgoing: Outgoing) -> None:
        passed[0] = 120.0

    asks = Postponed("busy", retry_after_seconds=60, holds_sender=True)
    gateway = CountingGateway([asks], while_sending=takes_two_minutes)
    with dispatching(sqlite, gateway) as dispatcher:
        dispatcher.drain_batch(dispatch.Timeline(MONDAY_9AM))

    with sqlite.sessions() as session:
        assert session.scalars(select(Sender.held_until)).one() >= MONDAY_9AM + 3 * MINUTE


def test_how_to_stop_is_told_again_when_the_text_that_told_it_never_left(sqlite):
    life = begin(sqlite, stop_told_at=None)
    life.owe(ReminderKind.NUDGE, "nudge", MONDAY_9AM)
    gateway = CountingGateway([Postponed("no connection")])

    life.drain(gateway, MONDAY_9AM)
    life.drain(gateway, MONDAY_9AM + MINUTE)

    assert ["STOP" in body for body in gateway.bodies] == [True, True]


def test_an_old_hold_pause_or_withdrawal_keeps_back_nothing_else(sqlite):
    life = begin(sqlite, texts_held_at=MONDAY_8AM, paused_from=MONDAY - DAY, paused_until=MONDAY - DAY)
    life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you on Friday.")
    [reminder] = life.reminders()
    with sqlite.sessions.begin() as session:
        client = session.get_one(Client, life.client.id)
        make_consent(session, client, action=ConsentAction.WITHDRAWN)
        make_consent(session, client, at=MONDAY_9AM)
        letter = Letter([reminder], str(client.phone), "", reminder.expires_at, recipient_of(client), None)

        present = revoking.look_again(session, [letter])

    assert life.client.id in present.facts
    assert not present.stops(letter, MONDAY_9AM)
