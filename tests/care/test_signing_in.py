"""Signed-in browsers: how long they stay so, and that signing out is final."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from care.models import LoginSession
from care.signing_in import (
    end_all_sessions,
    end_session,
    find_login,
    find_user,
    needs_touch,
    start_session,
    touch,
)
from tests.making import MONDAY_8AM, make_practice, make_user

MINUTE = timedelta(minutes=1)


@pytest.fixture
def user(session):
    return make_user(session, make_practice(session))


def test_a_token_leads_to_its_user_and_is_not_stored(session, user):
    token = start_session(session, user, MONDAY_8AM)

    assert find_user(session, token, MONDAY_8AM) is user
    assert find_user(session, token + "x", MONDAY_8AM) is None
    assert token not in session.scalars(select(LoginSession)).one().token_hash


def test_fifteen_idle_minutes_lock_the_browser(session, user):
    token = start_session(session, user, MONDAY_8AM)

    assert find_user(session, token, MONDAY_8AM + 14 * MINUTE) is user
    assert find_user(session, token, MONDAY_8AM + 15 * MINUTE) is None


def test_being_there_keeps_it_open_until_twelve_hours_have_passed(session, user):
    token = start_session(session, user, MONDAY_8AM)
    last = MONDAY_8AM + timedelta(hours=12) - MINUTE

    now = MONDAY_8AM
    while now < last:
        now += 10 * MINUTE
        touch(session, token, now)

    assert find_user(session, token, last) is user
    assert find_user(session, token, last + MINUTE) is None


def test_it_is_touched_at_most_once_a_minute(session, user):
    token = start_session(session, user, MONDAY_8AM)
    login = find_login(session, token, MONDAY_8AM)

    assert not needs_touch(login, MONDAY_8AM + MINUTE / 2)
    touch(session, token, MONDAY_8AM + MINUTE / 2)
    assert login.seen_at == MONDAY_8AM

    assert needs_touch(login, MONDAY_8AM + MINUTE)
    touch(session, token, MONDAY_8AM + MINUTE)
    assert login.seen_at == MONDAY_8AM + MINUTE


def test_signing_out_is_final(session, user):
    token, other = start_session(session, user, MONDAY_8AM), start_session(session, user, MONDAY_8AM)

    end_session(session, token, MONDAY_8AM)
    touch(session, token, MONDAY_8AM + MINUTE)

    assert find_user(session, token, MONDAY_8AM + MINUTE) is None
    assert find_user(session, other, MONDAY_8AM + MINUTE) is user


def test_all_browsers_of_one_user_can_be_signed_out(session, user):
    colleague = make_user(session, make_practice(session))
    tokens = [start_session(session, user, MONDAY_8AM) for _ in range(2)]
    theirs = start_session(session, colleague, MONDAY_8AM)

    end_all_sessions(session, user, MONDAY_8AM)

    assert [find_user(session, token, MONDAY_8AM) for token in tokens] == [None, None]
    assert find_user(session, theirs, MONDAY_8AM) is colleague


def test_someone_made_inactive_is_out_at_once(session, user):
    token = start_session(session, user, MONDAY_8AM)

    user.is_active = False
    session.flush()

    assert find_user(session, token, MONDAY_8AM) is None
