"""A day with keys: texts go out and come in, pages show them, and the database says nothing of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from care import field_keys, lacking
from care.db import Database
from care.key_ring import id_of
from care.models import Client, Message, Practice, Role
from tests.making import make_answer, make_user
from tests.sealing import NEW, OLD, opened_with, stored
from tests.web.conftest import MakeApp, SignIn, TestClock
from tests.web.texting import ACCOUNT, NUMBER, PUBLIC, Line, open_line

PHONE = "+12025550187"
STRANGER = "+12025550166"
ANSWER = "7 my shoulder burns at night 🦉"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with opened_with(request.getfixturevalue(request.param), NEW) as sealed:
        yield sealed


@pytest.fixture
def line(database: Database, make_app: MakeApp, clock: TestClock) -> Line:
    return open_line(database, make_app, clock)


@pytest.fixture
def desk(line: Line, sign_in: SignIn) -> FlaskClient:
    with line.database.sessions.begin() as session:
        practice = session.get_one(Practice, line.practice.id)
        admin = make_user(session, practice, role=Role.ADMIN)
    browser = line.door.application.test_client()
    sign_in(browser, admin)
    return browser


def find(desk: FlaskClient, query: str) -> str:
    return look(desk, desk.post("/clients/find", data={"q": query}, base_url=PUBLIC).location)


def look(desk: FlaskClient, address: str, status: int = 200) -> str:
    answer = desk.get(address, base_url=PUBLIC)
    assert answer.status_code == status
    return answer.text


def test_an_answer_finds_its_client_and_shows_on_pages_while_the_database_is_silent(
    line: Line, desk: FlaskClient, tmp_path: Path
) -> None:
    maria = line.add(phone=PHONE, note="Keys under the mat.")
    asked = line.ask_pain(maria)

    line.text(maria, ANSWER)
    line.text(STRANGER, "who is this? I hurt my hip")

    assert len(asked) == 1
    assert line.gateway.sent[0].to == PHONE
    assert line.scores(maria) == [7]
    assert "my shoulder burns at night" in look(desk, f"/clients/{maria.id}")
    assert "hurt my hip" in look(desk, "/messages")
    assert "(202) 555-0187" in find(desk, "0187")
    assert maria.last_name in find(desk, "202-555-0187")
    seen = [*stored(line.database, "message", "body"), *stored(line.database, "client", "phone")]
    assert all(one.startswith("~sealed~") for one in seen)
    if line.database.is_sqlite:
        line.sweep()
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("homestretch.db*"))
        for secret in (PHONE[2:], STRANGER[2:], "shoulder burns", "hurt my hip", "mat.", asked[0][:40]):
            assert secret.encode() not in kept, secret


def test_a_stop_and_a_start_find_their_phone(line: Line) -> None:
    maria = line.add(phone=PHONE)

    assert len(line.text(maria, "STOP")) == 1
    assert line.ask_pain(maria) == []
    line.later(minutes=1)
    assert len(line.text(maria, "START")) == 1


def test_a_field_whose_key_is_gone_is_a_page_with_a_sentence(line: Line, desk: FlaskClient) -> None:
    maria = line.add(phone=PHONE)
    with opened_with(line.database, OLD) as other, other.sessions.begin() as session:
        make_answer(session, maria, "4")

    shown = look(desk, f"/clients/{maria.id}", 503)

    assert "A key is missing on the server. Nothing is lost" in shown
    assert "~sealed~" not in shown


def test_a_stop_that_cannot_be_taken_in_is_asked_for_again_and_counts_once(line: Line) -> None:
    maria = line.add(phone=PHONE)
    stop = {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM" + "5" * 32,
        "From": PHONE,
        "To": NUMBER,
        "Body": "STOP",
        "NumMedia": "0",
    }

    def write_anew(key: str) -> None:
        with opened_with(line.database, key) as other, other.sessions.begin() as session:
            session.execute(update(Client).where(Client.id == maria.id).values(phone=PHONE))

    write_anew(OLD)
    refused = line.post(stop)
    with line.database.sessions() as session:
        kept = session.scalar(select(func.count()).select_from(Message))
    write_anew(NEW)

    assert (refused, kept) == (503, 0)
    assert [line.post(stop) for _ in range(2)] == [200, 200]
    assert len(line.drain()) == 1
    assert line.ask_pain(maria) == []


def test_a_process_that_lacks_a_key_is_not_ready_and_admins_are_told(line: Line, desk: FlaskClient) -> None:
    def reasons() -> list[str]:
        answer = desk.get("/readyz", base_url=PUBLIC)
        assert answer.json is not None
        return list(answer.json["reasons"])

    said = "A process of this installation lacks a key."
    before, was_said = reasons(), said in look(desk, "/delivery")
    with line.database.sessions.begin() as session:
        field_keys.keep(session, (id_of(NEW), id_of(OLD)))
    itself, is_said = reasons(), said in look(desk, "/delivery")
    with line.database.sessions.begin() as session:
        field_keys.keep(session, (id_of(NEW),))
        lacking.note(session, "there:7", [id_of(OLD)], line.clock.now)
    another = reasons()
    line.later(minutes=3)

    assert ("field_key" in before, was_said) == (False, False)
    assert ("field_key" in itself, is_said) == (True, True)
    assert "field_key" in another
    assert "field_key" not in reasons()
