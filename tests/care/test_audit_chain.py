"""The chain over the audit trail: whatever is done to it afterwards shows."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from care.audit import record
from care.audit_chain import Verdict, chain_some, verify
from care.db import Database
from care.models import AuditEntry, Practice
from tests.making import MONDAY_8AM, make_practice

KEY = b"a key for tests alone"


@pytest.fixture
def practice(session: Session) -> Practice:
    practice = make_practice(session)
    for number in range(1, 6):
        record(session, practice.id, "view", "client", number, MONDAY_8AM)
    assert chain_some(session, KEY) == 5
    return practice


def verdict(session: Session, practice: Practice, key: bytes = KEY) -> Verdict:
    session.flush()
    session.expire_all()
    return verify(session, key, practice)


def entry(session: Session, seq: int) -> AuditEntry:
    return session.scalars(select(AuditEntry).where(AuditEntry.seq == seq)).one()


def test_an_untouched_chain_holds_and_goes_on(session: Session, practice: Practice) -> None:
    first = verdict(session, practice)
    record(session, practice.id, "change", "client", 9, MONDAY_8AM)
    waiting = verdict(session, practice)
    chain_some(session, KEY)
    longer = verdict(session, practice)

    assert (first.holds, first.checked, first.waiting) == (True, 5, 0)
    assert (waiting.holds, waiting.checked, waiting.waiting) == (True, 5, 1)
    assert (longer.holds, longer.checked) == (True, 6)
    assert longer.head != first.head
    assert chain_some(session, KEY) == 0


@pytest.mark.parametrize(
    "change", [{"subject_id": 7}, {"action": "View"}, {"user_id": None, "detail": "x"}, {"hash": "0" * 64}]
)
def test_a_changed_entry_shows(session: Session, practice: Practice, change: dict[str, object]) -> None:
    session.execute(update(AuditEntry).where(AuditEntry.seq == 3).values(**change))

    found = verdict(session, practice)

    assert (found.holds, found.wrong_at, found.why) == (False, 3, "an entry was changed")


def test_a_deleted_entry_shows(session: Session, practice: Practice) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.seq == 2))

    found = verdict(session, practice)

    assert (found.wrong_at, found.why) == (2, "an entry is missing")


@pytest.mark.parametrize("last", [4, 5])
def test_entries_taken_off_the_end_show(session: Session, practice: Practice, last: int) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.seq >= last))

    found = verdict(session, practice)

    assert (found.wrong_at, found.why) == (last, "entries at the end are missing")


def test_two_entries_that_changed_places_show(session: Session, practice: Practice) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        session.execute(update(AuditEntry).where(AuditEntry.seq == old).values(seq=new))

    assert verdict(session, practice).wrong_at == 2


def test_an_entry_put_in_between_shows(session: Session, practice: Practice) -> None:
    twin = entry(session, 5)
    twin.seq = 6
    session.flush()
    record(session, practice.id, "view", "client", 1, MONDAY_8AM)
    put_in = session.scalars(select(AuditEntry).where(AuditEntry.seq.is_(None))).one()
    put_in.seq, put_in.hash = 5, twin.hash

    assert verdict(session, practice).wrong_at == 5


def test_another_key_makes_no_chain_that_holds(session: Session, practice: Practice) -> None:
    assert verdict(session, practice, b"another key").wrong_at == 1


def test_practices_have_chains_of_their_own_on_either_database(any_database: Database) -> None:
    with any_database.sessions() as session:
        practices = [make_practice(session), make_practice(session)]
        for number in range(6):
            record(session, practices[number % 2].id, "view", "client", number, MONDAY_8AM)
        chain_some(session, KEY)
        session.commit()

        found = [verify(session, KEY, practice) for practice in practices]

    assert [(one.holds, one.checked) for one in found] == [(True, 3), (True, 3)]
