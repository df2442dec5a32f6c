"""Checks in a client's diary: what is added comes on the day, at the client's hour."""

import html
import re
from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AuditEntry, FollowUp, FollowUpKind
from tests.making import make_client, make_practice, make_user
from tests.web.conftest import SignIn

FORM = {"kind": "message", "due_on": "2026-03-05", "at_time": "10:00", "words": "How was the weekend?"}


@pytest.fixture
def address(session: Session, browser: FlaskClient, sign_in: SignIn) -> str:
    practice = make_practice(session)
    sam = make_user(session, practice)
    maria = make_client(session, practice, therapist_id=sam.id)
    session.commit()
    sign_in(browser, sam)
    return f"/clients/{maria.id}"


def added(session: Session) -> list[tuple[FollowUpKind, time, str]]:
    found = [(one.kind, one.at_time, one.body) for one in session.scalars(select(FollowUp))]
    session.rollback()
    return found


@pytest.mark.parametrize("kind", ["pain_question", "message", "call_task"])
def test_a_check_is_added_and_shown(session: Session, browser: FlaskClient, address: str, kind: str) -> None:
    answer = browser.post(f"{address}/follow-ups/new", data=FORM | {"kind": kind})

    assert (answer.status_code, answer.location) == (303, address)
    assert added(session) == [(FollowUpKind(kind), time(10), FORM["words"])]
    assert "Thu 5 Mar, 10:00am" in browser.get(address).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"words": ""}, "Write the message."),
        ({"due_on": ""}, "Choose the day."),
        ({"at_time": ""}, "Choose the time."),
        ({"due_on": "2026-03-01"}, "Day must be today or later."),
    ],
)
def test_a_check_that_cannot_be_comes_back_filled_in(
    session: Session, browser: FlaskClient, address: str, changes: dict[str, str], sentence: str
) -> None:
    answer = browser.post(f"{address}/follow-ups/new", data=FORM | changes)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="message"' in answer.text
    assert added(session) == []


def test_a_check_for_somebody_elses_client_is_not_found(
    session: Session, browser: FlaskClient, address: str
) -> None:
    theirs = make_client(session, make_practice(session))
    session.commit()

    assert browser.get(f"/clients/{theirs.id}/follow-ups/new").status_code == 404


def test_a_message_about_health_is_added_with_the_second_tap_and_says_whose_it_was(
    session: Session, browser: FlaskClient, address: str
) -> None:
    words = FORM | {"words": "Ice your knee tonight."}

    first = browser.post(f"{address}/follow-ups/new", data=words)

    assert first.status_code == 422
    assert "This names a body part: &#39;knee&#39;." in first.text
    assert "Ice your knee tonight." in first.text
    assert added(session) == []
    anyway = re.search(r'name="anyway" value="([^"]+)"', first.text)
    assert anyway is not None
    second = browser.post(f"{address}/follow-ups/new", data=words | {"anyway": html.unescape(anyway[1])})
    assert second.status_code == 303
    assert session.scalars(select(FollowUp.health_words)).all() == [["knee"]]
    assert "confirm_health_words" in session.scalars(select(AuditEntry.action)).all()


def test_a_message_that_carriers_act_on_is_refused(
    session: Session, browser: FlaskClient, address: str
) -> None:
    answer = browser.post(f"{address}/follow-ups/new", data=FORM | {"words": "Reply YES if you come."})

    assert answer.status_code == 422
    assert "Take out YES" in answer.text
    assert added(session) == []


def test_what_a_call_is_about_is_for_the_team_alone(
    session: Session, browser: FlaskClient, address: str
) -> None:
    words = {"kind": "call_task", "words": "Ask about the knee. YES or no."}

    assert browser.post(f"{address}/follow-ups/new", data=FORM | words).status_code == 303
