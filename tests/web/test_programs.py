"""All home programmes of a client on one page: looked at before it is kept, and kept once."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.models import Client, OutsideProgram
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

TYPED = {
    "provider": "Hill Physio",
    "text": "Bridge, 3 x 10, hip\nAvoid: wall",
    "address": "https://hill.example",
}


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn) -> Client:
    practice = make_practice(session, thresholds={"carry_minutes": 1})
    sam = make_user(session, practice, name="Sam")
    client = make_client(session, practice, therapist_id=sam.id)
    make_assignment(session, client, make_exercise(session, practice, name="Wall slide"))
    session.commit()
    sign_in(browser, sam)
    return client


def count(session: Session) -> int:
    found = session.scalar(select(func.count()).select_from(OutsideProgram)) or 0
    session.commit()
    return found


def test_a_programme_is_looked_at_then_kept_once(session, browser, maria):
    looked = browser.post(f"/clients/{maria.id}/programs/look", data=TYPED)
    assert "Is this what Hill Physio gave?" in looked.text
    assert count(session) == 0
    key = re.search(r'name="key" value="([^"]+)"', looked.text).group(1)

    for _ in range(2):
        assert browser.post(f"/clients/{maria.id}/programs", data=TYPED | {"key": key}).status_code == 303

    assert count(session) == 1
    page = browser.get(f"/clients/{maria.id}/programs").text
    for words in (
        "Hill Physio",
        "Bridge",
        "Wall slide",
        "https://hill.example",
        "More than the 1 minutes a day",
    ):
        assert words in page
    assert "Hill Physio says to avoid wall; " in page
    assert "3 a day at most" in page


@pytest.mark.parametrize("changes", [{"provider": " "}, {"text": ""}, {"address": "http://hill.example"}])
def test_what_cannot_be_kept_comes_back_with_what_was_typed(session, browser, maria, changes):
    answer = browser.post(f"/clients/{maria.id}/programs/look", data=TYPED | changes)

    assert (answer.status_code, "There is a problem" in answer.text) == (422, True)
    assert browser.post(f"/clients/{maria.id}/programs", data=TYPED | changes).status_code == 422
    assert count(session) == 0


def test_one_that_is_over_counts_no_more(session, browser, maria):
    browser.post(f"/clients/{maria.id}/programs", data=TYPED | {"key": "k"})
    program_id = session.scalars(select(OutsideProgram.id)).one()
    session.commit()

    browser.post(f"/clients/{maria.id}/programs/{program_id}/end")

    assert "Hill Physio</h2>" not in browser.get(f"/clients/{maria.id}/programs").text
