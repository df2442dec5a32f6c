"""Messages: did it arrive, and if not, why and what now."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.models import (
    Client,
    Direction,
    Practice,
    ReminderKind,
    ReminderStatus,
    Role,
    User,
)
from tests.care.reminding import make_reminder
from tests.making import MONDAY_8AM, make_client, make_practice, make_text, make_user
from tests.web.conftest import SignIn


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def user(session: Session, practice: Practice) -> User:
    return make_user(session, practice)


@pytest.fixture
def client(session: Session, practice: Practice, user: User) -> Client:
    client = make_client(session, practice, therapist_id=user.id, timezone="America/Los_Angeles")
    session.commit()
    return client


def stored(session: Session, client: Client, **changes: object) -> None:
    make_text(session, client, **changes)
    session.commit()


def test_a_text_shows_its_state_on_the_clients_clock(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    stored(session, client)
    sign_in(browser, user)

    page = browser.get("/messages").text

    assert "Riverside: hello" in page
    assert "Arrived" in page
    assert "Today 5:00am" in page


def test_a_failure_says_why_and_what_to_do(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    stored(session, client, status="undelivered", error_code=30005)
    sign_in(browser, user)

    page = browser.get("/messages").text

    assert "Not delivered" in page
    assert "This number is not in use." in page
    assert "Ask the client for a number that can be texted" in page


def test_a_failure_nobody_explained_names_its_code(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    stored(session, client, status="failed", error_code=39999)
    sign_in(browser, user)

    assert "The provider gave code 39999." in browser.get("/messages").text


def test_what_was_owed_and_did_not_go_is_listed_with_its_reason(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    make_reminder(session, client, kind=ReminderKind.EXERCISE, status=ReminderStatus.SKIPPED, reason="stale")
    session.commit()
    sign_in(browser, user)

    page = browser.get("/messages?show=unsent").text

    assert "Exercise reminder" in page
    assert "It would have come too late to be useful." in page


def test_texts_of_other_therapists_and_practices_stay_unseen(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, client: Client
) -> None:
    stored(session, client, body="for another therapist")
    stranger = make_client(session, make_practice(session))
    stored(session, stranger, body="for another practice")
    stored(session, client, client_id=None, body="from an unknown number")
    other, admin = make_user(session, practice), make_user(session, practice, role=Role.ADMIN)
    session.commit()

    sign_in(browser, other)
    seen_by_other = browser.get("/messages").text
    narrowed = browser.get(f"/messages?client={client.id}")
    sign_in(browser, admin)
    seen_by_admin = browser.get("/messages").text

    assert "0 texts" in seen_by_other
    assert narrowed.status_code == 404
    assert "2 texts" in seen_by_admin
    assert "from an unknown number" in seen_by_admin


def test_texts_can_be_narrowed_to_what_came_in(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    stored(session, client)
    stored(session, client, direction=Direction.IN, body="4 today", status="received")
    sign_in(browser, user)

    page = browser.get("/messages?show=in").text

    assert "4 today" in page
    assert "Riverside: hello" not in page


def test_fifty_texts_make_a_page(
    browser: FlaskClient, sign_in: SignIn, session: Session, user: User, client: Client
) -> None:
    for number in range(51):
        stored(session, client, body=f"text {number:02d}", at=MONDAY_8AM - timedelta(minutes=number))
    sign_in(browser, user)

    first, second = (browser.get(f"/messages?page={page}").text for page in (1, 2))

    assert "Page 1 of 2" in first
    assert "text 50" not in first
    assert "text 50" in second


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=999999999999", "show=nothing", "client=x"])
def test_an_odd_address_is_no_fault(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, query: str
) -> None:
    sign_in(browser, user)

    assert browser.get(f"/messages?{query}").status_code == 200
