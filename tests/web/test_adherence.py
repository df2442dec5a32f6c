"""Adherence: one line per client for admins, whom to call first on top, a spreadsheet that runs nothing."""

import csv
import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AuditEntry, Client, Practice, Question, QuestionStatus, Role
from tests.making import MONDAY_8AM, make_answer, make_client, make_practice, make_user
from tests.web.conftest import SignIn
from web import adherence
from web.spreadsheets import neutral


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    """Maria of Sam answers; Ann of Kim has been silent for ten days. An admin is signed in."""
    practice = make_practice(session)
    sam, kim = (make_user(session, practice, name=name) for name in ("Sam", "Kim"))
    admin = make_user(session, practice, role=Role.ADMIN)
    make_client(session, practice, first_name="Maria", last_name="Lopez", therapist_id=sam.id)
    ann = make_client(session, practice, first_name="Ann", last_name="Zeller", therapist_id=kim.id)
    for days in (10, 8, 5):
        ask(session, ann, days)
    session.commit()
    sign_in(browser, admin)
    return practice


def ask(session: Session, client: Client, days_ago: int) -> None:
    """A question nobody answered."""
    at = MONDAY_8AM - timedelta(days=days_ago)
    session.add(
        Question(
            practice_id=client.practice_id,
            client_id=client.id,
            context="pain_prompt",
            asked_at=at,
            bare_until=at + timedelta(hours=12),
            closes_at=at + timedelta(hours=24),
            status=QuestionStatus.EXPIRED,
        )
    )


def test_whom_to_call_first_stands_on_top_with_the_reason(browser, practice):
    text = browser.get("/adherence").text

    assert text.index("Ann Zeller") < text.index("Maria Lopez")
    assert "Silent 10 days" in text
    assert "0 of 3" in text


def test_by_name_the_order_is_the_names(browser, practice):
    text = browser.get("/adherence?sort=name").text

    assert text.index("Maria Lopez") < text.index("Ann Zeller")


def test_the_filters_are_in_the_address(browser, practice):
    silent = browser.get("/adherence?silent=1").text
    of_sam = browser.get("/adherence?therapist=Sam").text

    assert "Ann Zeller" in silent
    assert "Maria Lopez" not in silent
    assert "Maria Lopez" in of_sam
    assert "Ann Zeller" not in of_sam
    assert "/adherence.csv?therapist=Sam" in of_sam


def test_many_clients_come_a_page_at_a_time_sorted_over_all(browser, practice, monkeypatch):
    monkeypatch.setattr(adherence, "PAGE", 1)

    first, second = browser.get("/adherence").text, browser.get("/adherence?page=2").text

    assert "Ann Zeller" in first
    assert "Maria Lopez" not in first
    assert "/adherence?page=2" in first
    assert "2 clients" in first
    assert "Maria Lopez" in second
    assert "Ann Zeller" not in second
    assert "Maria Lopez" in browser.get("/adherence?page=99").text
    assert browser.get("/adherence.csv").text.count("\n") == 3


def test_an_answer_shows_at_the_next_look(session, browser, practice):
    assert "Silent 10 days" in browser.get("/adherence").text
    ann = session.scalars(select(Client).where(Client.first_name == "Ann")).one()
    make_answer(session, ann, "4", at=MONDAY_8AM)
    session.commit()

    assert "Silent" not in browser.get("/adherence").text


def test_nothing_due_is_said_and_not_counted_as_zero(browser, practice):
    text = browser.get("/adherence").text

    assert "nothing due" in text
    assert "no rating" in text


def test_the_page_is_for_admins_alone(session, browser, practice, sign_in):
    therapist = make_user(session, practice)
    session.commit()
    sign_in(browser, therapist)

    assert browser.get("/adherence").status_code == 403
    assert browser.get("/adherence.csv").status_code == 403


def test_the_download_holds_the_same_lines_and_is_in_the_audit_trail(session, browser, practice):
    answer = browser.get("/adherence.csv?silent=1")

    header, line = csv.reader(io.StringIO(answer.text))
    assert answer.mimetype == "text/csv"
    assert dict(zip(header, line, strict=True))["Why call"] == "silent 10 days"
    assert session.scalars(select(AuditEntry.action)).all() == ["export"]


def test_a_name_that_is_a_formula_is_not_run(session, browser, practice):
    make_client(session, practice, first_name='=HYPERLINK("http://a")', last_name="")
    session.commit()

    rows = list(csv.reader(io.StringIO(browser.get("/adherence.csv").text)))

    assert '\'=HYPERLINK("http://a")' in [row[0] for row in rows]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_gets_an_apostrophe(start):
    assert neutral(f"{start}1") == f"'{start}1"


def test_a_practice_without_clients_is_told_how_to_begin(session, browser, practice, sign_in):
    admin = make_user(session, make_practice(session), role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)

    assert "Add your first client" in browser.get("/adherence").text
