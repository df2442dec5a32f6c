"""What every answer carries, errors included."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from care.models import User
from tests.making import make_practice, make_user
from tests.web.conftest import MakeApp, SignIn

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def user(session: Session) -> User:
    user = make_user(session, make_practice(session))
    session.commit()
    return user


def check(answer: TestResponse) -> None:
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/sign-in", "/today", "/nowhere", "/healthz", "/twilio/inbound"])
def test_every_answer_carries_the_policy(browser: FlaskClient, address: str) -> None:
    answer = browser.get(address)

    check(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def test_pages_of_a_signed_in_user_are_never_kept(browser: FlaskClient, sign_in: SignIn, user: User) -> None:
    sign_in(browser, user)

    answer = browser.get("/settings")

    check(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def break_down() -> str:
    return str(1 // 0)


def test_a_fault_of_ours_shows_a_page_with_the_policy_and_a_number(make_app: MakeApp) -> None:
    app = make_app()
    app.testing = False
    app.logger.disabled = True
    app.view_functions["health.healthz"] = break_down

    answer = app.test_client().get("/healthz")

    check(answer)
    assert answer.status_code == 500
    assert "Tell your admin this number" in answer.text
    assert "ZeroDivisionError" not in answer.text


def test_only_https_promises_https(make_app: MakeApp) -> None:
    plain = make_app().test_client().get("/sign-in")
    secured = make_app(HOMESTRETCH_PUBLIC_URL="https://care.example.org").test_client()
    answer = secured.get("/sign-in", base_url="https://care.example.org")

    assert "Strict-Transport-Security" not in plain.headers
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


def test_in_production_another_host_name_is_refused(make_app: MakeApp) -> None:
    secured = make_app(HOMESTRETCH_PUBLIC_URL="https://care.example.org").test_client()

    assert secured.get("/sign-in", base_url="https://evil.example").status_code == 400


def test_a_body_beyond_the_limit_is_refused(browser: FlaskClient) -> None:
    answer = browser.post("/sign-in", data={"email": "x" * 600_000, "password": "x"})

    assert answer.status_code == 413


def test_pages_hold_no_style_or_script_of_their_own(
    app: Flask, browser: FlaskClient, sign_in: SignIn, user: User
) -> None:
    sign_in(browser, user)

    for address in ("/sign-in", "/today", "/clients", "/clients/new", "/messages", "/settings"):
        page = browser.get(address, follow_redirects=True).text
        assert " style=" not in page, address
        assert " onclick=" not in page, address
        assert "<script>" not in page, address
