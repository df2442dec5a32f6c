"""The whole map at once: who may knock without signing in, and that every form shows its token."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.models import User
from tests.making import make_practice, make_user
from tests.web.conftest import MakeApp, SignIn
from web.auth import PUBLIC

# By the provider, by a token of the client's own link, and by the secret in the address.
SIGNED = frozenset({"webhooks.inbound", "webhooks.status", "client_link.act", "share_link.read"})


@pytest.fixture
def user(session: Session) -> User:
    user = make_user(session, make_practice(session))
    session.commit()
    return user


def addresses(app: Flask, method: str, leave_out: frozenset[str]) -> list[str]:
    """Every address that takes this method, with 1 for each variable."""
    found = []
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            is_for_programs = rule.endpoint.startswith("api.")  # with a token: tests/web/test_api.py
            if method in (rule.methods or ()) and rule.endpoint not in leave_out and not is_for_programs:
                values: dict[str, object] = dict.fromkeys(rule.arguments, 1)
                if "filename" in values:
                    values["filename"] = "app.css"
                found.append(adapter.build(rule.endpoint, values, method=method))
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_page_asks_for_a_log_in_unless_it_is_public(app: Flask, method: str) -> None:
    browser = app.test_client()
    asked = addresses(app, method, PUBLIC)

    answers = {address: browser.open(address, method=method) for address in asked}

    assert len(asked) > 10
    strays = [address for address, answer in answers.items() if answer.status_code != 303]
    assert strays == []
    assert all(answer.location.startswith("/sign-in") for answer in answers.values())


def test_what_is_public_exists_and_none_is_added_unseen(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    by_a_token_in_the_address = {
        "access_link.use",
        "calendar_feed.show",
        "client_link.act",
        "client_link.picture",
        "client_link.show",
        "share_link.read",
        "share_link.show",
    }
    by_the_provider = {"webhooks.inbound", "webhooks.status"}
    for_anybody = {"static", "auth.sign_in", "security_txt.show"}
    for_monitors = {"health.healthz", "health.readyz", "metrics.show"}

    assert endpoints >= PUBLIC
    assert by_a_token_in_the_address | by_the_provider | for_anybody | for_monitors == PUBLIC


def test_every_post_without_a_token_is_refused(make_app: MakeApp, sign_in: SignIn, user: User) -> None:
    app = make_app()
    app.config["WTF_CSRF_ENABLED"] = True
    browser = app.test_client()
    sign_in(browser, user)

    answers = {one: browser.post(one) for one in addresses(app, "POST", SIGNED)}

    assert len(answers) > 10
    assert [one for one, answer in answers.items() if answer.status_code != 400] == []
    assert all("reload the page" in answer.text for answer in answers.values())


def test_get_changes_nothing_that_only_a_post_should(app: Flask) -> None:
    verbs = ("/end", "/pause", "/resume", "/close", "/cancel", "/withdraw", "/sign-out", "/lock", "/texting")

    reached = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if str(rule).endswith(verbs) and "GET" in (rule.methods or ())
    ]

    assert reached == []


@pytest.mark.parametrize("number", ["0", "2147483648", "9223372036854775808", "-1"])
def test_a_number_no_row_can_have_is_not_found(
    browser: FlaskClient, sign_in: SignIn, user: User, number: str
) -> None:
    sign_in(browser, user)

    assert browser.get(f"/clients/{number}").status_code == 404


def test_the_root_leads_to_today(browser: FlaskClient, sign_in: SignIn, user: User) -> None:
    sign_in(browser, user)

    answer = browser.get("/")

    assert (answer.status_code, answer.location) == (303, "/today")


@pytest.mark.parametrize("root", ["", "/office"])
def test_an_address_kept_around_a_number_is_the_one_that_flask_builds(app: Flask, root: str) -> None:
    asked = [
        (rule.endpoint, name, anchor)
        for rule in app.url_map.iter_rules()
        for name in rule.arguments or {"page"}
        for anchor in (None, "the place")
        if len(rule.arguments) < 2 and "filename" not in rule.arguments
    ]

    for first, second in ((7, 12), (3, 3)):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
            for endpoint, name, anchor in asked:
                for number in (first, second):
                    values: dict[str, Any] = {name: number}
                    flasks = Flask.url_for(app, endpoint, _anchor=anchor, **values)
                    assert app.url_for(endpoint, _anchor=anchor, **values) == flasks
    assert len(asked) > 50
