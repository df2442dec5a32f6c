"""Records out of an installation and into one: the round trip, and what an export holds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from care.db import Database
from care.errors import Refused
from care.models import (
    Client,
    Exercise,
    FollowUp,
    Message,
    OptOut,
    Practice,
    Reminder,
    User,
)
from care.phones import PhoneBook
from care.photos import photo_of
from care.pictures import is_shown_to_clients
from care.portable import export_records
from care.portable.format import INSIDE_CLIENT, TYPES
from tests.care.portable_files import PRACTICE, bring_in, count
from tests.care.portable_world import STRANGER, make_world
from tests.making import MONDAY_8AM, make_assignment, make_client, make_practice

GUIDE = Path(__file__).parents[2] / "docs" / "portable-format.md"


def empty(session: Session) -> None:
    session.commit()
    for table in (OptOut, Practice):
        session.execute(delete(table))
    session.commit()
    session.expunge_all()


@pytest.fixture
def any_session(any_database: Database) -> Iterator[Session]:
    with any_database.sessions() as session:
        yield session


def test_what_is_exported_comes_back_the_same_from_an_empty_database(
    any_session: Session, book: PhoneBook
) -> None:
    make_world(any_session, book)
    make_world(any_session, book, name="Lakeside")
    before = list(export_records(any_session, None))

    empty(any_session)
    assert list(export_records(any_session, None)) == []
    bring_in(any_session, book, *before)

    assert list(export_records(any_session, None)) == before


def test_an_export_holds_every_type_and_every_field(session: Session, book: PhoneBook) -> None:
    practice = make_world(session, book)

    records = list(export_records(session, practice.id))

    written: dict[str, set[str]] = {}
    for record in records:
        written.setdefault(record["type"], set()).update(record)
        for name, inner in INSIDE_CLIENT.items():
            for entry in record.get(name, []):
                written.setdefault(inner, {"client", "practice"}).update(entry)
    for kind in TYPES.values():
        of_client = {"practice"} if "client" in {field.name for field in kind.fields} else set()
        assert {field.name for field in kind.own_fields} - of_client <= written[kind.name], kind.name


def test_no_number_of_a_row_and_no_password_leaves(session: Session, book: PhoneBook) -> None:
    practice = make_world(session, book)
    session.scalars(select(User)).first().password_hash = "$argon2id$secret"
    session.flush()

    text = "\n".join(json.dumps(record) for record in export_records(session, practice.id))

    assert "argon2" not in text
    assert '"id"' not in text
    assert "_hash" not in text
    assert book.hash(STRANGER)[:16] not in text
    keys = [record["key"] for record in map(json.loads, text.splitlines()) if record["type"] == "reminder"]
    assert f"stranger:{{phone:{STRANGER}}}:urgent_emergency:2026030214" in keys


def test_every_ref_is_unique_and_what_is_referred_to_is_in_the_file(
    session: Session, book: PhoneBook
) -> None:
    make_world(session, book)
    make_world(session, book, name="Lakeside")

    records = list(export_records(session, None))

    refs = [record["ref"] for record in records]
    assert len(refs) == len(set(refs))
    for record in records:
        for field in TYPES[record["type"]].fields:
            if field.refers_to not in (None, "exercise") and field.name in record:
                assert record[field.name] in refs


def test_keys_name_the_rows_as_they_are_numbered_here(session: Session, book: PhoneBook) -> None:
    make_world(session, book)
    records = list(export_records(session, None))
    other = make_client(session, make_practice(session, name="Lakeside"))
    session.execute(delete(OptOut))
    session.execute(delete(Practice).where(Practice.name == "Riverside"))
    session.expunge_all()

    bring_in(session, book, *records)

    reminders = {row.text_key: row for row in session.scalars(select(Reminder))}
    maria = session.scalars(select(Client).where(Client.email == "maria@example.com")).one()
    follow_up = session.scalars(select(FollowUp)).one()
    (came,) = [one for one in session.scalars(select(Message)) if one.body.startswith("4")]
    author = session.scalars(select(User).where(User.email.startswith("kim"))).one()
    assert maria.id > other.id
    assert reminders["reminder"].dedupe_key == f"exercise:{maria.id}:2026-03-02T09:00"
    assert reminders["pain_now"].dedupe_key == f"follow_up:{follow_up.id}:2026-03-02"
    assert reminders["saved"].dedupe_key == f"answer:{came.id}"
    assert reminders["message"].params == {"user_id": author.id}
    assert reminders["urgent_emergency"].dedupe_key.startswith(f"stranger:{book.hash(STRANGER)[:16]}:")


def test_one_client_moves_to_a_practice_of_the_same_name(session: Session, book: PhoneBook) -> None:
    make_world(session, book)
    maria = session.scalars(select(Client).where(Client.email == "maria@example.com")).one()
    records = list(export_records(session, None, f"client:{maria.token}"))
    empty(session)
    bring_in(session, book, PRACTICE)
    library = count(session, Exercise)

    bring_in(session, book, *records)

    assert list(export_records(session, None, maria.token))[1:] == records[1:]
    assert not any(record.get("body") in ("STOP", "chest pain") for record in records)
    assert count(session, Client) == 1
    assert count(session, Exercise) == library


def test_a_photo_comes_along_and_is_shown_to_clients_as_before(session: Session, book: PhoneBook) -> None:
    make_world(session, book)
    bridge = session.scalars(select(Exercise).where(Exercise.slug == "own-bridge")).one()
    before = photo_of(session, bridge)
    records = list(export_records(session, None))
    empty(session)

    bring_in(session, book, *records)

    bridge = session.scalars(select(Exercise).where(Exercise.slug == "own-bridge")).one()
    assert photo_of(session, bridge) == before
    assert is_shown_to_clients(bridge)
    assert bridge.picture_approved_at == MONDAY_8AM


def test_the_file_of_a_client_brings_the_photos_of_their_exercises(session: Session, book: PhoneBook) -> None:
    practice = make_world(session, book)
    maria = session.scalars(select(Client).where(Client.email == "maria@example.com")).one()
    bridge = session.scalars(select(Exercise).where(Exercise.slug == "own-bridge")).one()
    make_assignment(session, maria, bridge)

    records = list(export_records(session, practice.id, maria.token))

    assert [one["slug"] for one in records if "photo" in one] == ["own-bridge"]


def test_an_unknown_client_or_practice_is_not_exported(session: Session) -> None:
    with pytest.raises(Refused, match="no client with the reference nobody"):
        export_records(session, None, "nobody")
    with pytest.raises(Refused, match="no such practice"):
        export_records(session, 12)


def test_the_guide_names_every_type_and_field() -> None:
    guide = GUIDE.read_text(encoding="utf-8")

    for kind in TYPES.values():
        section = guide.partition(f"### {kind.name}\n")[2].partition("\n### ")[0]
        for field in kind.fields:
            assert f"`{field.name}`" in section, f"{kind.name}: {field.name}"
