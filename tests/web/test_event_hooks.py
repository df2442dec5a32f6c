"""Settings, events for other programs: who is told, and whether they took it."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.models import Role
from tests.making import make_practice, make_user
from tests.web.conftest import SignIn

URL = "https://records.example.org/homestretch"


def admin(browser: FlaskClient, session: Session, sign_in: SignIn) -> None:
    user = make_user(session, make_practice(session), role=Role.ADMIN)
    session.commit()
    sign_in(browser, user)


def test_an_address_is_added_once_shows_its_secret_and_ends(
    browser: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    admin(browser, session, sign_in)
    form = {"url": URL, "events": ["rating.recorded"]}

    for _ in range(2):
        browser.post("/settings/events", data=form)

    shown = browser.get("/settings/events").text
    assert shown.count("whsec_") == 1
    browser.post("/settings/events/1/end")
    assert "No program is told." in browser.get("/settings/events").text


def test_an_address_in_the_house_is_refused_in_a_sentence_and_kept_in_the_field(
    browser: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    admin(browser, session, sign_in)

    answer = browser.post(
        "/settings/events", data={"url": "https://10.0.0.8/x", "events": ["rating.recorded"]}
    )

    assert answer.status_code == 422
    assert "must be on the internet" in answer.text
    assert 'value="https://10.0.0.8/x"' in answer.text


def test_events_are_the_admins_business(browser: FlaskClient, session: Session, sign_in: SignIn) -> None:
    user = make_user(session, make_practice(session))
    session.commit()
    sign_in(browser, user)

    assert browser.get("/settings/events").status_code == 403
