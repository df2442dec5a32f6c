"""The consent ledger of a phone, through the webhook: STOP in any form, START, HELP, and what follows."""

import pytest
from sqlalchemy import select

from care.consent import is_opted_out
from care.db import Database
from care.models import (
    AttentionStatus,
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentSource,
    ReminderKind,
    ReminderStatus,
)
from care.timeline import timeline
from reminders.gateway import Refused
from reminders.outbox import owe
from tests.making import make_client, make_practice
from tests.reminders.gateways import CountingGateway
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import PROVIDER, Line, open_line

STOPPED = "Riverside: you will get no more texts. Reply START to join again."


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def maria(line: Line) -> Client:
    return line.add()


def ledger(line: Line, client: Client) -> list[tuple[ConsentAction, ConsentSource, str]]:
    with line.looking() as session:
        events = session.scalars(
            select(ConsentEvent).where(ConsentEvent.client_id == client.id).order_by(ConsentEvent.id)
        )
        return [(one.action, one.source, one.wording) for one in events]


def has_stopped(line: Line, client: Client) -> bool:
    assert client.phone_hash
    with line.looking() as session:
        return is_opted_out(session, client.phone_hash)


@pytest.mark.parametrize(
    "body", ["STOP", "stop!", "S T O P", "please stop texting me", "take me off your list", "baja"]
)
def test_stop_in_any_form_is_confirmed_once_and_kept_in_their_words(
    line: Line, maria: Client, body: str
) -> None:
    assert line.text(maria, body) == [STOPPED]

    assert has_stopped(line, maria)
    assert ledger(line, maria)[-1] == (ConsentAction.WITHDRAWN, ConsentSource.TEXT, body)
    assert line.causes() == [("opt_out", maria.id)]


def test_a_second_stop_is_not_confirmed_again(line: Line, maria: Client) -> None:
    line.text(maria, "STOP")

    assert line.text(maria, "STOP") == []
    assert line.text(maria, "I said stop texting me") == []


def test_whatever_is_queued_does_not_go_to_an_opted_out_phone(line: Line, maria: Client) -> None:
    line.text(maria, "STOP")

    with line.database.sessions.begin() as session:
        client = session.get_one(Client, maria.id)
        for kind in (ReminderKind.EXERCISE, ReminderKind.MESSAGE, ReminderKind.NUDGE, ReminderKind.VISIT):
            key, now = f"queued:{kind}", line.clock.now
            usual = ReminderKind.MESSAGE if kind is ReminderKind.VISIT else kind
            owe(session, client.practice_id, usual, "message", now, dedupe_key=key, client=client, body="Hi")
        owe(
            session, client.practice_id, ReminderKind.ANSWER, "saved", now, dedupe_key="answer", client=client
        )

    assert line.drain() == []
    with line.looking() as session:
        told = timeline(session, session.get_one(Client, maria.id), ["dropped"])
    assert {one.detail for one in told} >= {"The client asked for no more texts (STOP)."}


def test_what_waits_is_taken_back_at_once(line: Line, maria: Client) -> None:
    with line.database.sessions.begin() as session:
        client = session.get_one(Client, maria.id)
        later = line.clock.now.replace(hour=20)
        key = {"dedupe_key": "later", "client": client, "due_at": later}
        owe(session, client.practice_id, ReminderKind.MESSAGE, "message", line.clock.now, body="Hi", **key)

    line.text(maria, "STOP")

    waiting = [one for one in line.reminders() if one.dedupe_key == "later"]
    assert [(one.status, one.reason) for one in waiting] == [(ReminderStatus.CANCELLED, "opted_out")]


def test_an_opt_out_holds_in_every_practice(line: Line, maria: Client) -> None:
    with line.database.sessions.begin() as session:
        elsewhere = make_client(session, make_practice(session), phone=maria.phone)

    line.text(maria, "STOP")

    assert [action for action, _, _ in ledger(line, elsewhere)] == [
        ConsentAction.GIVEN,
        ConsentAction.WITHDRAWN,
    ]
    assert line.ask_pain(elsewhere) == []


def test_start_resumes_with_a_record(line: Line, maria: Client) -> None:
    line.text(maria, "STOP")
    line.later(minutes=1)

    assert line.text(maria, "START") == [
        "Riverside: you will get our home-care texts again. Reply STOP to end, HELP for help."
    ]
    assert ledger(line, maria)[-1] == (ConsentAction.GIVEN, ConsentSource.TEXT, "START")
    assert len(line.ask_pain(maria)) == 1
    assert [(item.status, item.note) for item in line.items()] == [
        (AttentionStatus.CLOSED, "They asked for the texts again.")
    ]


def test_help_is_answered_with_phone_and_emergency_line_also_after_stop(line: Line, maria: Client) -> None:
    help = line.text(maria, "HELP")
    line.text(maria, "STOP")

    assert line.text(maria, "help") == help
    assert "(202) 555-0100" in help[0]
    assert "911" in help[0]


@pytest.fixture
def provided(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock, **PROVIDER)


def test_a_bare_keyword_is_confirmed_by_the_provider_alone(provided: Line) -> None:
    maria = provided.add()

    assert provided.text(maria, "STOP") == []
    assert has_stopped(provided, maria)


def test_a_sentence_the_provider_does_not_know_is_confirmed_by_us(provided: Line) -> None:
    assert provided.text(provided.add(), "stop texting me please") == [STOPPED]


def test_help_is_answered_by_us_too_as_only_we_name_the_emergency_line(provided: Line) -> None:
    assert "911" in provided.text(provided.add(), "HELP")[0]


def test_what_the_provider_took_for_an_opt_out_is_one(provided: Line) -> None:
    maria = provided.add()

    assert provided.text(maria, "basta ya", OptOutType="STOP") == []
    assert has_stopped(provided, maria)
    provided.text(maria, "otra vez", OptOutType="START")

    assert not has_stopped(provided, maria)
    assert ledger(provided, maria)[-1] == (ConsentAction.GIVEN, ConsentSource.TEXT, "otra vez")


def test_an_opt_out_the_provider_refuses_for_is_mirrored(line: Line, maria: Client) -> None:
    line.gateway = CountingGateway([Refused(code=21610, reason="opted out")])

    line.ask_pain(maria)

    assert has_stopped(line, maria)
    assert ledger(line, maria)[-1][:2] == (ConsentAction.WITHDRAWN, ConsentSource.PROVIDER)


def test_stop_with_danger_gets_one_text_that_carries_the_emergency_line(line: Line, maria: Client) -> None:
    answer = line.text(maria, "STOP. I have chest pain")

    assert len(answer) == 1
    assert "911" in answer[0]
    assert ("red_flag", maria.id) in line.causes()


@pytest.mark.parametrize(
    ("body", "is_answered"),
    [
        ("HELP", True),
        ("STOP", True),
        ("I have chest pain", True),
        ("can you call me?", True),
        ("4/10", False),
        ("done", False),
    ],
)
def test_who_never_agreed_gets_only_what_they_asked_for(line: Line, body: str, is_answered: bool) -> None:
    """What they say is kept and seen all the same."""
    nobody = line.add(has_consent=False)

    assert bool(line.text(nobody, body)) is is_answered
    assert line.reply().client_id == nobody.id
    if not is_answered:
        assert [one.reason for one in line.reminders()] == ["no_consent"]


def test_leaving_a_visit_goes_to_a_person(line: Line, maria: Client) -> None:
    assert "We passed your message on" in line.text(maria, "remove me from the Wednesday visit")[0]

    assert not has_stopped(line, maria)
    assert line.causes() == [("question", maria.id)]
