"""Settings: who may change what, and what a change does."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import users
from care.models import Practice, Role, User
from care.thresholds import BOUNDS, Thresholds, thresholds_of
from tests.making import MONDAY_8AM, NEW_YORK, make_practice, make_user
from tests.web.conftest import SignIn
from web.threshold_words import GROUPS

PRACTICE = {
    "name": "Riverside Physio",
    "phone": "202-555-0100",
    "country": "US",
    "timezone": NEW_YORK,
    "language": "en",
    "window_from_time": "10:00",
    "window_until_time": "19:00",
    "daily_cap": "2",
}
PASSWORD = "a long walk by the river"


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def admin(session: Session, practice: Practice) -> User:
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    return admin


@pytest.fixture
def therapist(session: Session, practice: Practice) -> User:
    therapist = make_user(session, practice)
    session.commit()
    return therapist


@pytest.fixture
def signed_in(browser: FlaskClient, sign_in: SignIn, admin: User) -> FlaskClient:
    sign_in(browser, admin)
    return browser


def test_a_therapist_sees_settings_and_changes_none_of_the_practice(
    browser: FlaskClient, sign_in: SignIn, therapist: User
) -> None:
    sign_in(browser, therapist)
    pages = ["practice", "thresholds", "users", "users/new"]
    posts = [*pages[:2], "users/new", "texting", f"users/{therapist.id}/active"]

    own = browser.get("/settings")
    seen = [browser.get(f"/settings/{page}").status_code for page in pages]
    done = [browser.post(f"/settings/{page}", data=PRACTICE).status_code for page in posts]

    assert own.status_code == 200
    assert "Change practice" not in own.text
    assert seen == [403] * 4
    assert done == [403] * 5


def test_practice_details_are_saved(signed_in: FlaskClient, session: Session, practice: Practice) -> None:
    answer = signed_in.post("/settings/practice", data=PRACTICE | {"texts_kept_days": "90"})

    assert answer.location == "/settings"
    session.refresh(practice)
    assert (practice.name, practice.phone, practice.daily_cap) == ("Riverside Physio", "+12025550100", 2)
    assert (practice.window_from_time.hour, practice.texts_kept_days) == (10, 90)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("window_from_time", "07:00", "Window must lie between 8:00am and 9:00pm."),
        ("window_from_time", "", "Enter when texts may begin."),
        ("daily_cap", "99", "Most texts a day must be 1 to 10."),
        ("texts_kept_days", "7", "Days to keep the words of texts must be 30 to 3650."),
        ("phone", "1", "Phone must be a number that can be texted, like 202-555-0123."),
        ("timezone", "Nowhere", "Time zone must be one from the list, like America/New_York."),
    ],
)
def test_a_mistake_comes_back_at_its_field(
    signed_in: FlaskClient, session: Session, practice: Practice, field: str, typed: str, sentence: str
) -> None:
    answer = signed_in.post("/settings/practice", data=PRACTICE | {field: typed})

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert 'value="Riverside Physio"' in answer.text
    session.refresh(practice)
    assert practice.name != "Riverside Physio"


def test_all_texts_can_be_paused_and_resumed(
    signed_in: FlaskClient, session: Session, practice: Practice
) -> None:
    signed_in.post("/settings/texting", data={"paused": "1"})
    session.refresh(practice)
    paused, page = practice.is_texting_paused, signed_in.get("/settings").text
    session.commit()
    signed_in.post("/settings/texting", data={"paused": "0"})

    session.refresh(practice)
    assert paused
    assert "All texts are paused." in page
    assert not practice.is_texting_paused


def test_every_clinical_number_is_on_the_page_with_its_source(signed_in: FlaskClient) -> None:
    named = [one.name for group in GROUPS for one in group.numbers]

    page = signed_in.get("/settings/thresholds").text

    assert sorted(named) == sorted(BOUNDS)
    assert all(f'name="{name}"' in page for name in BOUNDS)
    assert "Farrar 2001" in page


def test_clinical_numbers_are_saved_together_or_not_at_all(
    signed_in: FlaskClient, session: Session, practice: Practice
) -> None:
    numbers = {name: str(getattr(Thresholds(), name)) for name in BOUNDS}

    bad = signed_in.post("/settings/thresholds", data=numbers | {"silence_days": "5", "plan_size": "many"})
    crossed = signed_in.post("/settings/thresholds", data=numbers | {"moderate_from": "9"})
    good = signed_in.post("/settings/thresholds", data=numbers | {"silence_days": "5"})

    assert (bad.status_code, crossed.status_code, good.status_code) == (422, 422, 303)
    assert bad.text.count("Say something above must be 1 to 20.") == 2
    assert 'value="many"' in bad.text
    assert "Moderate from must be below severe from" in crossed.text
    session.refresh(practice)
    assert thresholds_of(practice.thresholds).silence_days == 5


def test_a_new_user_is_invited_by_a_link_shown_once(
    signed_in: FlaskClient, session: Session, practice: Practice
) -> None:
    form = {"name": "Kim", "email": "kim@sample.example", "role": "therapist", "password": PASSWORD}

    added = signed_in.post("/settings/users/new", data=form)
    again = signed_in.post("/settings/users/new", data=form)

    assert "/welcome/" in added.text
    assert "Somebody already signs in with this email." in again.text
    kim = session.scalars(select(User).where(User.email == "kim@sample.example")).one()
    assert (kim.practice_id, kim.role) == (practice.id, Role.THERAPIST)
    assert users.check_password(session, "kim@sample.example", PASSWORD) is None


def test_a_user_of_another_practice_is_not_found(signed_in: FlaskClient, session: Session) -> None:
    stranger = make_user(session, make_practice(session))
    session.commit()

    answer = signed_in.post(f"/settings/users/{stranger.id}/active", data={"active": "0"})

    assert answer.status_code == 404


def test_the_only_admin_cannot_be_sent_away(signed_in: FlaskClient, session: Session, admin: User) -> None:
    answer = signed_in.post(f"/settings/users/{admin.id}/active", data={"active": "0"})

    assert answer.status_code == 422
    assert "only admin" in answer.text


def test_a_changed_password_keeps_this_browser_and_ends_the_others(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice
) -> None:
    sam = users.add_user(
        session,
        practice,
        email="sam@sample.example",
        name="Sam",
        role=Role.THERAPIST,
        password=PASSWORD,
        now=MONDAY_8AM,
    )
    session.commit()
    other = browser.application.test_client()
    for one in (browser, other):
        sign_in(one, sam)

    wrong = browser.post("/settings/password", data={"current": "not it at all", "new": "another long walk"})
    right = browser.post("/settings/password", data={"current": PASSWORD, "new": "another long walk"})

    assert "That is not the password you have now." in wrong.text
    assert right.status_code == 303
    assert browser.get("/settings").status_code == 200
    assert other.get("/settings").status_code == 303


def test_this_device_keeps_its_own_look(signed_in: FlaskClient) -> None:
    signed_in.post("/settings/device", data={"theme": "dark"})

    page = signed_in.get("/settings").text

    assert 'data-theme="dark"' in page
    assert 'data-shortcuts="off"' in page


def test_while_emergency_access_is_open_every_page_of_an_admin_says_so(
    signed_in: FlaskClient, session: Session, practice: Practice
) -> None:
    make_user(session, practice, role=Role.ADMIN, expires_at=MONDAY_8AM + timedelta(hours=1))
    session.commit()

    pages = [signed_in.get(address).text for address in ("/today", "/settings/users")]

    assert all("Emergency access is open until" in page for page in pages)
    assert "Emergency access until" in pages[1]


def test_what_a_change_in_a_score_means_stands_with_its_source(signed_in):
    text = signed_in.get("/settings/thresholds").text

    for words in (
        "10, or 30 % of the first score (Ostelo 2008)",
        "5 of 50, or 10 of 100 (5 of 50 in print)",
        "mean 2, one activity 3 (Stratford 1995)",
        "small 1.3, medium 2.3, large 2.7 (Abbott &amp; Schmitt 2014",
    ):
        assert words in text
