"""Pictures: staff see what is drawn, clients what a person of the practice approved."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.client_links import link_for
from care.exercises import seed_library
from care.models import AuditEntry, Exercise, Practice, Side, User
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn


@pytest.fixture
def practice(session: Session) -> Practice:
    practice = make_practice(session)
    seed_library(session, practice)
    return practice


@pytest.fixture
def sam(session: Session, practice: Practice, browser: FlaskClient, sign_in: SignIn) -> User:
    user = make_user(session, practice, name="Sam")
    session.commit()
    sign_in(browser, user)
    return user


def exercise_called(session: Session, slug: str) -> Exercise:
    """Loaded for good: reading it again would hold the write lock."""
    exercise = session.scalars(select(Exercise).where(Exercise.slug == slug)).one()
    session.expunge(exercise)
    session.commit()
    return exercise


def test_staff_see_a_picture_before_anybody_approved_it(session, browser, sam):
    exercise = exercise_called(session, "cat-cow")

    page = browser.get(f"/exercises/{exercise.id}").text
    picture = browser.get(f"/exercises/{exercise.id}/picture.svg")

    assert "not yet approved" in page
    assert picture.mimetype == "image/svg+xml"
    assert picture.text.startswith("<svg")


def test_the_left_side_is_another_picture(session, browser, sam):
    exercise = exercise_called(session, "seated-hamstring-stretch")
    address = f"/exercises/{exercise.id}/picture.svg"

    assert browser.get(f"{address}?side=left").text != browser.get(address).text


def test_where_words_must_do_there_is_no_picture(session, browser, practice, sam):
    make_exercise(session, practice, slug="cat-and-dog", name="Own")
    session.commit()
    for slug in ("ankle-alphabet", "cat-and-dog"):
        exercise = exercise_called(session, slug)
        page = browser.get(f"/exercises/{exercise.id}").text

        assert "Picture</h2>" not in page
        assert browser.get(f"/exercises/{exercise.id}/picture.svg").status_code == 404
        assert browser.post(f"/exercises/{exercise.id}/picture", data={"do": "approve"}).status_code == 404


def test_a_client_sees_the_picture_of_their_side_once_somebody_approved_it(session, browser, practice, sam):
    exercise = exercise_called(session, "seated-hamstring-stretch")
    client = make_client(session, practice, therapist_id=sam.id)
    assignment = make_assignment(session, client, exercise, side=Side.LEFT, starts_on=MONDAY)
    plan_ahead(session, Timeline(MONDAY_8AM))
    token = link_for(session, client, MONDAY_8AM).token
    address = f"/c/{token}/{assignment.id}.svg"
    session.commit()
    before, picture_before = browser.get(f"/c/{token}").text, browser.get(address)

    browser.post(f"/exercises/{exercise.id}/picture", data={"do": "approve"})
    after, picture = browser.get(f"/c/{token}").text, browser.get(address)
    browser.post(f"/exercises/{exercise.id}/picture", data={"do": "withdraw"})

    assert address not in before
    assert picture_before.status_code == 404
    assert address in after
    assert picture.text == browser.get(f"/exercises/{exercise.id}/picture.svg?side=left").text
    assert browser.get(address).status_code == 404
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "exercise")).all()
    assert actions == ["approve_picture", "withdraw_picture"]


def test_a_link_shows_the_pictures_of_its_own_client_alone(session, browser, practice, sam):
    exercise = exercise_called(session, "cat-cow")
    mine, theirs = (make_client(session, practice, therapist_id=sam.id) for _ in range(2))
    make_assignment(session, mine, exercise, starts_on=MONDAY)
    other = make_assignment(session, theirs, exercise, starts_on=MONDAY)
    plan_ahead(session, Timeline(MONDAY_8AM))
    token, other_id = link_for(session, mine, MONDAY_8AM).token, other.id
    session.commit()
    browser.post(f"/exercises/{exercise.id}/picture", data={"do": "approve"})

    assert browser.get(f"/c/{token}/{other_id}.svg").status_code == 404
    assert browser.get(f"/c/no-such-token/{other_id}.svg").status_code == 404


def test_after_visit_says_which_picture_the_client_will_not_see(session, browser, practice, sam):
    client = make_client(session, practice, therapist_id=sam.id)
    shown, hidden = (exercise_called(session, slug) for slug in ("cat-cow", "chin-tuck"))
    browser.post(f"/exercises/{shown.id}/picture", data={"do": "approve"})
    session.commit()

    added = {"exercise": [str(shown.id), str(hidden.id)]}
    doses = {f"{name}-{row}": "1" for name in ("sets", "reps") for row in (0, 1)}
    page = browser.post(f"/clients/{client.id}/visit", data=added | doses).text

    [before, after] = page.split('class="dose-name">Chin tuck')
    assert "its picture is not approved" not in before
    assert "Clients get words alone: its picture is not approved" in after
