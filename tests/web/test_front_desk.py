"""The front desk: how to reach clients and when they come, and nothing of their care."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.models import (
    AttentionKind,
    AuditEntry,
    Client,
    ClientShare,
    Practice,
    Role,
    User,
    Visit,
    VisitStatus,
)
from care.ratings import record_rating
from tests.making import MONDAY_8AM, MONDAY_NOON, NEW_YORK, make_client, make_practice, make_user, make_visit
from tests.web.conftest import SignIn

CONTACT = {
    "first_name": "Maria",
    "last_name": "Lopez",
    "phone": "(202) 555-0123",
    "email": "maria@sample.example",
    "language": "en",
    "timezone": NEW_YORK,
}
TOMORROW = {"starts_on": "2026-03-03", "at_time": "10:00"}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam Ortiz")


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    maria = make_client(session, practice, therapist_id=sam.id, note="afraid of stairs", first_name="Maria")
    record_rating(session, maria, 6, source="visit", at=MONDAY_8AM, user=sam)
    return maria


@pytest.fixture
def desk(
    session: Session, browser: FlaskClient, sign_in: SignIn, practice: Practice, maria: Client
) -> FlaskClient:
    lee = make_user(session, practice, name="Lee Park", role=Role.FRONT_DESK)
    session.commit()
    sign_in(browser, lee)
    return browser


def test_signing_in_leads_to_the_visits(desk: FlaskClient) -> None:
    assert desk.get("/today").location == "/visits"
    assert 'href="/inbox"' not in desk.get("/visits").text


def test_the_client_page_says_how_to_reach_them_and_nothing_of_their_care(
    desk: FlaskClient, maria: Client
) -> None:
    pages = [desk.get("/clients").text, desk.get(f"/clients/{maria.id}").text]
    pages.append(desk.get(f"/clients/{maria.id}/edit").text)

    assert all("Maria" in page for page in pages)
    words = ("afraid of stairs", "Goal", 'class="pain', "Precaution")
    assert [word for word in words if any(word in page for page in pages)] == []


def test_changing_a_phone_leaves_note_and_therapist_as_they_are(
    desk: FlaskClient, session: Session, maria: Client, sam: User
) -> None:
    sent = CONTACT | {"therapist_id": sam.id, "note": "changed", "goal": "changed", "complaint": "changed"}

    answer = desk.post(f"/clients/{maria.id}/edit", data=sent)

    assert answer.status_code == 303
    session.refresh(maria)
    assert (maria.phone, maria.note, maria.therapist_id) == ("+12025550123", "afraid of stairs", sam.id)


def test_a_client_cannot_be_moved_to_another_therapist_from_the_desk(
    desk: FlaskClient, session: Session, practice: Practice, maria: Client, sam: User
) -> None:
    other = make_user(session, practice)
    session.commit()

    answer = desk.post(f"/clients/{maria.id}/edit", data=CONTACT | {"therapist_id": other.id})

    assert answer.status_code == 422
    session.refresh(maria)
    assert maria.therapist_id == sam.id


def test_a_visit_is_planned_moved_and_cancelled(desk: FlaskClient, session: Session, maria: Client) -> None:
    desk.post(f"/clients/{maria.id}/visits/new", data=TOMORROW)
    visit = session.scalars(select(Visit)).one()
    planned = visit.starts_at
    session.commit()
    desk.post(f"/visits/{visit.id}/move", data=TOMORROW | {"at_time": "11:00"})
    session.refresh(visit)
    moved = visit.starts_at
    session.commit()
    desk.post(f"/visits/{visit.id}/cancel")
    session.refresh(visit)

    assert planned == MONDAY_NOON + timedelta(hours=22)
    assert moved == planned + timedelta(hours=1)
    assert visit.status is VisitStatus.CANCELLED
    assert [entry.action for entry in session.scalars(select(AuditEntry)) if entry.subject == "visit"] == [
        "plan",
        "move",
        "cancel",
    ]


def test_a_visit_in_the_past_is_refused_at_its_field(desk: FlaskClient, maria: Client) -> None:
    answer = desk.post(
        f"/clients/{maria.id}/visits/new", data={"starts_on": "2026-03-01", "at_time": "10:00"}
    )

    assert answer.status_code == 422
    assert "must be later than now" in answer.text


def test_who_did_not_come_is_asked_for_and_written_down(
    desk: FlaskClient, session: Session, maria: Client
) -> None:
    visit = make_visit(session, maria, starts_at=MONDAY_8AM - timedelta(days=1))
    session.commit()

    asked = desk.get("/visits").text
    desk.post(f"/visits/{visit.id}/missed")
    session.refresh(visit)
    session.commit()

    assert "Did they come?" in asked
    assert visit.status is VisitStatus.MISSED
    assert "Did they come?" not in desk.get("/visits").text


def test_sharing_lets_a_colleague_in_until_it_ends(
    session: Session, browser: FlaskClient, sign_in: SignIn, practice: Practice, maria: Client, sam: User
) -> None:
    kim = make_user(session, practice, name="Kim Lee")
    session.commit()

    def kim_sees() -> int:
        sign_in(browser, kim)
        status = browser.get(f"/clients/{maria.id}").status_code
        sign_in(browser, sam)
        return status

    before = kim_sees()
    browser.post(f"/clients/{maria.id}/people/share", data={"user": kim.id})
    during = kim_sees()
    page = browser.get(f"/clients/{maria.id}/people").text
    browser.post(f"/clients/{maria.id}/people/unshare", data={"user": kim.id})

    assert (before, during, kim_sees()) == (404, 200, 404)
    assert "Kim Lee" in page


def test_who_is_shared_with_neither_passes_it_on_nor_becomes_the_therapist(
    session: Session, browser: FlaskClient, sign_in: SignIn, practice: Practice, maria: Client, sam: User
) -> None:
    kim, ann = make_user(session, practice), make_user(session, practice)
    session.add(
        ClientShare(practice_id=practice.id, client_id=maria.id, user_id=kim.id, shared_at=MONDAY_8AM)
    )
    session.commit()
    sign_in(browser, kim)

    shared = browser.post(f"/clients/{maria.id}/people/share", data={"user": ann.id})
    taken = browser.post(f"/clients/{maria.id}/people/hand-over", data={"user": kim.id})
    edited = browser.post(f"/clients/{maria.id}/edit", data=CONTACT | {"therapist_id": kim.id})

    assert (shared.status_code, taken.status_code, edited.status_code) == (422, 422, 422)
    session.refresh(maria)
    assert maria.therapist_id == sam.id


@pytest.mark.parametrize("keeps", [False, True])
def test_handing_over_takes_what_waits_along(
    session: Session,
    browser: FlaskClient,
    sign_in: SignIn,
    practice: Practice,
    maria: Client,
    sam: User,
    keeps: bool,
) -> None:
    kim = make_user(session, practice)
    item = raise_item(session, practice.id, AttentionKind.QUESTION, "q", MONDAY_8AM, client_id=maria.id)
    session.commit()
    sign_in(browser, sam)

    answer = browser.post(
        f"/clients/{maria.id}/people/hand-over", data={"user": kim.id, "keeps": "1" if keeps else ""}
    )

    assert answer.location == (f"/clients/{maria.id}/people" if keeps else "/clients")
    session.refresh(maria)
    session.refresh(item)
    assert maria.therapist_id == kim.id
    assert item.owner_id == kim.id
    session.commit()
    assert browser.get(f"/clients/{maria.id}").status_code == (200 if keeps else 404)


def test_nobody_of_the_front_desk_is_given_a_client(
    session: Session, browser: FlaskClient, sign_in: SignIn, practice: Practice, maria: Client, sam: User
) -> None:
    lee = make_user(session, practice, role=Role.FRONT_DESK)
    session.commit()
    sign_in(browser, sam)

    answer = browser.post(f"/clients/{maria.id}/people/hand-over", data={"user": lee.id})

    assert answer.status_code == 422
    assert "is front desk" in answer.text
