"""Machines that text us: kept, and never talked with for long."""

import pytest

from care.db import Database
from care.models import Client, ReminderKind
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import Line, open_line

STRANGER = "+12025550177"


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def maria(line: Line) -> Client:
    return line.add()


@pytest.mark.parametrize(
    "body",
    [
        "I'm driving right now and will respond when I arrive",
        "I am out of the office until Monday",
        "This number is not monitored. Reply STOP to unsubscribe.",
        "This is an automated message. Do not reply.",
        "Your package has been delivered. Reply HELP for help",
        "483920 is your verification code",
        "Respuesta automática: fuera de la oficina",
    ],
)
@pytest.mark.parametrize("who", ["client", "stranger"])
def test_what_a_machine_wrote_is_kept_and_not_answered(
    line: Line, maria: Client, body: str, who: str
) -> None:
    sent = len(line.ask_pain(maria))

    assert line.text(maria if who == "client" else STRANGER, body) == []

    assert line.messages()[-1].body == body
    assert line.scores(maria) == []
    assert line.ask_pain(maria) == [] or sent == 1


@pytest.mark.parametrize("sender", ["787", "12345", "729725", "VERIZON"])
def test_a_short_code_is_never_answered(line: Line, sender: str) -> None:
    assert line.text(sender, "HELP") == []
    assert line.text(sender, "STOP") == []

    assert [one.phone for one in line.messages()] == [sender, sender]


def test_two_machines_get_three_answers_and_then_silence_and_one_item(line: Line, maria: Client) -> None:
    answers = [line.text(maria, f"can you help me number {place}?") for place in range(7)]

    assert [len(one) for one in answers] == [1, 1, 1, 0, 0, 0, 0]
    loops = [one for one in line.items() if one.cause_key.startswith("loop:")]
    assert len(loops) == 1
    assert loops[0].details["reason"] == "too_many_answers"
    assert {one.reason for one in line.reminders() if one.reason} == {"too_many_answers"}


def test_who_asks_for_help_in_many_words_is_answered_no_oftener(line: Line, maria: Client) -> None:
    answers = [line.text(maria, f"how does this work {number}") for number in range(5)]

    assert [len(one) for one in answers] == [1, 1, 1, 0, 0]
    assert len(line.text(maria, "HELP")) == 1


def test_an_hour_later_they_are_answered_again(line: Line, maria: Client) -> None:
    for _ in range(4):
        line.text(maria, "can you help me?")
    line.later(hours=1, minutes=1)

    assert len(line.text(maria, "can you help me?")) == 1


def test_the_limit_is_the_phones_whoever_uses_it(line: Line, maria: Client) -> None:
    line.add(phone=maria.phone, first_name="Carlos")
    bodies = ["A 4", "B 4", "A done", "B done", "4"]

    answers = [line.text(maria, body) for body in bodies]

    assert sum(len(one) for one in answers) == 3


def test_safety_texts_are_outside_the_limit(line: Line, maria: Client) -> None:
    for _ in range(5):
        line.text(maria, "can you help me?")

    assert "911" in line.text(maria, "I have chest pain")[0]


def test_a_stop_is_confirmed_whatever_went_before(line: Line, maria: Client) -> None:
    for _ in range(5):
        line.text(maria, "can you help me?")

    assert "no more texts" in line.text(maria, "STOP")[0]


def test_an_unknown_phone_gets_one_neutral_answer_a_day(line: Line) -> None:
    first = line.text(STRANGER, "how does this work")
    line.later(hours=14)
    second = line.text(STRANGER, "hello??")
    line.later(hours=9)
    third = line.text(STRANGER, "anybody there")
    line.later(hours=2)
    fourth = line.text(STRANGER, "hello")

    assert [len(one) for one in (first, second, third, fourth)] == [1, 0, 0, 1]
    assert "does not know your number" in first[0]


def test_an_unknown_phone_in_danger_gets_the_safety_text(line: Line) -> None:
    line.text(STRANGER, "hello")

    assert "911" in line.text(STRANGER, "I have chest pain and can't breathe")[0]
    assert ("red_flag", None) in line.causes()


def test_a_repeat_of_a_text_changes_nothing(line: Line, maria: Client) -> None:
    line.ask_pain(maria)
    line.text(maria, "4", MessageSid="SM" + "7" * 32)

    assert line.text(maria, "5", MessageSid="SM" + "7" * 32) == []
    assert line.scores(maria) == [4]
    assert len([one for one in line.reminders() if one.kind is ReminderKind.ANSWER]) == 1
