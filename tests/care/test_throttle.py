"""Counting tries: exact when they come at once, in every process, and forgotten by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from care.models import Throttle
from care.throttle import ACCOUNT, ADDRESS, forget_tries, give_back, may_try
from tests.making import MONDAY_8AM

SAM = "sam@sample.example"


def test_ten_tries_are_let_through_however_many_come_at_once(any_database):
    def one_try(_number: int) -> bool:
        with any_database.sessions.begin() as session:
            return may_try(session, ACCOUNT, SAM, MONDAY_8AM)

    with ThreadPoolExecutor(8) as threads:
        let_through = list(threads.map(one_try, range(40)))

    assert let_through.count(True) == ACCOUNT.tries


def test_another_account_is_not_counted_with_it(session):
    for _ in range(30):
        may_try(session, ACCOUNT, SAM, MONDAY_8AM)

    assert not may_try(session, ACCOUNT, " SAM@sample.example", MONDAY_8AM)
    assert may_try(session, ACCOUNT, "kim@sample.example", MONDAY_8AM)
    assert may_try(session, ADDRESS, SAM, MONDAY_8AM)


def test_a_quarter_of_an_hour_later_one_may_try_again(session):
    for _ in range(30):
        may_try(session, ACCOUNT, SAM, MONDAY_8AM)

    assert not may_try(session, ACCOUNT, SAM, MONDAY_8AM + timedelta(minutes=14, seconds=59))
    assert may_try(session, ACCOUNT, SAM, MONDAY_8AM + timedelta(minutes=15))


def test_the_right_one_makes_the_next_mistake_the_first_again(session):
    for _ in range(ACCOUNT.tries):
        may_try(session, ACCOUNT, SAM, MONDAY_8AM)

    forget_tries(session, ACCOUNT, SAM)

    assert may_try(session, ACCOUNT, SAM, MONDAY_8AM)


def test_a_practice_behind_one_address_signs_in_as_often_as_it_likes(session):
    for _ in range(ADDRESS.tries * 2):
        assert may_try(session, ADDRESS, "192.0.2.1", MONDAY_8AM)
        give_back(session, ADDRESS, "192.0.2.1")


def test_nothing_typed_is_kept_and_old_counts_go(session):
    may_try(session, ACCOUNT, "my password by mistake", MONDAY_8AM)
    assert "password" not in session.scalars(select(Throttle.key)).one()

    may_try(session, ACCOUNT, SAM, MONDAY_8AM + timedelta(days=2))

    assert len(session.scalars(select(Throttle)).all()) == 1
