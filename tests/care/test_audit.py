"""The audit trail."""

from care.audit import list_entries, record
from tests.making import MONDAY_8AM, MONDAY_9AM, make_practice, make_user


def test_the_trail_names_who_did_what_newest_first(session):
    practice = make_practice(session)
    sam = make_user(session, practice)

    record(session, practice.id, "view", "client", 12, MONDAY_8AM, sam)
    record(session, practice.id, "sweep", "login_session", None, MONDAY_9AM)

    entries = list_entries(session, practice.id, 10)
    assert [(entry.action, entry.subject, entry.subject_id, entry.user_id) for entry in entries] == [
        ("sweep", "login_session", None, None),
        ("view", "client", 12, sam.id),
    ]
    assert [entry.action for entry in list_entries(session, practice.id, 1)] == ["sweep"]


def test_the_trail_of_one_subject_holds_nothing_else(session):
    practice, other = make_practice(session), make_practice(session)
    record(session, practice.id, "view", "client", 12, MONDAY_8AM)
    record(session, practice.id, "view", "client", 13, MONDAY_8AM)
    record(session, practice.id, "change", "exercise", 12, MONDAY_8AM)
    record(session, other.id, "view", "client", 12, MONDAY_8AM)

    [entry] = list_entries(session, practice.id, subject="client", subject_id=12)

    assert (entry.practice_id, entry.subject, entry.subject_id) == (practice.id, "client", 12)
