"""Merging on the page: compare first, tick that it is one person, and old addresses lead on."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.api_tokens import make_token
from care.models import AuditEntry, Client, ClientLink, Role, User
from tests.making import MONDAY_8AM, make_answer, make_practice, make_user
from tests.web.conftest import SignIn


@pytest.fixture
def admin(session: Session) -> User:
    return make_user(session, make_practice(session), role=Role.ADMIN)


@pytest.fixture
def pair(session: Session, admin: User) -> tuple[Client, Client]:
    """Two entries of the same name with different phones."""
    practice = admin.practice_id
    both = [
        Client(
            practice_id=practice,
            first_name="Maria",
            last_name="Lopez",
            phone=f"+1202555010{n}",
            phone_hash=f"hash {n}",
            timezone="America/New_York",
            created_at=MONDAY_8AM,
        )
        for n in (1, 2)
    ]
    session.add_all(both)
    session.flush()
    make_answer(session, both[1], "it is a 3")
    session.add(ClientLink(practice_id=practice, client_id=both[1].id, token="A" * 22, created_at=MONDAY_8AM))
    session.commit()
    return both[0], both[1]


@pytest.fixture
def at_desk(browser: FlaskClient, sign_in: SignIn, admin: User, pair: tuple[Client, Client]) -> FlaskClient:
    sign_in(browser, admin)
    return browser


def form(other: Client, **changes: str) -> dict[str, str]:
    return {"with": str(other.id), "phone": "kept", "same": "1"} | changes


def test_the_entry_with_the_same_name_is_offered_and_both_stand_side_by_side(
    at_desk: FlaskClient, pair: tuple[Client, Client]
) -> None:
    kept, other = pair

    offered = at_desk.get(f"/clients/{kept.id}/merge").text
    compared = at_desk.get(f"/clients/{kept.id}/merge?with={other.id}").text

    assert f"with={other.id}" in offered
    for words in ("(202) 555-0101", "(202) 555-0102", "Merge for good", "Which phone is in use"):
        assert words in compared


def test_another_entry_is_found_by_name_which_stands_in_no_address(
    at_desk: FlaskClient, pair: tuple[Client, Client]
) -> None:
    kept, other = pair
    find = f"/clients/{kept.id}/merge/find"

    found, nobody = (at_desk.post(find, data={"q": query}) for query in ("Lopez", "Nobody at all"))

    assert "opez" not in found.location
    assert at_desk.get(found.location).text.count(f"with={other.id}") == 2
    assert "Nobody you see is called that." in at_desk.get(nobody.location).text


def test_merged_the_old_addresses_lead_to_the_entry_that_stays(
    at_desk: FlaskClient, session: Session, admin: User, pair: tuple[Client, Client]
) -> None:
    kept, other = pair
    token = make_token(session, admin, "records", ["people:read", "texts:read"], MONDAY_8AM)
    session.commit()
    old_id = other.id

    done = at_desk.post(f"/clients/{kept.id}/merge", data=form(other, phone="other"))

    assert (done.status_code, done.location) == (303, f"/clients/{kept.id}")
    old = at_desk.get(f"/clients/{old_id}/consent")
    assert (old.status_code, old.location) == (303, f"/clients/{kept.id}/consent")
    assert at_desk.get("/c/" + "A" * 22).status_code == 200
    head = {"Authorization": f"Bearer {token}"}
    assert at_desk.get(f"/api/v1/clients/{old_id}", headers=head).json["id"] == kept.id
    texts = at_desk.get(f"/api/v1/messages?client_id={old_id}", headers=head).json["data"]
    assert [one["client_id"] for one in texts] == [kept.id]
    session.expire(kept)
    assert session.get_one(Client, kept.id).phone == "+12025550102"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "merged")).one()
    assert (entry.subject_id, entry.user_id, entry.detail) == (kept.id, admin.id, f"from {old_id}")


def test_without_the_tick_and_with_itself_nothing_is_merged(
    at_desk: FlaskClient, session: Session, pair: tuple[Client, Client]
) -> None:
    kept, other = pair
    unticked = at_desk.post(f"/clients/{kept.id}/merge", data=form(other, same=""))
    with_itself = at_desk.post(f"/clients/{kept.id}/merge", data=form(kept))

    assert (unticked.status_code, with_itself.status_code) == (422, 422)
    assert "Tick that both are the same person." in unticked.text
    assert session.get(Client, other.id) is not None
