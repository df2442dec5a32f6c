"""The watch for names and phones that every test is under sees them where they must not be."""

import logging

import pytest
import structlog
from flask import abort, redirect
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.models import User
from tests.leaks import LEAKS
from tests.making import make_practice, make_user
from tests.web.conftest import MakeApp, SignIn


def test_a_name_or_phone_in_either_log_is_seen() -> None:
    structlog.get_logger().warning("text_failed", client="Maria", exc_info=False)
    logging.getLogger("urllib3").warning("POST to %s", "+1 (202) 555-0142")

    assert [one.split(":")[0] for one in LEAKS.take()] == ["log", "log urllib3"]


def test_ids_and_the_practices_own_phone_are_none() -> None:
    structlog.get_logger().warning("text_failed", client=17, practice="+12025550100")

    assert LEAKS.take() == []


@pytest.fixture
def at_desk(make_app: MakeApp, sign_in: SignIn, session: Session) -> FlaskClient:
    app = make_app()
    user: User = make_user(session, make_practice(session))
    session.commit()
    app.view_functions["today.show"] = lambda: redirect("/clients?found=Lopez")
    app.view_functions["inbox.index"] = lambda: '<a href="/clients/1?name=Maria%20L">Show</a>'
    app.view_functions["visit_book.index"] = lambda: abort(404, description="Maria Lopez")
    browser = app.test_client()
    sign_in(browser, user)
    return browser


def test_a_name_in_an_address_of_ours_is_seen(at_desk: FlaskClient) -> None:
    assert at_desk.get("/today").status_code == 302
    assert LEAKS.take() != []
    assert at_desk.get("/inbox").status_code == 200
    assert LEAKS.take() != []


def test_an_address_that_somebody_typed_may_be_led_back_to(at_desk: FlaskClient) -> None:
    at_desk.get("/clients?q=lopez")

    assert LEAKS.take() == []


def test_an_error_page_names_nobody(at_desk: FlaskClient) -> None:
    assert "Lopez" not in at_desk.get("/visits").text

    assert LEAKS.take() == []
