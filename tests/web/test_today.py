"""Today: who needs a person, who is due, and who may be left alone."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care import attention
from care.models import (
    AttentionKind,
    AttentionStatus,
    Client,
    Role,
    User,
    Visit,
    VisitStatus,
)
from care.practices import get_practice
from tests.making import MONDAY_8AM, MONDAY_9AM, make_answer, make_client, make_practice, make_user
from tests.web.conftest import SignIn
from web import today


@pytest.fixture
def user(session: Session) -> User:
    user = make_user(session, make_practice(session, name="Riverside"))
    session.commit()
    return user


@pytest.fixture
def client(session: Session, user: User) -> Client:
    client = make_client(
        session,
        get_practice(session, user.practice_id),
        first_name="Jo",
        last_name="Chan",
        therapist_id=user.id,
    )
    session.commit()
    return client


def make_visit(session: Session, client: Client, starts_at: datetime) -> Visit:
    visit = Visit(
        practice_id=client.practice_id, client_id=client.id, starts_at=starts_at, status=VisitStatus.PLANNED
    )
    session.add(visit)
    session.commit()
    return visit


def make_red_flag(session: Session, client: Client, body: str = "numb when I wipe") -> int:
    message = make_answer(session, client, body)
    item = attention.raise_item(
        session,
        client.practice_id,
        AttentionKind.RED_FLAG,
        f"red_flag:{client.id}",
        MONDAY_8AM,
        client_id=client.id,
        message_id=message.id,
    )
    session.commit()
    return item.id


def test_a_new_practice_is_shown_how_to_begin(browser: FlaskClient, sign_in: SignIn, user: User) -> None:
    sign_in(browser, user)

    page = browser.get("/today").text

    assert "Add your first client" in page
    assert "Needs you" not in page


def test_a_red_flag_stands_on_top_in_the_clients_words(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    make_red_flag(session, client)
    sign_in(browser, user)

    page = browser.get("/today").text

    assert "Needs you (1)" in page
    assert "numb when I wipe" in page
    assert "Red flag" in page
    assert "today 8:00am" in page


def test_what_a_client_wrote_cannot_become_markup(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    make_red_flag(session, client, body="<script>alert(1)</script>")
    sign_in(browser, user)

    page = browser.get("/today").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_i_called_closes_the_item_under_the_users_name(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    item_id = make_red_flag(session, client)
    sign_in(browser, user)

    answer = browser.post(f"/attention/{item_id}/close", data={"note": "Called, sent to the ER"})

    assert (answer.status_code, answer.location) == (303, "/today")
    session.expire_all()
    item = attention.get_item(session, item_id, user)
    assert (item.status, item.closed_by_id, item.note) == (
        AttentionStatus.CLOSED,
        user.id,
        "Called, sent to the ER",
    )
    session.rollback()
    assert "Needs you" not in browser.get("/today").text


def test_what_somebody_is_on_stays_and_says_who(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    item_id = make_red_flag(session, client)
    sign_in(browser, user)

    browser.post(f"/attention/{item_id}/acknowledge")

    assert f"Seen by {user.name}" in browser.get("/today").text


def test_another_therapists_item_is_not_found(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    item_id = make_red_flag(session, client)
    other = make_user(session, get_practice(session, user.practice_id))
    session.commit()
    sign_in(browser, other)

    answers = [browser.post(f"/attention/{item_id}/{verb}").status_code for verb in ("close", "acknowledge")]

    assert answers == [404, 404]
    assert "numb when I wipe" not in browser.get("/today").text


def test_visits_of_the_day_are_listed_on_the_practices_clock(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    make_visit(session, client, MONDAY_9AM)
    sign_in(browser, user)

    page = browser.get("/today").text

    assert "Due today (1)" in page
    assert "9:00am" in page
    assert "Quiet" not in page


def test_a_quiet_day_names_the_next_visit(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    make_visit(session, client, MONDAY_9AM + timedelta(days=3))
    sign_in(browser, user)

    page = browser.get("/today").text

    assert "Nobody needs you right now." in page
    assert "Next: Jo, Thu 5 Mar 9:00am." in page
    assert "Quiet (1): nothing to do" in page


def test_an_admin_sees_every_client_of_the_practice_and_none_of_another(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, session: Session
) -> None:
    admin = make_user(session, get_practice(session, user.practice_id), role=Role.ADMIN)
    make_client(session, make_practice(session), first_name="Elsewhere")
    session.commit()
    sign_in(browser, admin)

    page = browser.get("/today").text

    assert "Jo Chan" in page
    assert "Elsewhere" not in page


def test_more_than_a_screenful_is_shown_when_asked_for(
    browser: FlaskClient,
    sign_in: SignIn,
    user: User,
    client: Client,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(today, "SHOWN", 1)
    other = make_client(session, get_practice(session, user.practice_id), therapist_id=user.id)
    make_red_flag(session, client)
    make_red_flag(session, other, "numb since noon")
    make_visit(session, client, MONDAY_9AM)
    make_visit(session, other, MONDAY_9AM + timedelta(hours=1))
    sign_in(browser, user)

    first, everything = browser.get("/today").text, browser.get("/today?all=1").text

    assert "Needs you (2)" in first
    assert "Due today (2)" in first
    assert "Show 1 more: the less urgent" in first
    assert "Show 1 more: those later today" in first
    assert first.count("&ensp;") == 1
    assert "Show 1" not in everything
    assert everything.count("&ensp;") == 2
