"""What every answer carries, errors included."""

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from care.models import Role, User
from homestretch.logs import set_up_logs
from tests.making import make_practice, make_user
from tests.pages import addresses_of
from tests.web.conftest import MakeApp, SignIn
from web import errors

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def user(session: Session) -> User:
    user = make_user(session, make_practice(session))
    session.commit()
    return user


def check(answer: TestResponse, what: str = "") -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert set(policy.split("; ")) <= set(POLICY.split("; ")), what
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; ")), what
    assert answer.headers["X-Content-Type-Options"] == "nosniff", what
    assert answer.headers["X-Frame-Options"] == "DENY", what
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), what
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", what
    assert "camera=()" in answer.headers["Permissions-Policy"], what


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


def test_every_address_carries_the_policy_for_strangers_and_for_staff(
    app: Flask, sign_in: SignIn, session: Session
) -> None:
    admin = make_user(session, make_practice(session), role=Role.ADMIN)
    session.commit()
    stranger, known = app.test_client(), app.test_client()
    sign_in(known, admin)
    seen = Counter[int]()

    for _endpoint, address in list(addresses_of(app, token="A" * 22)):
        for one in (stranger, known):
            with one.get(address) as answer:
                check(answer, address)
                seen[answer.status_code] += 1

    assert min(seen[200], seen[303], seen[404]) > 20
    assert seen[500] == 0


SIGN_IN = {"email": "sam@sample.example", "password": "not the one it is"}
PARTS = {f"p{number}": "" for number in range(501)}
ERRORS: dict[str, tuple[int, str, str, dict[str, object]]] = {
    "without its token": (400, "POST", "/sign-in", {"data": SIGN_IN}),
    "under another name": (400, "GET", "/sign-in", {"base_url": "https://evil.example"}),
    "not of the role": (403, "GET", "/adherence", {}),
    "nowhere": (404, "GET", "/nowhere", {}),
    "no such client": (404, "GET", "/clients/1", {}),
    "not by this method": (405, "DELETE", "/clients", {}),
    "too large": (413, "POST", "/sign-in", {"data": SIGN_IN | {"email": "x" * 600_000}}),
    "too many parts": (413, "POST", "/sign-in", {"data": PARTS, "content_type": "multipart/form-data"}),
    "too often": (429, "POST", "/sign-in", {"data": SIGN_IN}),
    "broken": (500, "GET", "/healthz", {}),
    "for programs, without a token": (401, "GET", "/api/v1/clients", {}),
    "for programs, nowhere": (401, "GET", "/api/v1/nowhere", {}),
    "a forged webhook": (403, "POST", "/twilio/inbound", {"data": {"Body": "7"}}),
    "a link nobody has": (404, "GET", f"/c/{'A' * 22}", {}),
}


@pytest.mark.parametrize("what", ERRORS)
def test_every_error_carries_the_policy_and_no_detail(
    make_app: MakeApp, sign_in: SignIn, user: User, what: str
) -> None:
    code, method, address, more = ERRORS[what]
    app = make_app(HOMESTRETCH_PUBLIC_URL="https://care.example.org")
    app.testing = False
    app.config["WTF_CSRF_ENABLED"] = what == "without its token"
    app.view_functions["health.healthz"] = break_down
    browser = app.test_client()
    if what in ("not of the role", "no such client", "not by this method"):
        sign_in(browser, user)

    for _ in range(11 if what == "too often" else 1):
        answer = browser.open(address, method=method, **({"base_url": "https://care.example.org"} | more))

    assert answer.status_code == code
    check(answer, what)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]
    assert not re.search(r"Traceback|[a-z]Error|werkzeug|sqlalchemy", answer.text)


def break_down() -> str:
    return str(int("+12025550123, the phone of Maria"))


def test_the_number_on_the_page_is_in_the_log_and_nothing_else_of_the_error(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    app.testing = False
    app.view_functions["health.healthz"] = break_down
    with own_logs(monkeypatch):
        answer = app.test_client().get("/healthz?q=Maria")
        logging.getLogger("waitress").error("Broke", exc_info=ValueError("+12025550123"))

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["page_broke", "Broke"]
    assert lines[0]["reference"] in answer.text
    assert (lines[0]["endpoint"], lines[0]["exception"]["type"]) == ("health.healthz", "ValueError")
    assert not re.search("Maria|2025550123", json.dumps(lines) + answer.text)


@contextmanager
def own_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log as the command sets it up, and afterwards as it was."""
    root = logging.getLogger()
    before, level, kept = list(root.handlers), root.level, structlog.get_config()
    monkeypatch.setattr(errors, "log", structlog.get_logger())
    set_up_logs("info")
    try:
        yield
    finally:
        structlog.configure(**kept)
        root.handlers[:] = before
        root.setLevel(level)


def test_a_fault_of_ours_shows_a_number_to_pass_on(make_app: MakeApp) -> None:
    app = make_app()
    app.testing = False
    app.view_functions["health.healthz"] = break_down

    answer = app.test_client().get("/healthz")

    assert answer.status_code == 500
    assert "Tell your admin this number" in answer.text
    assert "ValueError" not in answer.text


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
