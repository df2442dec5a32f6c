"""Assessment: the brief on top, the form begun with the answers, and a completed one that stays as it was."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Assessment, AssessmentStatus, Client, Practice, RatingSource, Role
from care.ratings import record_rating
from tests.making import MONDAY_8AM, make_client, make_practice, make_user
from tests.web.conftest import SignIn


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn) -> Client:
    """A client who texted 8 and then 3; her therapist is signed in."""
    practice = make_practice(session)
    sam = make_user(session, practice)
    client = make_client(session, practice, therapist_id=sam.id)
    for days, score in ((6, 8), (1, 3)):
        at = MONDAY_8AM - timedelta(days=days)
        record_rating(session, client, score, source=RatingSource.TEXT, at=at)
    session.commit()
    sign_in(browser, sam)
    return client


def posted(browser: FlaskClient, client: Client, **changes: str) -> dict[str, str]:
    """What the browser sends when somebody presses a button of the page as it stands."""
    text = browser.get(f"/clients/{client.id}/assessment").text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
    form |= dict(re.findall(r'<textarea name="(seen-\w+)"[^>]*>([^<]*)</textarea>', text))
    form |= dict(re.findall(r'<textarea class="input" id="\w+" name="(\w+)"[^>]*>([^<]*)</textarea>', text))
    form["pain"] = re.search(r'name="pain" value="([^"]*)"', text)[1]
    return form | changes


def kept(session: Session) -> list[Assessment]:
    session.expire_all()
    rows = list(session.scalars(select(Assessment).order_by(Assessment.id)))
    session.commit()
    return rows


def test_the_brief_says_where_pain_began_where_it_is_and_what_that_means(browser, maria):
    text = browser.get(f"/clients/{maria.id}/assessment").text

    assert "much better" in text
    assert "MCID reached" in text
    assert "S: Since" in text


def test_what_comes_from_replies_is_filled_in_and_marked(browser, maria):
    text = browser.get(f"/clients/{maria.id}/assessment").text

    assert 'name="pain" value="3"' in text
    assert text.count("from replies") == 1


def test_looking_stores_nothing(session, browser, maria):
    browser.get(f"/clients/{maria.id}/assessment")

    assert kept(session) == []


def test_a_saved_draft_keeps_the_mark_of_what_was_not_touched(session, browser, maria):
    address = f"/clients/{maria.id}/assessment"
    browser.post(address, data=posted(browser, maria, do="draft", findings="Tight"))

    [draft] = kept(session)
    assert (draft.status, draft.pain, draft.findings) == (AssessmentStatus.DRAFT, 3, "Tight")
    assert draft.from_replies == ["pain"]
    session.rollback()
    assert "from replies" in browser.get(address).text


def test_a_changed_field_loses_its_mark(session, browser, maria):
    browser.post(f"/clients/{maria.id}/assessment", data=posted(browser, maria, do="draft", pain="4"))

    [draft] = kept(session)
    assert (draft.pain, draft.from_replies) == (4, [])


def test_a_completed_assessment_is_kept_with_the_brief_as_it_was_seen(session, browser, maria):
    form = posted(browser, maria, do="complete", impression="Better load tolerance")

    answer = browser.post(f"/clients/{maria.id}/assessment", data=form)
    record_rating(session, maria, 9, source=RatingSource.TEXT, at=MONDAY_8AM)
    session.commit()

    [row] = kept(session)
    shown = browser.get(answer.location).text
    assert answer.location == f"/assessments/{row.id}"
    assert (row.status, row.from_replies) == (AssessmentStatus.COMPLETED, ["pain"])
    assert "Better load tolerance" in shown
    assert "8 to 3" in shown
    main = shown[shown.index('id="main"') :].split("</main>")[0]
    assert re.findall(r'<form[^>]*action="([^"]*)"', main) == [f"/assessments/{row.id}/addenda"]
    assert main.count("<form") == 1


def test_what_came_in_after_the_page_was_opened_is_not_frozen_unseen(session, browser, maria, clock):
    form = posted(browser, maria, do="complete")
    clock.now += timedelta(minutes=5)
    record_rating(session, maria, 9, source=RatingSource.TEXT, at=clock.now)
    session.commit()

    browser.post(f"/clients/{maria.id}/assessment", data=form)

    [row] = kept(session)
    assert row.brief["pain"]["latest"] == 3
    assert row.from_replies == ["pain"]


def test_completing_twice_leads_to_the_same_assessment(session, browser, maria):
    form = posted(browser, maria, do="complete")

    first = browser.post(f"/clients/{maria.id}/assessment", data=form)
    second = browser.post(f"/clients/{maria.id}/assessment", data=form)

    assert first.location == second.location
    assert len(kept(session)) == 1


def test_a_wrong_pain_comes_back_filled(session, browser, maria):
    form = posted(browser, maria, do="complete", pain="12", findings="Tight")

    answer = browser.post(f"/clients/{maria.id}/assessment", data=form)

    assert answer.status_code == 422
    assert answer.text.count("Pain must be a number from 0 to 10, or empty.") == 2
    assert "Tight" in answer.text
    assert kept(session) == []


def test_no_ratings_are_no_rating_and_not_zero(session, browser, maria, sign_in):
    practice = make_practice(session)
    client = make_client(session, practice)
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)

    text = browser.get(f"/clients/{client.id}/assessment").text

    assert "No ratings yet." in text
    assert 'name="pain" value=""' in text


def test_another_therapists_assessments_are_not_found(session, browser, maria, sign_in):
    answer = browser.post(f"/clients/{maria.id}/assessment", data=posted(browser, maria, do="complete"))
    kim = make_user(session, session.get_one(Practice, maria.practice_id))
    session.commit()
    sign_in(browser, kim)

    assert browser.get(f"/clients/{maria.id}/assessment").status_code == 404
    assert browser.get(answer.location).status_code == 404
