"""What we answer is true: nothing promised that will not come, nothing claimed that was not written down."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import attention
from care.consent import is_opted_out, withdraw_texting_consent
from care.db import Database
from care.models import AttentionItem, Client, ConsentSource, Occurrence, Role, User
from care.pausing import pause_texts
from reminders.contact import AGAIN
from tests.making import MONDAY, make_assignment, make_exercise, make_user
from tests.reminders.living import BOOK
from tests.web.conftest import MakeApp, TestClock
from tests.web.texting import Line, open_line

STRANGER = "+12025550888"
SIX_PM = datetime(2026, 3, 2, 23, 1, tzinfo=UTC)
IT_IS_TIME = "time for your home stretches"


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def maria(line: Line) -> Client:
    """Reminded of her exercises a minute ago."""
    maria = line.add()
    with line.database.sessions.begin() as session:
        make_assignment(session, session.get_one(Client, maria.id), make_exercise(session, line.practice))
    line.later(minutes=-1)
    line.plan()
    line.later(minutes=2)
    assert len(line.drain()) == 1
    return maria


def rounds(line: Line) -> list[str]:
    """Of today."""
    with line.looking() as session:
        rows = session.scalars(select(Occurrence).where(Occurrence.slot_on == MONDAY))
        return [one.status.value for one in rows]


def close_all(line: Line) -> None:
    with line.database.sessions.begin() as session:
        ada = session.scalar(select(User)) or make_user(session, line.practice, role=Role.ADMIN)
        for item in session.scalars(select(AttentionItem)):
            attention.close(session, item, ada, line.clock.now, "Called.")


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("pain 8, I'm driving home and will do the stretches later", 8),
        ("I'm out of the office today, pain 9", 9),
        ("Please don't reply to this text. 9. my back gave way", 9),
    ],
)
def test_a_person_with_the_words_of_a_machine_is_heard(
    line: Line, maria: Client, body: str, score: float
) -> None:
    line.ask_pain(maria)

    line.text(maria, body)

    assert line.scores(maria) == [score]
    assert ("high_pain", maria.id) in line.causes()


def test_who_asks_for_no_reply_is_heard_and_gets_none(line: Line, maria: Client) -> None:
    answer = line.text(maria, "do not reply, my husband reads this. can Dr call me at work?")

    assert answer == []
    assert [(one.kind.value, one.details["what"]) for one in line.items()] == [
        ("question", "asks for no reply by text")
    ]


def test_high_pain_does_not_swallow_a_question(line: Line, maria: Client) -> None:
    line.text(maria, "9")
    close_all(line)
    line.later(hours=5)

    first = line.text(maria, "pain 9, can you call me back please?")
    line.later(minutes=5)
    second = line.text(maria, "pain 9, can someone call me")

    assert "Your therapist knows" not in first[0]
    assert "911" in first[0]
    assert "We passed your message on" in second[0]
    assert [one.kind.value for one in line.items() if one.closed_at is None] == ["question"]


@pytest.mark.parametrize(
    "body", ["skip", "couldn't do them today", "remind me at 6", "later", "doing them later"]
)
def test_after_stop_the_exercises_nobody_is_told_to_go_on(line: Line, maria: Client, body: str) -> None:
    line.text(maria, "my calf is swollen and hot")

    held = line.text(maria, body)

    assert held == ["Thanks Maria. We noted it. Your exercise texts wait for your therapist."]
    assert not any(one.dedupe_key.startswith(AGAIN) for one in line.reminders())


@pytest.mark.parametrize("body", ["RESUME", "TIME 7pm", "DAYS MWF"])
def test_held_texts_are_not_promised_by_a_command(line: Line, maria: Client, body: str) -> None:
    line.text(maria, "my calf is swollen and hot")

    assert "Your exercise texts wait for your therapist." in line.text(maria, body)[0]


def test_after_high_pain_a_skip_is_noted_until_a_person_has_looked(line: Line, maria: Client) -> None:
    line.text(maria, "9")

    assert "wait for your therapist before you go on" in line.text(maria, "skipped")[0]


def test_in_spanish_too(line: Line) -> None:
    ana = line.add(first_name="Ana", language="es")
    line.text(ana, "me duele el pecho y no puedo respirar")

    assert "esperan a su terapeuta" in line.text(ana, "recuérdame a las 6")[0]


def test_a_reminder_they_asked_for_comes_above_the_daily_cap(line: Line, maria: Client) -> None:
    line.set_practice(daily_cap=1)
    assert "6:00pm" in line.text(maria, "remind me at 6")[0]

    line.clock.now = SIX_PM

    assert IT_IS_TIME in line.drain()[0]


def test_a_second_wish_to_be_reminded_is_met_too_and_the_fourth_declined(line: Line, maria: Client) -> None:
    for _ in range(3):
        assert "We will remind you again today" in line.text(maria, "remind me in 30 min")[0]
        line.later(minutes=31)
        assert IT_IS_TIME in line.drain()[0]

    assert line.text(maria, "remind me in 30 min") == ["OK Maria. Do it when it suits you and reply DONE."]


@pytest.mark.parametrize("body", ["remind me at 6", "later", "remind me in 2 hours", "recuérdame a las 6"])
def test_with_nothing_open_no_reminder_is_promised(line: Line, body: str) -> None:
    ana = line.add(first_name="Ana")

    assert line.text(ana, body) == ["OK Ana. There is nothing open to remind you of today."]


def test_no_reminder_is_promised_of_a_round_that_closes_before(line: Line, maria: Client) -> None:
    line.later(hours=23)

    assert "nothing open to remind you of" in line.text(maria, "remind me at 10")[0]


def test_in_a_pause_no_reminder_is_promised(line: Line, maria: Client) -> None:
    line.change(lambda session, one: pause_texts(session, one, MONDAY, None, line.clock.now), maria)

    assert "nothing open to remind you of" in line.text(maria, "remind me at 6")[0]


def test_done_after_all(line: Line, maria: Client) -> None:
    line.text(maria, "skip")

    assert "Marked as done" in line.text(maria, "DONE now after all")[0]
    assert rounds(line) == ["done"]


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ("did half", "partial", "Marked as done"),
        ("actually I did not do them", "skipped", "We noted it"),
        ("sorry, I didn't do them", "skipped", "We noted it"),
        ("skip", "done", "We noted it"),
    ],
)
def test_what_was_done_is_put_right(line: Line, maria: Client, body: str, status: str, answer: str) -> None:
    line.text(maria, "DONE")
    line.later(hours=1)

    assert answer in line.text(maria, body)[0]
    assert rounds(line) == [status]


def test_after_a_day_it_is_not_put_right_any_more(line: Line, maria: Client) -> None:
    line.text(maria, "skip")
    line.later(hours=23, minutes=50)
    line.sweep()

    line.text(maria, "DONE")
    assert rounds(line) == ["done"]
    line.later(hours=25)
    line.text(maria, "actually I did not do them")
    assert rounds(line) == ["done"]


def test_done_with_nothing_due_is_not_called_marked(line: Line) -> None:
    ana = line.add(first_name="Ana")

    assert line.text(ana, "DONE") == ["Thanks Ana. We noted it."]


@pytest.mark.parametrize("body", ["START", "RESUME"])
def test_start_after_a_no_that_staff_wrote_down_goes_to_a_person(
    line: Line, maria: Client, body: str
) -> None:
    def withdraw(session: Session, client: Client) -> None:
        withdraw_texting_consent(session, client, "No texts.", ConsentSource.PHONE_CALL, line.clock.now)

    line.change(withdraw, maria)
    line.later(hours=1)

    assert "We passed your message on" in line.text(maria, body)[0]
    assert [one.details.get("what") for one in line.items()] == ["asks for texts by START"]


def test_a_strangers_start_lifts_their_stop_and_promises_nothing(line: Line) -> None:
    line.text(STRANGER, "STOP")
    line.later(hours=1)

    assert "does not know your number" in line.text(STRANGER, "START")[0]
    with line.looking() as session:
        assert not is_opted_out(session, BOOK.hash(STRANGER))


def test_a_stranger_gets_help_each_time_and_nothing_neutral_beside(line: Line) -> None:
    answers = [line.text(STRANGER, body) for body in ("HELP", "HELP", "HELP", "HELP", "who is this", "4")]

    assert [len(one) for one in answers] == [1, 1, 1, 1, 0, 0]
    assert all("Emergency" in one[0] for one in answers[:4])


def test_a_busy_hour_swallows_neither_start_nor_help(line: Line, maria: Client) -> None:
    for _ in range(4):
        line.text(maria, "can you help me?")
    line.text(maria, "STOP")

    assert "texts again" in line.text(maria, "START")[0]
    assert "Emergency" in line.text(maria, "HELP")[0]


@pytest.mark.parametrize("sender", ["888777", "whatsapp:+12025550142", "2025550123"])
def test_danger_from_a_sender_without_a_way_back_is_raised_in_silence(line: Line, sender: str) -> None:
    assert line.text(sender, "I have chest pain") == []

    [item] = line.items()
    assert item.kind.value == "red_flag"
    assert item.details["what"] == "No text went: this sender cannot be answered."


def test_its_stop_is_written_down(line: Line) -> None:
    assert line.text("888777", "STOP") == []

    with line.looking() as session:
        assert is_opted_out(session, BOOK.hash("888777"))


@pytest.mark.parametrize("is_client", [True, False])
def test_danger_from_a_phone_that_opted_out_says_that_no_text_went(
    line: Line, maria: Client, *, is_client: bool
) -> None:
    who = maria if is_client else STRANGER
    line.text(who, "STOP")

    assert line.text(who, "I have chest pain") == []
    [flag] = [one for one in line.items() if one.kind.value == "red_flag"]
    assert flag.details["what"] == "No text went: this phone opted out. Call."


def test_the_day_is_the_clients(line: Line, maria: Client) -> None:
    """A reminder asked for late is today's or refused, never tomorrow's."""
    line.clock.now = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)

    assert "before 8:00pm" in line.text(maria, "remind me in 2 hours")[0]
    assert line.client(maria).created_at.date() <= date(2026, 3, 3)


def test_a_denied_sign_is_for_the_therapist_to_ask_about(line: Line, maria: Client) -> None:
    line.text(maria, "no chest pain")

    assert [(one.kind.value, one.details["what"]) for one in line.items()] == [
        ("question", "mentions a sign to ask about")
    ]
