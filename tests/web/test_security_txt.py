"""The address that says where a weakness may be reported."""

from datetime import datetime, timedelta

from flask.testing import FlaskClient

from tests.web.conftest import MakeApp, TestClock

ADDRESS = "/.well-known/security.txt"
SET = {
    "HOMESTRETCH_SECURITY_CONTACT": "mailto:security@care.example.org",
    "HOMESTRETCH_SECURITY_EXPIRES": "2026-12-31",
}


def test_it_names_the_contact_and_the_end_as_the_standard_wants(make_app: MakeApp) -> None:
    answer = make_app(**SET).test_client().get(ADDRESS)

    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert answer.content_type == "text/plain; charset=utf-8"
    assert fields["Contact"] == "mailto:security@care.example.org"
    assert datetime.fromisoformat(fields["Expires"]).isoformat() == "2026-12-31T23:59:59+00:00"
    assert fields["Canonical"] == f"http://127.0.0.1:8000{ADDRESS}"


def test_without_a_contact_there_is_none(browser: FlaskClient) -> None:
    assert browser.get(ADDRESS).status_code == 404


def test_one_that_has_expired_is_not_shown(make_app: MakeApp, clock: TestClock) -> None:
    clock.now += timedelta(days=365)

    assert make_app(**SET).test_client().get(ADDRESS).status_code == 404
