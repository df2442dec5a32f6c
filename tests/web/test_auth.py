"""Signing in, signing out, and the lock."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import users
from care.models import AuditEntry, LoginSession, Role, User
from tests.making import MONDAY_8AM, make_practice
from tests.web.conftest import MakeApp, SignIn, TestClock
from web.auth import TOKEN, safe_next

PASSWORD = "a long walk by the river"


@pytest.fixture
def user(session: Session) -> User:
    practice = make_practice(session)
    user = users.add_user(
        session,
        practice,
        email="sam@sample.example",
        name="Sam",
        role=Role.THERAPIST,
        password=PASSWORD,
        now=MONDAY_8AM,
    )
    session.commit()
    return user


def test_the_right_password_leads_to_today_and_is_on_record(
    browser: FlaskClient, session: Session, user: User
) -> None:
    answer = browser.post("/sign-in", data={"email": "Sam@sample.example", "password": PASSWORD})

    assert (answer.status_code, answer.location) == (303, "/today")
    assert browser.get("/settings").status_code == 200
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.user_id) == ("sign_in", user.id)


def test_an_unknown_user_and_a_bad_password_get_the_same_answer(browser: FlaskClient, user: User) -> None:
    def refused(email: str) -> tuple[int, str]:
        answer = browser.post("/sign-in", data={"email": email, "password": "not the one it is"})
        return answer.status_code, answer.text.replace(email, "")

    wrong, unknown = refused("sam@sample.example"), refused("nobody@sample.example")

    assert wrong == unknown
    assert wrong[0] == 422
    assert "Email or password is wrong" in wrong[1]


@pytest.mark.parametrize("who", ["known", "unknown", "left", "without a password"])
def test_whoever_is_refused_costs_one_check_of_a_password(
    browser: FlaskClient, session: Session, user: User, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    users.check_password(session, "nobody@sample.example", "makes the hash of nobody")
    user.is_active = who != "left"
    if who == "without a password":
        user.password_hash = users.NO_PASSWORD
    session.commit()
    checks: list[str] = []
    is_right = users._is_right

    def counted(password_hash: str, password: str) -> bool:
        checks.append(password_hash)
        return is_right(password_hash, password)

    monkeypatch.setattr(users, "_is_right", counted)
    email = "nobody@sample.example" if who == "unknown" else user.email
    answer = browser.post("/sign-in", data={"email": email, "password": "not the one it is"})

    assert answer.status_code == 422
    assert len(checks) == 1
    assert checks[0].startswith("$argon2id$")


@pytest.mark.parametrize("is_sample", [True, False])
def test_sign_in_says_that_the_sample_practice_asks_for_no_second_step(
    browser: FlaskClient, session: Session, is_sample: bool
) -> None:
    make_practice(session, is_sample=is_sample)
    session.commit()

    page = browser.get("/sign-in").text

    assert ("The sample practice asks for no second step" in page) is is_sample


def test_the_form_comes_back_with_the_email_and_without_the_password(
    browser: FlaskClient, user: User
) -> None:
    answer = browser.post("/sign-in", data={"email": "sam@sample.example", "password": "not the one it is"})

    assert 'value="sam@sample.example"' in answer.text
    assert "not the one it is" not in answer.text
    assert "<title>Error: Sign in" in answer.text


@pytest.mark.usefixtures("user")
def test_what_was_in_the_cookie_before_signing_in_is_gone(browser: FlaskClient) -> None:
    with browser.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    browser.post("/sign-in", data={"email": "sam@sample.example", "password": PASSWORD})

    with browser.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie[TOKEN]


def test_signing_out_ends_the_log_in_even_for_a_copy_of_the_cookie(
    browser: FlaskClient, sign_in: SignIn, user: User
) -> None:
    sign_in(browser, user)
    with browser.session_transaction() as cookie:
        copied = cookie[TOKEN]

    browser.post("/sign-out")
    with browser.session_transaction() as cookie:
        cookie[TOKEN] = copied

    assert browser.get("/settings").status_code == 303


def test_the_lock_returns_to_the_page_it_was_pressed_on(
    browser: FlaskClient, sign_in: SignIn, user: User
) -> None:
    sign_in(browser, user)

    locked = browser.post("/lock", data={"next": "/clients?q=lopez"})
    back = browser.post(
        "/sign-in",
        data={"email": user.email, "password": PASSWORD, "next": "/clients?q=lopez"},
    )

    assert locked.location == "/sign-in?next=/clients?q%3Dlopez"
    assert back.location == "/clients?q=lopez"


def test_fifteen_idle_minutes_sign_out_and_work_in_between_does_not(
    browser: FlaskClient, sign_in: SignIn, user: User, clock: TestClock
) -> None:
    sign_in(browser, user)
    statuses = []
    for minutes in (14, 14, 16):
        clock.now += timedelta(minutes=minutes)
        statuses.append(browser.get("/settings").status_code)

    assert statuses == [200, 200, 303]


def test_looking_around_writes_the_time_at_most_once_a_minute(
    browser: FlaskClient, sign_in: SignIn, user: User, clock: TestClock, session: Session
) -> None:
    sign_in(browser, user)

    clock.now += timedelta(seconds=30)
    browser.get("/settings")
    at_half = session.scalars(select(LoginSession.seen_at)).one()
    session.rollback()
    clock.now += timedelta(seconds=40)
    browser.get("/settings")

    assert at_half == MONDAY_8AM
    assert session.scalars(select(LoginSession.seen_at)).one() == MONDAY_8AM + timedelta(seconds=70)


def test_a_user_who_left_is_out_at_once(
    browser: FlaskClient, sign_in: SignIn, user: User, session: Session
) -> None:
    sign_in(browser, user)
    user.is_active = False
    session.commit()

    assert browser.get("/settings").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "/%2F/evil.example",
        "%2F%2Fevil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/%0d%0aSet-Cookie:x",
        "today",
    ],
)
def test_next_is_never_somewhere_else(make_app: MakeApp, wanted: str) -> None:
    with make_app().test_request_context():
        assert safe_next(wanted) == "/today"


def test_next_may_be_any_path_of_ours(make_app: MakeApp) -> None:
    with make_app().test_request_context():
        assert safe_next("/clients/3?show=plan") == "/clients/3?show=plan"


def test_next_is_a_page_that_can_be_opened(make_app: MakeApp) -> None:
    with make_app().test_request_context():
        assert safe_next("/clients/3/pause") == "/today"
        assert safe_next("/no/such/page") == "/today"


def test_the_cookie_is_hidden_from_scripts_and_plain_on_http(browser: FlaskClient, user: User) -> None:
    answer = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_on_https_the_cookie_belongs_to_this_host_alone(make_app: MakeApp, user: User) -> None:
    browser = make_app(HOMESTRETCH_PUBLIC_URL="https://care.example.org").test_client()

    answer = browser.post(
        "/sign-in",
        data={"email": user.email, "password": PASSWORD},
        base_url="https://care.example.org",
    )

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def guess(browser: FlaskClient, email: str, password: str = "not the one it is") -> int:
    return browser.post("/sign-in", data={"email": email, "password": password}).status_code


def test_guessing_ends_at_the_tenth_try_even_with_the_right_password(
    browser: FlaskClient, user: User
) -> None:
    answers = [guess(browser, user.email) for _ in range(10)]
    last = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})

    assert answers == [422] * 10
    assert last.status_code == 429
    assert "Too many tries. Wait 15 minutes" in last.text


def test_guesses_at_one_account_keep_nobody_else_out(
    browser: FlaskClient, user: User, session: Session, clock: TestClock
) -> None:
    answers = [guess(browser, "nobody@sample.example") for _ in range(200)]

    assert answers.count(422) == 10
    assert guess(browser, user.email, PASSWORD) == 303


def test_an_account_opens_by_itself_and_a_right_password_wipes_the_slate(
    browser: FlaskClient, user: User, clock: TestClock
) -> None:
    for _ in range(11):
        guess(browser, user.email)
    clock.now += timedelta(minutes=15)

    assert guess(browser, user.email, PASSWORD) == 303
    browser.post("/sign-out")
    assert [guess(browser, user.email) for _ in range(10)] == [422] * 10
