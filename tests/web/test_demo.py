"""The simulated phone: what is typed comes in like a text, and the clock moves through all that is due."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.models import (
    Client,
    Direction,
    Message,
    Practice,
    Role,
    Sender,
    SenderKind,
    User,
)
from reminders import wakeup
from reminders.simulated import SIMULATED_SENDER
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_client, make_practice, make_text, make_user
from tests.web.conftest import SignIn
from web import demo

REAL_PROVIDER = {
    "HOMESTRETCH_GATEWAY": "twilio",
    "HOMESTRETCH_PUBLIC_URL": "http://localhost",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBER": "+12025550100",
}


@pytest.fixture
def practice(session: Session) -> Practice:
    practice = make_practice(session, is_sample=True)
    session.add(Sender(practice_id=practice.id, kind=SenderKind.NUMBER, address=SIMULATED_SENDER))
    return practice


@pytest.fixture
def admin(session: Session, practice: Practice) -> User:
    return make_user(session, practice, role=Role.ADMIN)


@pytest.fixture
def maria(session: Session, practice: Practice, admin: User, browser: FlaskClient, sign_in: SignIn) -> Client:
    """A sample client; an admin of the sample practice is signed in."""
    client = make_client(session, practice, first_name="Maria")
    session.commit()
    sign_in(browser, admin)
    return client


@pytest.fixture
def no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody moves the clock, so waiting for it ends at once."""
    monkeypatch.setattr(demo, "LONGEST_WAIT_SECONDS", 0.0)


@pytest.fixture
def scheduler(database: Database) -> Iterator[list[datetime]]:
    """Stands in for the scheduler: at the bell it brings the clock to its goal, which it writes down."""
    goals: list[datetime] = []

    def move() -> None:
        with database.sessions.begin() as session:
            row = session.scalars(select(Practice).where(Practice.clock_goal_at.is_not(None))).one()
            goals.append(row.clock_goal_at)
            row.clock_offset_seconds = int((row.clock_goal_at - MONDAY_8AM).total_seconds())
            row.clock_goal_at = None

    stop = wakeup.listen(move)
    yield goals
    stop()


def stored(session: Session, client: Client, body: str, **changes: object) -> None:
    make_text(session, client, body, **changes)
    session.commit()


def owe_reminder(session: Session, client: Client, send_at: datetime) -> None:
    make_reminder(session, client, due_at=send_at, send_at=send_at, expires_at=send_at + timedelta(hours=2))
    session.commit()


def test_a_shared_phone_shows_what_is_everybodys_and_what_is_nobodys_yet(session, browser, practice, maria):
    carlos = make_client(session, practice, first_name="Carlos", phone=maria.phone)
    stored(session, maria, "A4", direction=Direction.IN)
    stored(session, carlos, "B6", direction=Direction.IN)
    stored(session, maria, "4", direction=Direction.IN, client_id=None)

    page = browser.get(f"/demo/phone?client={carlos.id}").text

    assert "Phone of Maria and Carlos" in page
    assert [page.count(f"From the client: </span>{body}<") for body in ("A4", "B6", "4")] == [1, 1, 1]


def test_the_phone_shows_what_reached_it(session, browser, maria):
    stored(session, maria, "Time for your home stretches.")
    stored(session, maria, "This one never came.", status="failed")

    text = browser.get(f"/demo/phone?client={maria.id}").text

    assert "Time for your home stretches." in text
    assert "This one never came." not in text
    assert "No real texts." in text


def test_a_link_in_a_text_opens_as_it_does_on_a_phone(session, browser, maria):
    stored(session, maria, "Your exercises: https://care.example/c/abc <b>")

    text = browser.get(f"/demo/phone?client={maria.id}").text

    assert '<a href="https://care.example/c/abc" rel="noopener" target="_blank">' in text
    assert "&lt;b&gt;" in text


def test_an_answer_comes_in_as_the_clients_text(session, browser, maria):
    answer = browser.post("/demo/phone", data={"client": maria.id, "body": "DONE"})

    message = session.scalars(select(Message)).one()
    assert answer.location == f"/demo/phone?client={maria.id}"
    assert (message.direction, message.client_id, message.body) == (Direction.IN, maria.id, "DONE")
    assert message.at == MONDAY_8AM


def test_an_answer_carries_the_time_of_the_moved_clock(session, browser, maria, practice):
    practice.clock_offset_seconds = 86_400
    session.commit()

    browser.post("/demo/phone", data={"client": maria.id, "body": "3"})

    assert session.scalars(select(Message.at)).one() == MONDAY_8AM + timedelta(days=1)


def test_an_empty_answer_is_not_sent(session, browser, maria):
    answer = browser.post("/demo/phone", data={"client": maria.id, "body": " "})

    assert answer.status_code == 422
    assert "Type an answer first" in answer.text
    assert session.scalars(select(Message)).all() == []


@pytest.mark.parametrize(
    ("step", "length"),
    [("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(weeks=1))],
)
def test_the_clock_is_moved_by_the_scheduler_to_the_goal(browser, maria, scheduler, step, length):
    answer = browser.post("/demo/phone/clock", data={"client": maria.id, "step": step})

    assert answer.status_code == 303
    assert scheduler == [MONDAY_8AM + length]
    assert "The clock has moved." in browser.get(answer.location).text


def test_to_the_next_text_is_when_it_goes_out(session, browser, maria, scheduler):
    owe_reminder(session, maria, MONDAY_8AM + timedelta(hours=10))

    browser.post("/demo/phone/clock", data={"client": maria.id, "step": "next"})

    assert scheduler == [MONDAY_8AM + timedelta(hours=10)]


def test_without_a_planned_text_the_clock_stays(session, browser, maria, practice):
    answer = browser.post("/demo/phone/clock", data={"client": maria.id, "step": "next"})

    session.refresh(practice)
    assert practice.clock_goal_at is None
    session.commit()
    assert "No text to Maria is planned." in browser.get(answer.location).text


def test_a_clock_that_still_moves_says_so(browser, maria, no_scheduler):
    answer = browser.post("/demo/phone/clock", data={"client": maria.id, "step": "week"})

    text = browser.get(answer.location).text
    assert "The clock is still moving." in text
    assert "Look again" in text


def test_a_practice_that_is_no_sample_is_told_and_cannot_type(session, browser, maria, sign_in):
    other = make_practice(session)
    admin = make_user(session, other, role=Role.ADMIN)
    client = make_client(session, other)
    session.commit()
    sign_in(browser, admin)

    assert "not the sample" in browser.get("/demo/phone").text
    assert browser.post("/demo/phone", data={"client": client.id, "body": "3"}).status_code == 404
    assert browser.post("/demo/phone/clock", data={"client": client.id, "step": "day"}).status_code == 404


def test_with_a_real_provider_there_is_no_simulated_phone(make_app, admin, maria, sign_in):
    app = make_app(**REAL_PROVIDER)

    with app.test_client() as browser:
        sign_in(browser, admin)
        assert browser.get("/demo/phone").status_code == 404
