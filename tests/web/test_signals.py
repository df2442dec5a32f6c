"""Suggestions on the assessment page: one tap carries what was accepted into After visit, and no further."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Assignment, Client, Draft, Practice, RatingSource
from care.ratings import record_rating
from reminders.signal_tasks import tell_of_red
from tests.making import (
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn) -> Client:
    """Two exercises; pain during them was 7 when asked just now."""
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id)
    first = make_assignment(session, client, make_exercise(session, practice))
    make_assignment(session, client, make_exercise(session, practice), plan_id=first.plan_id, position=2)
    record_rating(session, client, 7, source=RatingSource.VISIT, at=MONDAY_8AM, label="during exercise")
    session.commit()
    sign_in(browser, sam)
    return client


def doses(session: Session) -> list[int]:
    session.expire_all()
    found = list(session.scalars(select(Assignment.hold_seconds).order_by(Assignment.id)))
    session.commit()
    return found


def test_each_signal_stands_with_the_numbers_that_caused_it(browser, maria):
    text = browser.get(f"/clients/{maria.id}/assessment").text

    assert text.count("7 with it on 2 Mar: 6 or more") == 2
    assert 'value="halve" checked' in text


def test_each_signal_leads_to_the_ratings_it_was_counted_from(browser, maria):
    text = browser.get(f"/clients/{maria.id}/assessment").text
    addresses = set(re.findall(r'href="([^"]*/behind/pain\?rating=[^"]*)"', text))

    shown = [browser.get(one).text for one in addresses]
    assert len(shown) == 1
    assert "Pain 7, during exercise" in shown[0]
    assert "1 line. Each stands for" in shown[0]


def test_a_red_signal_is_on_today_with_its_numbers_and_leads_to_the_suggestions(session, browser, maria):
    tell_of_red(
        session, {maria.practice_id: session.get_one(Practice, maria.practice_id)}, [maria], MONDAY_8AM
    )
    session.commit()

    for page in ("/today", "/inbox"):
        text = browser.get(page).text
        assert "Pain with an exercise" in text
        assert "7 with it on 2 Mar: 6 or more" in text
        assert f'href="/clients/{maria.id}/assessment#signals"' in text


def test_what_was_accepted_is_in_the_after_visit_form_and_the_plan_is_as_it_was(session, browser, maria):
    answer = browser.post(f"/clients/{maria.id}/signals", data={"choice-1": "halve", "choice-2": "progress"})

    shown = browser.get(answer.location).text
    draft = session.scalars(select(Draft)).one()
    typed = dict(draft.typed)
    session.commit()
    assert answer.location == f"/clients/{maria.id}/visit"
    assert (typed["hold-0"], typed["hold-1"]) == (["15"], ["35"])
    assert "Nothing is given until you send it." in shown
    assert doses(session) == [30, 30]


def test_carrying_twice_halves_once(session, browser, maria):
    for _ in range(2):
        browser.post(f"/clients/{maria.id}/signals", data={"choice-1": "halve"})

    typed = dict(session.scalars(select(Draft)).one().typed)
    session.commit()
    assert typed["hold-0"] == ["15"]


def test_an_unknown_choice_carries_nothing(browser, maria):
    answer = browser.post(f"/clients/{maria.id}/signals", data={"choice-1": "double"})

    assert "Nothing to carry over." in browser.get(answer.location).text


def test_another_therapist_cannot_carry(session, browser, maria, sign_in):
    kim = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, kim)

    assert browser.post(f"/clients/{maria.id}/signals").status_code == 404
