"""The audit trail as admins read it, what goes into it, and who looked at a client."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care import users
from care.attention import raise_item
from care.models import AttentionKind, AuditEntry, Client, Practice, Role, User
from tests.making import MONDAY_8AM, make_client, make_practice, make_user
from tests.web.conftest import SignIn

# Parts of a page that was put down already, or that show nothing of the client.
NOT_A_LOOK = ("handouts.picture", "handouts.qr", "handouts.pdf", "evidence.show")


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam Ortiz")


@pytest.fixture
def admin(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Ada Brook", role=Role.ADMIN)


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    maria = make_client(session, practice, therapist_id=sam.id, first_name="Maria", last_name="Lopez")
    raise_item(session, practice.id, AttentionKind.QUESTION, "q", MONDAY_8AM, client_id=maria.id)
    session.commit()
    return maria


def entries(session: Session) -> list[tuple[str, str, int | None, int | None]]:
    rows = session.execute(
        select(AuditEntry.action, AuditEntry.subject, AuditEntry.subject_id, AuditEntry.user_id).order_by(
            AuditEntry.id
        )
    ).all()
    session.commit()
    return [tuple(row) for row in rows]


def test_every_page_of_a_client_is_one_look(
    app: Flask, browser: FlaskClient, sign_in: SignIn, session: Session, maria: Client, sam: User
) -> None:
    sign_in(browser, sam)
    client_id, user_id = maria.id, sam.id
    session.commit()
    pages = [
        rule
        for rule in app.url_map.iter_rules()
        if set(rule.arguments) == {"client_id"} and "GET" in (rule.methods or ())
        if rule.endpoint not in NOT_A_LOOK
    ]

    strays = []
    for rule in pages:
        before = len(entries(session))
        status = browser.get(str(rule).replace("<int:client_id>", str(client_id))).status_code
        added = entries(session)[before:]
        looks = [[(action, "client", client_id, user_id)] for action in ("view", "export")]
        if status == 200 and added not in looks:
            strays.append((rule.endpoint, added))
    before = len(entries(session))
    browser.get("/inbox")

    assert len(pages) > 12
    assert strays == []
    assert entries(session)[before:] == [("view", "client", client_id, user_id)]


def test_what_is_not_theirs_goes_on_file_as_a_refusal(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, maria: Client
) -> None:
    kim = make_user(session, practice)
    session.commit()
    sign_in(browser, kim)
    client_id, user_id = maria.id, kim.id
    session.commit()

    browser.get(f"/clients/{client_id}")
    browser.post(f"/clients/{client_id}/pause")
    browser.get("/adherence")

    assert entries(session) == [
        ("refused", "client", client_id, user_id),
        ("refused", "client", client_id, user_id),
        ("refused", "page", None, user_id),
    ]


def test_a_wrong_password_is_on_file_where_somebody_has_the_email(
    browser: FlaskClient, session: Session, practice: Practice
) -> None:
    sam = users.add_user(
        session,
        practice,
        email="sam@sample.example",
        name="Sam",
        role=Role.THERAPIST,
        password="a long walk by the river",
        now=MONDAY_8AM,
    )
    session.commit()
    sam_id = sam.id
    session.commit()

    for email in ("sam@sample.example", "nobody@sample.example"):
        browser.post("/sign-in", data={"email": email, "password": "not the one it is"})

    assert entries(session) == [("sign_in_refused", "user", sam_id, sam_id)]


def test_admins_read_the_trail_by_user_act_client_and_day(
    browser: FlaskClient, sign_in: SignIn, session: Session, maria: Client, sam: User, admin: User
) -> None:
    theirs = browser.application.test_client()
    client_id, sam_id, admin_id = maria.id, sam.id, admin.id
    session.commit()
    for one, user in ((theirs, sam), (browser, admin)):
        session.refresh(user)
        session.expunge(user)
        session.commit()
        sign_in(one, user)
    theirs.get(f"/clients/{client_id}")

    def rows(query: str) -> int:
        return browser.get(f"/settings/audit?{query}").text.count('<tr role="row"><td')

    page = browser.get("/settings/audit").text
    assert "Looked at client" in page
    assert "Maria Lopez" in page
    assert rows(f"user={sam_id}&action=view&client={client_id}&from=2026-03-02&to=2026-03-02") == 1
    assert [rows(f"user={admin_id}"), rows("from=2026-03-03"), rows("to=2026-03-01")] == [0, 0, 0]
    assert rows("user=x&client=-1&from=soon&before=99999999999999999999") == 1


def test_a_client_can_be_told_who_looked(
    browser: FlaskClient, sign_in: SignIn, session: Session, maria: Client, sam: User, admin: User
) -> None:
    client_id = maria.id
    session.commit()
    for user in (admin, sam):
        sign_in(browser, user)
        session.commit()
        browser.get(f"/clients/{client_id}")
        browser.get(f"/clients/{client_id}/edit")

    page = browser.get(f"/clients/{client_id}/people/looks").text

    assert "Ada Brook" in page
    assert page.count("2 times") == 2


def test_the_trail_pages_back_without_a_gap(
    browser: FlaskClient, sign_in: SignIn, session: Session, practice: Practice, admin: User
) -> None:
    session.add_all(
        AuditEntry(practice_id=practice.id, action="view", subject="client", subject_id=1, at=MONDAY_8AM)
        for _ in range(150)
    )
    session.commit()
    count = session.scalar(select(func.count()).select_from(AuditEntry))
    session.commit()
    sign_in(browser, admin)
    session.commit()

    first = browser.get("/settings/audit?action=view").text
    older = first.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(older).text

    assert first.count('<tr role="row"><td') + second.count('<tr role="row"><td') == count
