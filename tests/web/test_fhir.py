"""Records out as FHIR, and clients in, through the pages."""

import html
import io
import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AuditEntry, Client, Practice, Role, User
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn
from web import bring_in

ANN = {
    "resourceType": "Patient",
    "name": [{"given": ["Ann"], "family": "Berg"}],
    "telecom": [{"system": "sms", "value": "202-555-0199"}],
}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def admin(session: Session, practice: Practice, browser: FlaskClient, sign_in: SignIn) -> User:
    user = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, user)
    return user


def sent(browser: FlaskClient, content: str, name: str = "patients.json") -> str:
    answer = browser.post("/clients/bring-in", data={"file": (io.BytesIO(content.encode()), name)})
    return answer.text


def hidden(page: str, name: str) -> str:
    return html.unescape(page.split(f'name="{name}" value="')[1].split('"')[0])


def test_a_clients_record_is_a_resource_a_line_and_in_the_audit_trail(
    session: Session, browser: FlaskClient, practice: Practice, admin: User
) -> None:
    client = make_client(session, practice, therapist_id=admin.id)
    make_assignment(session, client, make_exercise(session, practice))
    session.commit()

    answer = browser.get(f"/clients/{client.id}/fhir.ndjson")

    kinds = [json.loads(line)["resourceType"] for line in answer.text.splitlines()]
    assert answer.mimetype == "application/fhir+ndjson"
    assert {"Patient", "CarePlan", "ServiceRequest"} <= set(kinds)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).all()
    assert [(entry.subject, entry.subject_id) for entry in entries] == [("client", client.id)]


def test_somebody_elses_client_is_not_found(
    session: Session, browser: FlaskClient, practice: Practice, sign_in: SignIn
) -> None:
    therapist = make_user(session, practice, role=Role.THERAPIST)
    client = make_client(session, practice)
    session.commit()
    sign_in(browser, therapist)

    assert browser.get(f"/clients/{client.id}/fhir.ndjson").status_code == 404
    assert browser.get("/settings/fhir.ndjson").status_code == 403
    assert browser.get("/clients/bring-in").status_code == 403


def test_the_whole_practice_is_written_for_an_admin(
    session: Session, browser: FlaskClient, practice: Practice, admin: User
) -> None:
    for name in ("Ann", "Bo"):
        make_client(session, practice, first_name=name)
    session.commit()

    lines = browser.get("/settings/fhir.ndjson").text.splitlines()

    assert [json.loads(line)["resourceType"] for line in lines].count("Patient") == 2


def test_clients_are_looked_at_before_they_are_added_and_added_once(
    session: Session, browser: FlaskClient, practice: Practice, admin: User
) -> None:
    page = sent(browser, json.dumps(ANN))
    assert "1 new client" in page
    assert "Ann Berg" in page
    assert session.scalars(select(Client)).all() == []
    session.rollback()
    form = {"key": hidden(page, "key"), "kept": hidden(page, "kept"), "therapist": "1"}

    first = browser.post("/clients/bring-in/add", data=form)
    browser.post("/clients/bring-in/add", data=form)

    (client,) = session.scalars(select(Client)).all()
    assert first.status_code == 303
    assert (client.name, client.therapist_id) == ("Ann Berg", 1)


def test_the_front_desk_treats_nobody_who_is_brought_in(
    session: Session, browser: FlaskClient, practice: Practice, admin: User
) -> None:
    desk = make_user(session, practice, name="Dana Desk", role=Role.FRONT_DESK)
    session.commit()

    page = sent(browser, json.dumps(ANN))
    form = {"key": hidden(page, "key"), "kept": hidden(page, "kept"), "therapist": str(desk.id)}
    answer = browser.post("/clients/bring-in/add", data=form)

    assert "Dana Desk" not in page
    assert answer.status_code == 422
    assert "Choose a therapist from the list, or nobody yet." in answer.text
    assert session.scalars(select(Client)).all() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no Patient"),
        ("word", "no file of FHIR patients"),
        ("x" * 300, "larger than 2 MB"),
    ],
    ids=["empty", "other", "large"],
)
def test_a_file_that_will_not_do_gets_a_sentence(
    browser: FlaskClient, admin: User, monkeypatch: pytest.MonkeyPatch, content: str, says: str
) -> None:
    monkeypatch.setattr(bring_in, "LARGEST_FILE", 200)

    page = sent(browser, content)

    assert says in page
    assert "There is a problem" in page


def test_no_file_at_all_gets_a_sentence(browser: FlaskClient, admin: User) -> None:
    assert "Choose the file first." in browser.post("/clients/bring-in", data={}).text
