"""The practice's own wording: seen as clients read it, checked before it is kept, ours again at a tap."""

import html

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AuditEntry, Practice, Role, User
from reminders.own_wording import TEXTS
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

REMINDER = "/settings/wording/en/reminder"
OWN = "{practice}: Hello {first}, {min} quiet minutes for you. Reply DONE or SKIP."
FRAGMENT = {"X-Homestretch-Fragment": "1"}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside")


@pytest.fixture
def ada(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Ada", role=Role.ADMIN)


@pytest.fixture
def admin(session: Session, browser: FlaskClient, sign_in: SignIn, ada: User) -> FlaskClient:
    session.commit()
    sign_in(browser, ada)
    return browser


def kept(session: Session) -> object:
    wording = session.scalars(select(Practice.wording)).one()
    session.rollback()
    return wording


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_text_a_practice_may_change_is_shown_as_a_client_reads_it(
    admin: FlaskClient, language: str
) -> None:
    page = html.unescape(admin.get(f"/settings/wording?language={language}").text)

    assert all(f"{REMINDER.rsplit('/', 2)[0]}/{language}/{one.key}" in page for one in TEXTS)
    assert "Riverside: Maria, " in page
    assert "{first}" not in page
    assert "1 text, " in page


def test_a_link_is_counted_at_the_address_of_this_installation(admin: FlaskClient) -> None:
    page = html.unescape(admin.get("/settings/wording/en/reminder_first").text)

    assert f"http://127.0.0.1:8000/c/{'.' * 22} Reply DONE" in page


def test_own_words_are_kept_and_shown(session: Session, admin: FlaskClient) -> None:
    answer = admin.post(REMINDER, data={"words": OWN})

    assert (answer.status_code, answer.location) == (303, "/settings/wording?language=en")
    assert kept(session) == {"en": {"reminder": OWN}}
    page = admin.get(answer.location).text
    assert "Riverside: Hello Maria, 8 quiet minutes for you." in page
    assert "Your words" in page
    assert "change_wording" in session.scalars(select(AuditEntry.action)).all()


def test_refused_words_come_back_as_typed_with_what_to_do(session: Session, admin: FlaskClient) -> None:
    typed = "{practice}: knee time, {frist}! Reply YES to bit.ly/x"

    answer = admin.post(REMINDER, data={"words": typed})

    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert f">{typed}</textarea>" in page
    for sentence in (
        "Take out {frist}: nothing fills it in here.",
        "Take out YES: carriers take that answer for signing up again.",
        "Take out bit.ly/x: this text holds no address.",
        "This names a body part: 'knee'.",
    ):
        assert page.count(sentence) == 2
    assert page.count("<title>Error:") == 1
    assert kept(session) == {}


def test_the_preview_follows_what_is_typed_and_keeps_nothing(session: Session, admin: FlaskClient) -> None:
    answer = admin.post(REMINDER, data={"words": OWN + " x" * 60, "live": "preview"}, headers=FRAGMENT)

    assert answer.status_code == 200
    assert "Riverside: Hello Maria, 8 quiet minutes for you." in answer.text
    assert "2 texts, " in answer.text
    assert "Shorten it by " in answer.text
    assert "X-Homestretch-Fragment" in answer.headers["Vary"]
    assert kept(session) == {}


def test_plain_characters_are_offered_and_taken_at_a_tap(session: Session, admin: FlaskClient) -> None:
    plain = OWN.replace("quiet", "'quiet'")
    curly = OWN.replace("quiet", "‘quiet’")

    refused = admin.post(REMINDER, data={"words": curly})
    taken = admin.post(REMINDER, data={"words": curly, "plain": plain})

    assert refused.status_code == 422
    assert f'name="plain" value="{html.escape(plain, quote=True)}"'.replace("&#x27;", "&#39;") in refused.text
    assert taken.status_code == 200
    assert f">{plain}</textarea>" in html.unescape(taken.text)
    assert kept(session) == {}


def test_ours_can_be_had_again(session: Session, admin: FlaskClient) -> None:
    admin.post(REMINDER, data={"words": OWN})
    assert "Use ours again" in admin.get(REMINDER).text

    answer = admin.post(f"{REMINDER}/ours")

    assert answer.status_code == 303
    assert kept(session) == {}
    assert "Use ours again" not in admin.get(REMINDER).text


def test_the_texts_to_come_on_the_clients_page_are_worded_so_too(
    session: Session, admin: FlaskClient, practice: Practice
) -> None:
    client = make_client(session, practice)
    make_assignment(session, client, make_exercise(session, practice))
    session.commit()

    admin.post(REMINDER, data={"words": OWN})

    assert "Riverside: Hello Maria, " in admin.get(f"/clients/{client.id}").text


def test_words_from_before_a_rule_stay_and_the_page_says_what_is_wrong_with_them(
    session: Session, admin: FlaskClient, practice: Practice
) -> None:
    old = "{practice}: {first}, you missed two. See https://elsewhere.example/x"
    practice.wording = {"en": {"reminder": old, "nudge": "{practice}: Hello {first}, all well?"}}
    session.commit()

    page = html.unescape(admin.get("/settings/wording").text)

    assert "Riverside: Maria, you missed two. See https://elsewhere.example/x" in page
    assert page.count("Your words go on, but would not be saved today:") == 1
    assert "Take out 'missed': it blames, and a gap is 'no answer'." in page
    assert "Take out https://elsewhere.example/x: this text holds no address." in page
    assert "Take out 'missed'" in html.unescape(admin.get(REMINDER).text)
    assert kept(session) == {"en": {"reminder": old, "nudge": "{practice}: Hello {first}, all well?"}}


@pytest.mark.parametrize("address", ["en/stopped", "en/help", "en/crisis", "xx/reminder", "en/message"])
def test_other_texts_and_languages_are_not_found(admin: FlaskClient, address: str) -> None:
    assert admin.get(f"/settings/wording/{address}").status_code == 404
    assert admin.post(f"/settings/wording/{address}", data={"words": OWN}).status_code == 404


def test_the_page_is_the_admins_alone(
    session: Session, admin: FlaskClient, practice: Practice, sign_in: SignIn
) -> None:
    sam = make_user(session, practice)
    session.commit()
    sign_in(admin, sam)

    assert admin.get("/settings/wording").status_code == 403
    assert admin.get(REMINDER).status_code == 403
    assert admin.post(REMINDER, data={"words": OWN}).status_code == 403
    assert admin.post(f"{REMINDER}/ours").status_code == 403
