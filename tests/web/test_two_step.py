"""The second step of signing in, links to choose a password by, devices, and proving once more who it is."""

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import access_links, facts, users
from care.models import AuditEntry, LoginSession, Mail, Practice, Role, TwoStep, User
from tests.making import MONDAY_8AM, make_practice, make_user
from tests.web.conftest import MakeApp, SignIn, TestClock

PASSWORD = "a long walk by the river"
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def admin(session: Session, practice: Practice) -> User:
    admin = users.add_user(
        session,
        practice,
        email="ada@sample.example",
        name="Ada",
        role=Role.ADMIN,
        password=PASSWORD,
        now=MONDAY_8AM,
    )
    session.commit()
    return admin


def first_step(browser: FlaskClient, next: str = "") -> str:
    form = {"email": "ada@sample.example", "password": PASSWORD, "next": next}
    return browser.post("/sign-in", data=form).location


def set_up(browser: FlaskClient) -> tuple[pyotp.TOTP, str]:
    """Turn it on for who is signed in; their app, and one of the codes to keep."""
    browser.post("/settings/two-step/begin")
    page = browser.get("/settings/two-step").text
    key = re.search(r"type the key: <span[^>]*>([A-Z2-7 ]+)<", page)
    assert key is not None
    app = pyotp.TOTP(key[1].replace(" ", ""))
    codes = browser.post("/settings/two-step/confirm", data={"code": app.at(MONDAY_8AM)}).text
    kept = re.findall(r">([a-z2-9]{5}-[a-z2-9]{5})<", codes)
    assert len(kept) == 10
    return app, kept[0]


def test_an_admin_gets_no_further_than_setting_it_up(
    make_app: MakeApp, session: Session, admin: User
) -> None:
    browser = make_app(HOMESTRETCH_ADMINS_NEED_CODE="1").test_client()

    assert first_step(browser) == "/today"
    assert browser.get("/clients").location == "/settings/two-step"
    app, _kept = set_up(browser)

    assert browser.get("/clients").status_code == 200
    assert browser.post("/settings/two-step/off").status_code == 422
    secret = session.scalars(select(TwoStep.sealed_secret)).one()
    assert app.secret not in secret


def test_the_admin_of_a_sample_practice_signs_in_by_password(
    make_app: MakeApp, session: Session, practice: Practice, admin: User
) -> None:
    practice.is_sample = True
    session.commit()
    browser = make_app(HOMESTRETCH_ADMINS_NEED_CODE="1").test_client()

    first_step(browser)

    assert browser.get("/clients").status_code == 200


def test_signing_in_takes_password_and_code_and_each_code_once(
    browser: FlaskClient, admin: User, clock: TestClock, session: Session
) -> None:
    first_step(browser)
    app, _kept = set_up(browser)
    browser.post("/sign-out")
    clock.now += HALF_A_MINUTE
    code = app.at(clock.now)

    asked = first_step(browser, next="/clients?q=lopez")
    without = browser.get("/clients").status_code
    page = browser.get(asked).text
    wrong = browser.post("/sign-in", data={"code": "000000", "next": "/clients?q=lopez"})
    right = browser.post("/sign-in", data={"code": f"{code[:3]} {code[3:]}", "next": "/clients?q=lopez"})
    browser.post("/sign-out")
    first_step(browser)
    replayed = browser.post("/sign-in", data={"code": code})

    assert without == 303
    assert "Code from your app" in page
    assert (wrong.status_code, right.location, replayed.status_code) == (422, "/clients?q=lopez", 422)
    assert "sign_in_by_code" in session.scalars(select(AuditEntry.action)).all()


def test_a_recovery_code_opens_once(browser: FlaskClient, admin: User) -> None:
    first_step(browser)
    _app, kept = set_up(browser)

    answers = []
    for _ in range(2):
        browser.post("/sign-out")
        first_step(browser)
        answers.append(browser.post("/sign-in", data={"code": kept.upper()}).status_code)

    assert answers == [303, 422]


def test_the_code_is_asked_for_within_five_minutes_of_the_password(
    browser: FlaskClient, admin: User, clock: TestClock
) -> None:
    first_step(browser)
    app, _kept = set_up(browser)
    browser.post("/sign-out")
    first_step(browser)
    clock.now += timedelta(minutes=6)

    late = browser.post("/sign-in", data={"code": app.at(clock.now)})

    assert late.status_code == 422
    assert browser.get("/clients").status_code == 303


def test_guessing_codes_ends_at_the_tenth(browser: FlaskClient, admin: User, clock: TestClock) -> None:
    first_step(browser)
    app, _kept = set_up(browser)
    browser.post("/sign-out")
    first_step(browser)

    answers = {browser.post("/sign-in", data={"code": "000000"}).status_code for _ in range(10)}
    clock.now += HALF_A_MINUTE
    last = browser.post("/sign-in", data={"code": app.at(clock.now)})

    assert answers == {422}
    assert last.status_code == 429


def test_who_lost_phone_and_codes_is_reset_by_an_admin(
    browser: FlaskClient, session: Session, practice: Practice, admin: User, sign_in: SignIn
) -> None:
    first_step(browser)
    set_up(browser)
    other = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, other)

    browser.post(f"/settings/users/{admin.id}/two-step")
    browser.post("/sign-out")

    assert first_step(browser) == "/today"


def welcome(browser: FlaskClient, user: User) -> str:
    page = browser.post(f"/settings/users/{user.id}/link").text
    found = re.search(r"/welcome/[\w-]+", page)
    assert found is not None
    return found[0]


def test_a_link_sets_a_password_once_and_signs_the_user_out_everywhere(
    browser: FlaskClient, session: Session, practice: Practice, admin: User, sign_in: SignIn
) -> None:
    sam = make_user(session, practice, email="sam@sample.example")
    session.commit()
    theirs = browser.application.test_client()
    sign_in(theirs, sam)
    sign_in(browser, admin)
    link, guest = welcome(browser, sam), browser.application.test_client()
    new = {"password": "seven green lanterns", "again": "seven green lanterns"}

    looked = guest.get(link)
    weak = guest.post(link, data={"password": "password1234", "again": "password1234"})
    differing = guest.post(link, data=new | {"again": "something else here"})
    used = guest.post(link, data=new)

    assert looked.status_code == 200
    assert looked.headers["Referrer-Policy"] == "no-referrer"
    assert (weak.status_code, differing.status_code, used.location) == (422, 422, "/sign-in")
    assert [guest.get(link).status_code, guest.post(link, data=new).status_code] == [404, 404]
    assert theirs.get("/settings").status_code == 303
    session.expire_all()
    assert users.check_password(session, "sam@sample.example", "seven green lanterns") is not None


def test_a_link_ends_with_its_time_or_a_newer_one(session: Session, practice: Practice) -> None:
    sam = make_user(session, practice)
    first = access_links.make_link(session, sam, MONDAY_8AM)
    second = access_links.make_link(session, sam, MONDAY_8AM)
    last = MONDAY_8AM + access_links.RESET_FOR

    assert access_links.find_invited(session, first, MONDAY_8AM) is None
    assert access_links.find_invited(session, second, last - HALF_A_MINUTE) is sam
    assert access_links.find_invited(session, second, last) is None


def test_where_mail_goes_out_the_link_is_mailed_and_not_shown(
    browser: FlaskClient, session: Session, practice: Practice, admin: User, sign_in: SignIn
) -> None:
    sam = make_user(session, practice)
    facts.keep_facts(session, "https://care.example.org", sends_mail=True)
    session.commit()
    for user in (sam, admin):
        session.refresh(user)
    session.commit()
    sign_in(browser, admin)

    answer = browser.post(f"/settings/users/{sam.id}/link")

    assert answer.location == "/settings/users"
    mail = session.scalars(select(Mail)).one()
    assert (mail.to_address, "/welcome/" in mail.body) == (sam.email, True)


def test_records_leave_the_house_only_after_the_password_once_more(
    browser: FlaskClient, session: Session, admin: User, clock: TestClock
) -> None:
    first_step(browser)
    fresh = browser.get("/settings/fhir.ndjson").status_code
    clock.now += timedelta(minutes=11)

    asked = browser.get("/settings/fhir.ndjson")
    wrong = browser.post("/confirm", data={"password": "not the one it is", "next": "/settings/fhir.ndjson"})
    right = browser.post("/confirm", data={"password": PASSWORD, "next": "/settings/fhir.ndjson"})

    assert fresh == 200
    assert asked.location == "/confirm?next=/settings/fhir.ndjson"
    assert (wrong.status_code, right.location) == (422, "/settings/fhir.ndjson")
    assert browser.get("/settings/fhir.ndjson").status_code == 200


@pytest.mark.parametrize(
    "path", ["/settings/users/new", "/settings/tokens", "/settings/two-step", "/adherence.csv"]
)
def test_security_changes_ask_once_more(
    browser: FlaskClient, admin: User, clock: TestClock, path: str
) -> None:
    first_step(browser)
    clock.now += timedelta(minutes=11)

    assert browser.get(path).location == f"/confirm?next={path}"


def test_devices_are_listed_and_ended_one_by_one(
    browser: FlaskClient, session: Session, admin: User, sign_in: SignIn, practice: Practice
) -> None:
    phone = browser.application.test_client()
    phone.post(
        "/sign-in",
        data={"email": admin.email, "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (Android 15) Firefox/140"},
    )
    first_step(browser)
    colleague = make_user(session, practice)
    session.commit()
    sign_in(browser.application.test_client(), colleague)
    theirs = session.scalars(select(LoginSession).where(LoginSession.user_id == colleague.id)).one()
    lost = session.scalars(select(LoginSession).where(LoginSession.device == "Firefox on Android")).one()
    session.commit()

    page = browser.get("/settings/devices").text
    foreign = browser.post(f"/settings/devices/{theirs.id}/end")
    browser.post(f"/settings/devices/{lost.id}/end")

    assert "Firefox on Android" in page
    assert "This one" in page
    assert foreign.status_code == 404
    assert phone.get("/settings").status_code == 303
    assert browser.get("/settings").status_code == 200


def test_idle_and_longest_time_are_settings(make_app: MakeApp, admin: User, clock: TestClock) -> None:
    app = make_app(HOMESTRETCH_IDLE_MINUTES="5", HOMESTRETCH_SESSION_HOURS="1")
    browser = app.test_client()
    first_step(browser)

    statuses = []
    for minutes in (4, 6):
        clock.now += timedelta(minutes=minutes)
        statuses.append(browser.get("/settings").status_code)
    first_step(browser)
    for _ in range(16):
        clock.now += timedelta(minutes=4)
        last = browser.get("/settings").status_code

    assert statuses == [200, 303]
    assert last == 303


def test_polling_does_not_keep_anybody_signed_in(browser: FlaskClient, admin: User, clock: TestClock) -> None:
    first_step(browser)
    for _ in range(3):
        clock.now += timedelta(minutes=6)
        polled = browser.get("/inbox/count").status_code

    assert polled == 303
