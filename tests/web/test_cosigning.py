"""Co-signing on the pages: After visit says what waits, Today shows it to who was asked, one page decides."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.api_tokens import make_token
from care.models import (
    Assignment,
    Client,
    Cosign,
    CosignStatus,
    Exercise,
    ExerciseType,
    Practice,
    ProviderKind,
    Role,
    User,
)
from tests.making import MONDAY, MONDAY_8AM, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def kim(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Kim")


@pytest.fixture
def sam(session: Session, practice: Practice, kim: User) -> User:
    kind = ProviderKind.MASSAGE_THERAPIST
    return make_user(session, practice, name="Sam", provider_kind=kind, cosigner_id=kim.id)


@pytest.fixture
def bridge(session: Session, practice: Practice) -> Exercise:
    return make_exercise(session, practice, name="Bridge", type=ExerciseType.STRENGTH)


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User, bridge: Exercise) -> Client:
    client = make_client(session, practice, therapist_id=sam.id)
    session.commit()
    return client


def after_visit(browser: FlaskClient, client: Client, exercise: Exercise, do: str) -> str:
    typed = {
        "key": "a-key",
        "exercise": [str(exercise.id)],
        "sets-0": "1",
        "reps-0": "10",
        "days": "daily",
        "at_time": "18:00",
        "weeks": "4",
        "ask": "3",
        "next_date": "",
        "next_time": "",
        "do": do,
    }
    return browser.post(f"/clients/{client.id}/visit", data=typed, follow_redirects=True).text


def only(session: Session) -> Cosign:
    found = session.scalars(select(Cosign)).one()
    session.commit()
    return found


def test_after_visit_says_what_waits_and_who_was_asked_signs_it(
    session, browser, sign_in: SignIn, sam, kim, maria, bridge
):
    sign_in(browser, sam)
    assert "Bridge: where new or in a new dose, it waits" in after_visit(browser, maria, bridge, "")
    said = after_visit(browser, maria, bridge, "send")
    assert "Saved: 1 exercise. Bridge waits for Kim to co-sign, and is not texted before." in said
    request = only(session)

    sign_in(browser, kim)
    today = browser.get("/today").text
    assert f"/clients/{maria.id}/co-sign" in today
    assert "1 from Sam." in today
    page = browser.get(f"/clients/{maria.id}/co-sign").text
    assert "10 times" in page

    browser.post(f"/clients/{maria.id}/co-sign/{request.id}", data={"do": "sign"})

    assert session.scalars(select(Assignment.exercise_id)).all() == [bridge.id]
    session.commit()
    assert "1 from Sam." not in browser.get("/today").text
    assert "Signed" in browser.get(f"/clients/{maria.id}/co-sign").text


def test_the_plan_card_says_what_waits_until_it_is_decided(
    session, browser, sign_in: SignIn, sam, kim, maria, bridge
):
    sign_in(browser, sam)
    after_visit(browser, maria, bridge, "send")

    text = browser.get(f"/clients/{maria.id}").text
    card = text[text.index('aria-labelledby="plan"') :].split("</section>")[0]
    assert "Waits for Kim" in card
    assert "Not texted and not due until it is co-signed." in card
    assert "10 times" in card

    sign_in(browser, kim)
    browser.post(f"/clients/{maria.id}/co-sign/{only(session).id}", data={"do": "sign"})
    text = browser.get(f"/clients/{maria.id}").text
    assert "Waits for Kim" not in text
    assert "End the whole plan" in text


def test_declining_without_a_reason_comes_back_and_with_one_reaches_who_asked(
    session, browser, sign_in: SignIn, sam, kim, maria, bridge
):
    sign_in(browser, sam)
    after_visit(browser, maria, bridge, "send")
    where = f"/clients/{maria.id}/co-sign/{only(session).id}"
    assert browser.post(where, data={"do": "sign"}).status_code == 422
    sign_in(browser, kim)

    assert browser.post(where, data={"do": "decline"}).status_code == 422
    assert browser.post(where, data={"do": "decline", "reason": "Hip first"}).status_code == 303

    sign_in(browser, sam)
    assert "Kim declined Bridge: Hip first." in browser.get("/today").text
    assert only(session).status is CosignStatus.DECLINED


def test_the_api_respects_the_scope(session, browser, sam, maria, bridge):
    token = make_token(session, sam, "program", ["care:write"], MONDAY_8AM)
    session.commit()
    body = {
        "client_id": maria.id,
        "assignments": [{"exercise_id": bridge.id, "times": ["09:00"], "starts_on": MONDAY.isoformat()}],
    }

    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    answer = browser.post("/api/v1/plans", json=body, headers=headers)

    assert answer.status_code == 201, answer.text
    assert session.scalars(select(Assignment.id)).all() == []
    session.commit()
    listed = browser.get("/api/v1/cosigns", headers=headers).get_json()
    assert [one["status"] for one in listed["data"]] == ["waiting"]


def test_an_admin_says_what_is_covered_and_who_co_signs(
    session, browser, sign_in: SignIn, practice, sam, kim
):
    sam.provider_kind, sam.cosigner_id = ProviderKind.PHYSICAL_THERAPIST, None
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)
    typed = {"types": ["stretch"], f"kind-{sam.id}": "massage_therapist", f"signer-{sam.id}": str(kim.id)}

    assert browser.post("/settings/scope", data=typed).status_code == 303
    assert browser.post("/settings/scope", data=typed | {f"signer-{sam.id}": str(sam.id)}).status_code == 422
    assert browser.post("/settings/scope", data=typed | {f"kind-{sam.id}": "wizard"}).status_code == 422

    session.expire_all()
    assert (sam.provider_kind, sam.cosigner_id) == (ProviderKind.MASSAGE_THERAPIST, kim.id)
    assert practice.scopes == {"massage_therapist": ["stretch"]}
    session.commit()
    assert "Sam" in browser.get("/settings/scope").text
