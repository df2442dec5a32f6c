"""Forms that act once."""

from threading import Event, Thread

import pytest

from care.db import Database
from care.errors import Refused
from care.one_time import find_result, keep_result, new_key
from tests.making import MONDAY_8AM, make_practice


def test_a_form_sent_again_leads_to_the_first_result(session):
    practice, key = make_practice(session), new_key()
    assert find_result(session, practice.id, key) is None

    keep_result(session, practice.id, key, "/clients/1", MONDAY_8AM)

    assert find_result(session, practice.id, key) == "/clients/1"
    assert find_result(session, practice.id, new_key()) is None


def test_another_practice_does_not_see_the_result(session):
    here, there, key = make_practice(session), make_practice(session), new_key()

    keep_result(session, here.id, key, "/clients/1", MONDAY_8AM)

    assert find_result(session, there.id, key) is None


@pytest.mark.parametrize("key", ["", "k" * 33])
def test_a_key_that_is_not_ours_is_refused(session, key):
    practice = make_practice(session)

    with pytest.raises(Refused, match=r"This form is no longer good\. Open it again\."):
        keep_result(session, practice.id, key, "/", MONDAY_8AM)


def test_two_taps_at_once_do_the_work_once(any_database: Database):
    with any_database.sessions.begin() as session:
        practice_id = make_practice(session).id
    key, first_is_working, results = new_key(), Event(), []

    def second_tap() -> None:
        first_is_working.wait(10)
        with any_database.sessions.begin() as session:
            results.append(find_result(session, practice_id, key))

    tap = Thread(target=second_tap)
    tap.start()
    with any_database.sessions.begin() as session:
        assert find_result(session, practice_id, key) is None
        first_is_working.set()
        tap.join(0.3)
        waited = tap.is_alive()
        keep_result(session, practice_id, key, "/clients/1", MONDAY_8AM)
    tap.join(10)

    assert waited
    assert results == ["/clients/1"]
