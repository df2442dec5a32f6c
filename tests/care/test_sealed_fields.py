"""Fields at rest: what stands in the database, whoever writes it, and how it changes over to another key."""

import ast
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from care import field_keys, resealing
from care.db import Database
from care.errors import Refused
from care.key_ring import OFF, KeyMissing, KeyRing, id_of, mark_of
from care.models import (
    Assessment,
    AttentionItem,
    AttentionKind,
    Base,
    Client,
    Message,
    OptOut,
    Practice,
    Reminder,
    ReminderKind,
)
from care.phones import PhoneBook
from care.portable import export_records
from care.resealing import Resealed, reseal
from care.sealed_fields import CannotCompare, Sealed, SealedJson, SealedWords
from tests.care.portable_files import bring_in
from tests.care.portable_world import make_world
from tests.making import MONDAY_9AM, make_answer, make_client, make_practice
from tests.reminders.gateways import CountingGateway
from tests.reminders.living import begin
from tests.sealing import NEW, OLD, opened_with, stored

ROOT = Path(__file__).parent.parent.parent
BETWEEN = re.compile(r", (?![^(]*\))")
WORDS = "my knee hurts 🦉"


def write_some(session: Session, count: int = 1) -> None:
    practice = make_practice(session)
    client = make_client(session, practice, note="Likes mornings.")
    for _ in range(count):
        make_answer(session, client, WORDS)
    session.add(
        AttentionItem(
            practice_id=practice.id,
            client_id=client.id,
            kind=AttentionKind.QUESTION,
            cause_key="question",
            details={"what": WORDS, "groups": ["self_harm"]},
            raised_at=MONDAY_9AM,
        )
    )
    brief = {"quotes": [WORDS]}
    session.add(Assessment(practice_id=practice.id, client_id=client.id, brief=brief, started_at=MONDAY_9AM))


def read_all(session: Session) -> list[Any]:
    return [
        session.scalars(select(Client.phone)).all(),
        session.scalars(select(Client.note)).all(),
        session.scalars(select(Message.body).order_by(Message.id)).all(),
        session.scalars(select(AttentionItem.details)).all(),
        session.scalars(select(Assessment.brief)).all(),
    ]


AS_WRITTEN = [
    ["+12025550101"],
    ["Likes mornings."],
    [WORDS],
    [{"what": WORDS, "groups": ["self_harm"]}],
    [{"quotes": [WORDS]}],
]
COLUMNS = [
    ("client", "phone"),
    ("client", "note"),
    ("message", "body"),
    ("attention_item", "details"),
    ("assessment", "brief"),
]


def in_the_file(database: Database) -> str:
    return " ".join(" ".join(stored(database, *column)) for column in COLUMNS)


def is_all_under(database: Database, key: str) -> bool:
    return all(mark_of(id_of(key)) in one for column in COLUMNS for one in stored(database, *column))


def test_rows_are_sealed_in_the_database_and_plain_in_the_program(any_database: Database) -> None:
    with opened_with(any_database, NEW) as sealed:
        with sealed.sessions.begin() as session:
            write_some(session)

        with sealed.reading() as session:
            assert read_all(session) == AS_WRITTEN
        assert is_all_under(sealed, NEW)
        kept = in_the_file(sealed)
        assert "5550101" not in kept
        assert "knee" not in kept
        assert "self_harm" in kept  # statements look for it


def test_without_keys_everything_stands_there_as_it_was_typed(sqlite: Database) -> None:
    with opened_with(sqlite) as plain, plain.sessions.begin() as session:
        write_some(session)

    assert stored(sqlite, "client", "phone") == ["+12025550101"]
    assert stored(sqlite, "message", "body") == [WORDS]


def test_rows_from_before_the_keys_are_read_beside_sealed_ones(any_database: Database) -> None:
    with opened_with(any_database) as plain, plain.sessions.begin() as session:
        write_some(session)

    with opened_with(any_database, NEW, OLD) as sealed:
        with sealed.sessions.begin() as session:
            client = session.scalars(select(Client)).one()
            make_answer(session, client, "and 4 today")

        with sealed.reading() as session:
            assert session.scalars(select(Message.body).order_by(Message.id)).all() == [WORDS, "and 4 today"]


def test_an_export_is_plain_and_an_import_seals_every_column_of_it(
    any_database: Database, book: PhoneBook
) -> None:
    with opened_with(any_database) as plain, plain.sessions.begin() as session:
        make_world(session, book)
        before = list(export_records(session, None))
        session.execute(delete(Practice))
        session.execute(delete(OptOut))

    with opened_with(any_database, NEW) as sealed, sealed.sessions.begin() as session:
        bring_in(session, book, *before)

        assert list(export_records(session, None)) == before
        assert field_keys.count_others(session, KeyRing((NEW,))) == 0
        assert field_keys.count_others(session, KeyRing((NEW,), seals=False)) > 20


def test_texts_that_go_out_are_sealed_by_the_bulk_statement_too(any_database: Database) -> None:
    with opened_with(any_database, NEW) as sealed:
        life, gateway = begin(sealed), CountingGateway()
        life.owe(ReminderKind.MESSAGE, "message", MONDAY_9AM, body="See you on Thursday.")

        life.drain(gateway, MONDAY_9AM)

        assert [one.to for one in gateway.sent] == [life.client.phone]
        assert "See you on Thursday." in gateway.bodies[0]
        assert [one.body for one in life.messages()] == gateway.bodies
        for column in (("message", "body"), ("message", "phone"), ("reminder", "body")):
            assert [one.startswith("~sealed~") for one in stored(sealed, *column)] == [True]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Client.phone == "+12025550101",
        lambda: Message.phone == Client.phone,
        lambda: Message.body.contains("knee"),
        lambda: Message.body.in_(["4"]),
        lambda: Reminder.to_phone.desc(),
        lambda: Message.phone.distinct(),
        lambda: Client.note + "!",
        lambda: Assessment.brief == {"quotes": []},
    ],
)
def test_no_statement_can_compare_or_sort_what_may_be_sealed(ask: Callable[[], object]) -> None:
    with pytest.raises(CannotCompare):
        ask()


def test_whether_there_is_anything_may_be_asked(any_database: Database) -> None:
    with opened_with(any_database, NEW) as sealed, sealed.sessions.begin() as session:
        practice = make_practice(session)
        make_client(session, practice, phone=None)
        make_answer(session, make_client(session, practice, note="x"), "")

        assert len(session.scalars(select(Client).where(Client.phone.is_(None))).all()) == 1
        assert len(session.scalars(select(Client).where(Client.note != "")).all()) == 1
        assert len(session.scalars(select(Message).where(Message.body == "")).all()) == 1


def test_no_statement_groups_or_sorts_by_a_sealed_column() -> None:
    """What the column itself cannot refuse: it is named there, and nothing more."""
    sealed = {
        (mapper.class_.__name__, column.name)
        for mapper in Base.registry.mappers
        for column in mapper.local_table.columns
        if isinstance(column.type, Sealed | SealedJson)
    }
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for package in ("care", "reminders", "scheduler", "web", "homestretch")
        for path in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("group_by", "order_by", "distinct", "min", "max", "lower", "count")
        and any(named in sealed for named in named_by(call))
    ]

    assert found == []


def named_by(call: ast.Call) -> Iterator[tuple[str, str]]:
    for one in call.args:
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            yield one.value.id, one.attr


def test_the_table_in_the_security_pages_names_every_column_of_words() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    lines = page[page.index("| table | sealed |") :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    told = {table: set(BETWEEN.split(columns)) for table, columns, _open in rows}

    there = {
        table.name: {
            f"{one.name} ({', '.join(one.type.names)})" if isinstance(one.type, SealedWords) else one.name
            for one in columns
        }
        for table, columns in field_keys.sealed_tables().items()
    }

    assert told == there


def test_a_missing_key_refuses_the_start_and_the_first_one_is_noted(any_database: Database) -> None:
    with any_database.sessions.begin() as session:
        field_keys.check(session, OFF)
        assert field_keys.needed(session) == ()
        field_keys.check(session, KeyRing((OLD,)))
        field_keys.check(session, KeyRing((NEW, OLD)))
        assert field_keys.needed(session) == (id_of(OLD), id_of(NEW))

        for ring in (OFF, KeyRing((NEW,)), KeyRing((NEW,), seals=False)):
            with pytest.raises(Refused, match=f"sealed with the key .*{id_of(OLD)}.*Put it back"):
                field_keys.check(session, ring)


def test_a_rotation_leaves_every_row_under_the_first_key_alone(any_database: Database) -> None:
    with opened_with(any_database) as plain, plain.sessions.begin() as session:
        write_some(session)

    with opened_with(any_database, OLD) as first:
        assert reseal(first).left == 0
        assert is_all_under(first, OLD)
        assert reseal(first).rows == 0
    with opened_with(any_database, NEW, OLD) as both:
        with both.sessions.begin() as session:
            field_keys.check(session, KeyRing((NEW, OLD)))
            assert field_keys.count_others(session, KeyRing((NEW, OLD))) > 3

        reseal(both)

    with opened_with(any_database, NEW) as sealed, sealed.sessions.begin() as session:
        assert is_all_under(sealed, NEW)
        assert read_all(session) == AS_WRITTEN
        assert field_keys.needed(session) == (id_of(NEW),)


def test_switched_off_again_everything_is_plain_and_needs_no_key(any_database: Database) -> None:
    with opened_with(any_database, OLD) as sealed, sealed.sessions.begin() as session:
        field_keys.check(session, KeyRing((OLD,)))
        write_some(session)

    with opened_with(any_database, OLD, seals=False) as opening:
        reseal(opening)

    with opened_with(any_database) as plain, plain.sessions.begin() as session:
        assert "~sealed~" not in in_the_file(plain)
        assert read_all(session) == AS_WRITTEN
        field_keys.check(session, OFF)


def test_a_rotation_that_was_broken_off_goes_on(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "AT_A_TIME", 2)
    with opened_with(any_database) as plain, plain.sessions.begin() as session:
        write_some(session, count=5)
    portions = iter(range(3))

    def until_the_power_goes(_seconds: float) -> None:
        if next(portions, None) is None:
            raise KeyboardInterrupt

    with opened_with(any_database, NEW) as sealed:
        monkeypatch.setattr(resealing.time, "sleep", until_the_power_goes)
        with pytest.raises(KeyboardInterrupt):
            reseal(sealed)
        with sealed.reading() as session:
            before = field_keys.count_others(session, KeyRing((NEW,)))
        monkeypatch.undo()

        done = reseal(sealed)

        assert before > 0
        assert done == Resealed(before, 0)
        assert is_all_under(sealed, NEW)


def test_rows_written_during_a_rotation_are_neither_lost_nor_left(any_database: Database) -> None:
    with opened_with(any_database, OLD) as before, before.sessions.begin() as session:
        write_some(session, count=20)

    with opened_with(any_database, OLD, NEW) as old, opened_with(any_database, NEW, OLD) as both:
        is_over = threading.Event()

        def write_on() -> None:
            """A process that still seals with the old key, and opens both."""
            while not is_over.wait(0.01):
                with old.sessions.begin() as session:
                    message = session.scalars(select(Message).order_by(Message.id).limit(1)).one()
                    message.body = f"{message.body}."
                    make_answer(session, session.scalars(select(Client)).one(), "came meanwhile")

        writer = threading.Thread(target=write_on)
        writer.start()
        try:
            reseal(both)
        finally:
            is_over.set()
            writer.join()
        assert reseal(both).left == 0

        with both.reading() as session:
            bodies = session.scalars(select(Message.body).order_by(Message.id)).all()
    assert bodies[1:20] == [WORDS] * 19
    assert bodies[0] == WORDS + "." * (len(bodies) - 20)
    assert set(bodies[20:]) <= {"came meanwhile"}


def test_a_rotation_without_the_old_key_changes_nothing_and_names_it(sqlite: Database) -> None:
    with opened_with(sqlite, OLD) as sealed, sealed.sessions.begin() as session:
        write_some(session)

    with opened_with(sqlite, NEW) as other, pytest.raises(KeyMissing, match=id_of(OLD)):
        reseal(other)

    assert is_all_under(sqlite, OLD)


def test_nothing_plain_is_left_in_the_file_after_the_first_rotation(sqlite: Database, tmp_path: Path) -> None:
    with opened_with(sqlite) as plain, plain.sessions.begin() as session:
        write_some(session, count=3)

    with opened_with(sqlite, NEW) as sealed:
        reseal(sealed)
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("homestretch.db*"))

    for secret in (b"5550101", b"my knee hurts", b"Likes mornings."):
        assert secret not in kept
