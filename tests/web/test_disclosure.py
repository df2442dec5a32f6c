"""Sharing with somebody outside: nothing without a recorded agreement, and then for that recipient alone."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Client, ConsentEvent, ConsentPurpose, RatingSource
from care.ratings import record_rating
from tests.making import (
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn

AGREED = {"recipient": "Dr. Ahn, Hill Clinic", "source": "in_person", "agreed": "1"}


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn) -> Client:
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id)
    make_assignment(session, client, make_exercise(session, practice, name="Wall slide"))
    record_rating(session, client, 6, source=RatingSource.VISIT, at=MONDAY_8AM)
    session.commit()
    sign_in(browser, sam)
    return client


def at(client: Client, *parts: object) -> str:
    return "/".join([f"/clients/{client.id}/sharing", *map(str, parts)])


def consents(session: Session) -> list[int]:
    wanted = select(ConsentEvent.id).where(ConsentEvent.purpose == ConsentPurpose.SHARING)
    found = list(session.scalars(wanted.order_by(ConsentEvent.id)))
    session.commit()
    return found


def test_an_agreement_for_one_recipient_opens_a_summary_with_the_question_asked(session, browser, maria):
    browser.post(at(maria), data=AGREED)

    [event_id] = consents(session)
    text = browser.get(at(maria, event_id), query_string={"question": "Is more load safe?"}).text
    for words in ("Dr. Ahn, Hill Clinic", "Is more load safe?", "Wall slide", "6, one rating"):
        assert words in text
    assert f"Shared with the agreement of {maria.name} of Mon 2 Mar 2026." in text


def test_the_words_are_those_of_the_client(session, browser, maria):
    maria.language = "es"
    session.commit()

    page = browser.get(at(maria)).text
    browser.post(at(maria), data=AGREED)

    assert '<p lang="es">' in page
    assert "puede dar a la persona nombrada arriba un resumen" in page
    [event_id] = consents(session)
    kept = session.get_one(ConsentEvent, event_id).wording
    assert "puede dar a Dr. Ahn, Hill Clinic un resumen de mi tratamiento" in kept


def test_a_guardian_may_agree_and_is_named(session, browser, maria):
    browser.post(at(maria), data=AGREED | {"given_by": "Ana Lopez, mother"})

    [event_id] = consents(session)
    assert "agreement of Ana Lopez, mother of" in browser.get(at(maria, event_id)).text


@pytest.mark.parametrize("changes", [{"agreed": ""}, {"recipient": " "}, {"source": "text"}, {"source": ""}])
def test_without_an_agreement_nothing_is_recorded(session, browser, maria, changes):
    answer = browser.post(at(maria), data=AGREED | changes)

    assert answer.status_code == 422
    assert consents(session) == []


def test_what_was_taken_back_opens_nothing_more_and_the_history_stays(session, browser, maria):
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)

    browser.post(at(maria, event_id, "withdraw"))

    assert browser.get(at(maria, event_id)).status_code == 404
    assert browser.get(at(maria, event_id, "summary.pdf")).status_code == 404
    assert browser.post(at(maria, event_id, "withdraw")).status_code == 404
    assert len(consents(session)) == 2


def test_consent_to_texts_is_no_consent_to_share_and_the_other_way_round(session, browser, maria):
    texting = session.scalars(select(ConsentEvent.id)).one()
    session.commit()

    assert browser.get(at(maria, texting)).status_code == 404
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)
    browser.post(at(maria, event_id, "withdraw"))
    assert "Has not agreed to texts" not in browser.get(f"/clients/{maria.id}").text


def test_another_therapist_shares_nothing(session, browser, maria, sign_in):
    browser.post(at(maria), data=AGREED)
    [event_id] = consents(session)
    kim = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, kim)

    assert browser.get(at(maria, event_id)).status_code == 404
    assert browser.post(at(maria), data=AGREED).status_code == 404
