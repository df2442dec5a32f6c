"""The app on a real database, and a browser that can sign in."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from care import signing_in
from care.db import Database
from care.models import User
from care.settings import Settings, load_settings
from tests.conftest import PHONE_KEY
from tests.making import MONDAY_8AM
from tests.web.apps import Apps, Lent
from web.auth import TOKEN
from web.deps import EXTENSION

SECRET_KEY = "the secret key of every app under test"


class TestClock:
    """A clock that a test sets."""

    __test__ = False

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class TestSettings(Settings):
    """Settings whose phones hash as those of `tests.making` do."""

    __test__ = False

    @property
    def phone_key(self) -> bytes:
        return PHONE_KEY


USUAL = {"HOMESTRETCH_SECRET_KEY": SECRET_KEY, "HOMESTRETCH_ADMINS_NEED_CODE": "0"}
SignIn = Callable[[FlaskClient, User], None]
MakeApp = Callable[..., Flask]


@pytest.fixture
def clock() -> TestClock:
    return TestClock(MONDAY_8AM)


@pytest.fixture(scope="session")
def apps() -> Apps:
    return Apps()


@pytest.fixture
def make_app(apps: Apps, database: Database, tmp_path: Path, clock: TestClock) -> Iterator[MakeApp]:
    """An app for this environment: `make_app(HOMESTRETCH_PUBLIC_URL="https://...")`."""
    lent: list[Lent] = []

    def make(**environ: str) -> Flask:
        whole = USUAL | environ
        loaded = load_settings({"HOMESTRETCH_DATA_DIR": str(tmp_path / "data"), **whole})
        settings = TestSettings(**vars(loaded))
        lent.append(apps.lend(tuple(sorted(whole.items())), settings, database, clock))
        return lent[-1].app

    yield make
    for one in lent:
        apps.take_back(one)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """Without CSRF tokens, which `test_routes` sees to."""
    return make_app()


@pytest.fixture
def browser(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as browser:
        yield browser


@pytest.fixture
def sign_in(database: Database, clock: TestClock) -> SignIn:
    """Sign a user in without the slow password check: `sign_in(browser, user)` after a commit.

    On https the cookie is the public address's, so requests there name it as their `base_url`.
    """

    def sign_in(browser: FlaskClient, user: User) -> None:
        with database.sessions.begin() as session:
            token = signing_in.start_session(session, user, clock())
        public = browser.application.extensions[EXTENSION].settings.public_url
        address = {"base_url": public} if public.startswith("https:") else {}
        with browser.session_transaction(**address) as cookie:
            cookie.clear()
            cookie[TOKEN] = token

    return sign_in
