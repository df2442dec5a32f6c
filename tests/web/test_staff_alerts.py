"""Alerts on the pages: one's own word for a phone, hours, who stands in, and where alerts do not arrive."""

from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import consent, facts
from care.models import AuditEntry, ConsentSource, Practice, Role, User
from care.on_call import ALERTS_WORDING, agree_to_alerts
from care.phones import PhoneBook
from tests.making import MONDAY_8AM, make_client, make_practice, make_user
from tests.web.conftest import SignIn

PHONE = "(202) 555-0141"


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    user = make_user(session, practice, name="Sam")
    make_client(session, practice, therapist_id=user.id)
    return user


@pytest.fixture
def ada(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Ada", role=Role.ADMIN)


@pytest.fixture
def sams(session: Session, browser: FlaskClient, sign_in: SignIn, sam: User, ada: User) -> FlaskClient:
    session.commit()
    sign_in(browser, sam)
    return browser


def reread(session: Session, user: User) -> User:
    session.rollback()
    session.refresh(user)
    return user


def agree(browser: FlaskClient, **changes: str) -> int:
    return browser.post("/settings/alerts/phone", data={"phone": PHONE, "agreed": "y"} | changes).status_code


def test_a_user_agrees_to_the_words_that_are_shown(sams: FlaskClient, session: Session, sam: User) -> None:
    shown = sams.get("/settings/alerts").text

    assert agree(sams) == 303

    kept = reread(session, sam)
    assert ALERTS_WORDING in shown
    assert (kept.phone, kept.alerts_wording) == ("+12025550141", ALERTS_WORDING)
    assert kept.alerts_agreed_at == MONDAY_8AM
    assert session.scalars(select(AuditEntry.action)).all() == ["agree_to_alerts"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"agreed": ""}, "Tick the box if you agree"),
        ({"phone": ""}, "Enter your mobile phone"),
        ({"phone": "12"}, "Phone must be a number that can be texted"),
    ],
)
def test_without_a_phone_or_a_yes_there_are_no_alerts(
    sams: FlaskClient, session: Session, sam: User, changes: dict[str, str], sentence: str
) -> None:
    answer = sams.post("/settings/alerts/phone", data={"phone": PHONE, "agreed": "y"} | changes)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert reread(session, sam).alerts_agreed_at is None


def test_a_phone_that_texted_stop_cannot_be_signed_up_again(
    sams: FlaskClient, session: Session, book: PhoneBook, practice: Practice
) -> None:
    phone_hash = book.hash("+12025550141")
    consent.opt_out(session, practice.id, phone_hash, ConsentSource.TEXT, MONDAY_8AM, client_ids=[])
    session.commit()

    assert agree(sams) == 422


def test_ending_alerts_deletes_the_number(sams: FlaskClient, session: Session, sam: User) -> None:
    agree(sams)

    sams.post("/settings/alerts/stop")

    kept = reread(session, sam)
    assert (kept.phone, kept.phone_hash, kept.alerts_agreed_at) == (None, None, None)


def on_call(ada: User, **changes: object) -> dict[str, object]:
    return {"days": ["0", "4"], "from_time": "18:00", "until_time": "07:00", "backup": str(ada.id)} | changes


def test_hours_may_run_over_midnight_and_somebody_stands_in(
    sams: FlaskClient, session: Session, sam: User, ada: User
) -> None:
    assert sams.post("/settings/alerts/on-call", data=on_call(ada)).status_code == 303

    kept = reread(session, sam)
    assert (kept.on_call_days, kept.backup_id) == ([0, 4], ada.id)
    assert (kept.on_call_from_time, kept.on_call_until_time) == (time(18), time(7))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"until_time": ""}, "Hours must have both a beginning and an end"),
        ({"until_time": "18:00"}, "Hours must end at another time"),
        ({"backup": "999"}, "Choose somebody else of this practice"),
    ],
)
def test_hours_and_stand_ins_that_make_no_sense_come_back(
    sams: FlaskClient, ada: User, changes: dict[str, str], sentence: str
) -> None:
    answer = sams.post("/settings/alerts/on-call", data=on_call(ada, **changes))

    assert answer.status_code == 422
    assert sentence in answer.text


def test_nobody_stands_in_for_themselves(sams: FlaskClient, sam: User, ada: User) -> None:
    assert sams.post("/settings/alerts/on-call", data=on_call(ada, backup=str(sam.id))).status_code == 422


def test_an_admin_sees_to_hours_but_cannot_agree_for_somebody(
    session: Session, browser: FlaskClient, sign_in: SignIn, sam: User, ada: User
) -> None:
    session.commit()
    sign_in(browser, ada)

    page = browser.get(f"/settings/users/{sam.id}/alerts")
    saved = browser.post(f"/settings/users/{sam.id}/alerts", data=on_call(ada))

    assert "I agree to these words" not in page.text
    assert saved.status_code == 303
    assert reread(session, sam).backup_id == ada.id


def test_a_therapist_sees_nobody_elses_alerts(sams: FlaskClient, ada: User) -> None:
    assert sams.get(f"/settings/users/{ada.id}/alerts").status_code == 403


def test_an_admin_of_another_practice_finds_nobody(
    session: Session, browser: FlaskClient, sign_in: SignIn, sam: User
) -> None:
    stranger = make_user(session, make_practice(session), role=Role.ADMIN)
    session.commit()
    sign_in(browser, stranger)

    assert browser.get(f"/settings/users/{sam.id}/alerts").status_code == 404


@pytest.mark.parametrize("path", ["/today", "/settings"])
def test_pages_say_that_no_alert_reaches_anybody_until_one_does(sams: FlaskClient, path: str) -> None:
    before = sams.get(path).text
    agree(sams)

    assert "No alert reaches anybody" in before
    assert "No alert reaches anybody" not in sams.get(path).text


def test_with_mail_somebody_is_always_reached(sams: FlaskClient, session: Session) -> None:
    facts.keep_facts(session, "http://127.0.0.1:8000", sends_mail=True)
    session.commit()

    assert "No alert reaches anybody" not in sams.get("/today").text


def test_a_stop_from_a_staff_phone_is_told_to_its_owner_and_the_admin(
    session: Session,
    browser: FlaskClient,
    sign_in: SignIn,
    sam: User,
    ada: User,
    practice: Practice,
    book: PhoneBook,
) -> None:
    agree_to_alerts(session, sam, practice, book, PHONE, MONDAY_8AM)
    agree_to_alerts(session, ada, practice, book, "202-555-0142", MONDAY_8AM)
    phone_hash = book.hash("+12025550141")
    consent.opt_out(session, practice.id, phone_hash, ConsentSource.TEXT, MONDAY_8AM, client_ids=[])
    session.commit()

    sign_in(browser, sam)
    own = browser.get("/today").text
    sign_in(browser, ada)
    admins = browser.get("/today").text

    assert "Your phone texted STOP" in own
    assert "Sam’s phone texted STOP" in admins


def test_the_morning_mail_is_ended_and_begun_by_one_tap(
    sams: FlaskClient, session: Session, sam: User
) -> None:
    facts.keep_facts(session, "https://clinic.example", sends_mail=True)
    session.commit()
    assert "End the morning mail" in sams.get("/settings/alerts").text

    for wanted in ("0", "1"):
        session.rollback()
        sams.post("/settings/alerts/digest", data={"wanted": wanted})
        assert reread(session, sam).gets_digest is (wanted == "1")
