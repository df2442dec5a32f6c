"""Data rights: everything can be read and taken along, and erasing leaves nothing of a person anywhere."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.consent import opt_out
from care.db import Database
from care.erasing import erase_client, list_erasures
from care.errors import Refused
from care.models import Base, Client, ConsentSource, OptOut, Practice, Rating, RatingSource, Role, User
from tests.making import (
    MONDAY_8AM,
    MONDAY_9AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
    make_visit,
)
from tests.web.conftest import SignIn
from tests.web.flowing import make_sent, make_text

NAME, WORDS, PHONE = "Xanthippe", "my canary sings today", "+12025550166"


@pytest.fixture
def admin(session: Session) -> User:
    return make_user(session, make_practice(session), role=Role.ADMIN, name="Ada")


@pytest.fixture
def client(session: Session, admin: User) -> Client:
    """With a plan, a visit, a rating, texts, and one from before they were known."""
    practice = session.get_one(Practice, admin.practice_id)
    client = make_client(session, practice, first_name=NAME, last_name="Quill", phone=PHONE, note="A canary.")
    make_assignment(session, client, make_exercise(session, practice, name="Doorway stretch"))
    make_visit(session, client, starts_at=MONDAY_9AM, note="Xanthippe was late.")
    make_sent(session, client)
    make_text(session, client, body=WORDS)
    make_text(session, client, body=WORDS, client_id=None)
    rating = Rating(
        practice_id=practice.id, client_id=client.id, score=0, source=RatingSource.TEXT, at=MONDAY_9AM
    )
    session.add(rating)
    session.commit()
    return client


@pytest.fixture
def desk(browser: FlaskClient, sign_in: SignIn, admin: User, client: Client) -> FlaskClient:
    sign_in(browser, admin)
    return browser


def erase(desk: FlaskClient, client: Client, name: str = f"{NAME} Quill", reason: str = "asked") -> int:
    answer = desk.post(f"/clients/{client.id}/data/erase", data={"name": name, "reason": reason})
    return answer.status_code


def test_the_record_is_read_in_words_and_times_of_theirs(desk: FlaskClient, client: Client) -> None:
    desk.get(f"/clients/{client.id}")

    page = desk.get(f"/clients/{client.id}/data/record").text

    for said in (
        WORDS,
        "Doorway stretch",
        "Xanthippe was late.",
        "Mon 2 Mar 2026, 9:00am",
        ">0</td>",
        "Ada",
    ):
        assert said in page, said


def test_the_record_taken_along_is_whole(desk: FlaskClient, client: Client) -> None:
    desk.get(f"/clients/{client.id}")

    answer = desk.get(f"/clients/{client.id}/data/record.json")

    held = json.loads(answer.text)
    kinds = {record["type"] for record in held}
    assert {"client", "visit", "plan", "assignment", "message", "rating", "reminder", "audit"} <= kinds
    assert [r["user"] for r in held if r["type"] == "audit"] == ["Ada"]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_nothing_of_an_erased_client_is_left_in_the_file(
    desk: FlaskClient, client: Client, database: Database, tmp_path: Path
) -> None:
    assert erase(desk, client) == 303

    kept = b"".join(path.read_bytes() for path in tmp_path.glob("homestretch.db*"))
    for canary in (NAME, WORDS, PHONE, "A canary.", client.token):
        assert canary.encode() not in kept, canary
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if "client_id" in table.c and table.name != "erasure":
                rows = select(func.count()).select_from(table).where(table.c.client_id == client.id)
                assert session.scalar(rows) == 0, table.name
        [proof] = list_erasures(session, client.practice_id)
        assert (proof.client_id, proof.reason) == (client.id, "asked")
        assert proof.counts["rating"] == 1


def test_erasing_works_on_postgresql_too(postgres: Database) -> None:
    with postgres.sessions.begin() as session:
        practice = make_practice(session)
        admin = make_user(session, practice, role=Role.ADMIN)
        client = make_client(session, practice)
        make_text(session, client)
        erase_client(session, client, "asked", admin, MONDAY_8AM)
        assert session.scalar(select(func.count()).select_from(Client)) == 0


def test_a_stop_outlives_the_client_without_their_number(
    desk: FlaskClient, client: Client, session: Session
) -> None:
    hash = str(client.phone_hash)
    opt_out(session, client.practice_id, hash, ConsentSource.TEXT, MONDAY_8AM, client_ids=[client.id])
    session.commit()

    erase(desk, client)

    assert session.scalar(select(OptOut.phone_hash)) == hash


def test_whoever_shares_the_phone_keeps_their_texts(
    desk: FlaskClient, client: Client, session: Session
) -> None:
    other = make_client(session, session.get_one(Practice, client.practice_id), phone=PHONE)
    make_text(session, other, body="for the other")
    session.commit()

    erase(desk, client)

    assert desk.get(f"/clients/{other.id}").status_code == 200
    assert "for the other" in desk.get(f"/messages?client={other.id}").text


@pytest.mark.parametrize(("name", "reason"), [("Xanthippe", "asked"), ("", "asked"), (f"{NAME} Quill", "")])
def test_a_name_half_typed_or_no_reason_erases_nothing(
    desk: FlaskClient, client: Client, name: str, reason: str
) -> None:
    assert erase(desk, client, name, reason) == 422

    assert desk.get(f"/clients/{client.id}").status_code == 200


def test_only_an_admin_erases(session: Session, client: Client) -> None:
    therapist = make_user(session, session.get_one(Practice, client.practice_id))

    with pytest.raises(Refused):
        erase_client(session, client, "asked", therapist, MONDAY_8AM)
