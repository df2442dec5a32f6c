"""Texts to come: every one of 30 days, its words and cost, and why some come later or not at all."""

import re
from datetime import time, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session, joinedload

from care.client_links import link_for
from care.db import Database
from care.models import Client, FollowUpKind, Practice, Role, User
from care.pausing import pause_texts
from care.saying import time_in_words
from reminders.preview import upcoming
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_follow_up,
    make_practice,
    make_user,
)
from tests.reminders.test_preview_properties import rows_of
from tests.web.conftest import SignIn

DAY = timedelta(days=1)
PRACTICE = {
    "name": "Riverside",
    "phone": "",
    "country": "US",
    "timezone": "America/New_York",
    "language": "en",
    "window_from_time": "09:00",
    "window_until_time": "20:00",
    "daily_cap": "3",
    "spread_minutes": "10",
    "part_price": "0.0079",
    "currency": "usd",
}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside", part_price=7_900)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, therapist_id=sam.id)


def give(session: Session, practice: Practice, client: Client, **changes: Any) -> None:
    make_assignment(session, client, make_exercise(session, practice), **changes)


def as_loaded(session: Session, client: Client) -> Client:
    session.expire_all()
    return session.scalars(
        select(Client).where(Client.id == client.id).options(joinedload(Client.practice))
    ).one()


def texts_page(session: Session, browser: FlaskClient, sign_in: SignIn, user: User, client: Client) -> str:
    address = f"/clients/{client.id}/texts"
    session.commit()
    sign_in(browser, user)
    answer = browser.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", answer.text)))


def test_the_sum_tells_texts_parts_and_cost(session, browser, sign_in, practice, sam, maria):
    give(session, practice, maria, ends_on=MONDAY + 9 * DAY)

    page = texts_page(session, browser, sign_in, sam, maria)

    assert "10 texts in 30 days, 10 parts, about 0.08 USD" in page
    assert "Today, Mon 2 Mar 9:00am Exercise reminder" in page
    assert page.count("Exercise reminder") == 10
    assert "The same words as on Mon 2 Mar." in page


def test_without_a_price_the_page_says_where_to_set_it(session, browser, sign_in, practice, maria):
    practice.part_price = None
    admin = make_user(session, practice, role=Role.ADMIN)
    give(session, practice, maria)
    session.commit()
    sign_in(browser, admin)

    page = browser.get(f"/clients/{maria.id}/texts").text

    assert "Set the price of a part" in page
    assert 'href="/settings/practice#part_price"' in page


def test_a_clock_change_stands_on_its_day(session, browser, sign_in, practice, sam, maria):
    give(session, practice, maria)

    page = texts_page(session, browser, sign_in, sam, maria)

    assert "Sun 8 Mar 9:00am" in page
    assert "Clocks go forward one hour in New York; times stay as they are." in page
    assert "9:00am" in page
    assert "10:00am" not in page


def test_what_is_dropped_moved_paused_and_joined_says_why(session, browser, sign_in, practice, sam, maria):
    practice.daily_cap = 1
    give(session, practice, maria, times=["08:30", "18:00"], ends_on=MONDAY)
    make_follow_up(session, maria, due_on=MONDAY + DAY, at_time=time(12))
    make_follow_up(session, maria, due_on=MONDAY + 2 * DAY, at_time=time(8))
    give(session, practice, maria, times=["12:05"], starts_on=MONDAY + DAY, ends_on=MONDAY + DAY)
    make_follow_up(session, maria, due_on=MONDAY + 4 * DAY, at_time=time(12))
    pause_texts(session, maria, MONDAY + 4 * DAY, MONDAY + 5 * DAY, MONDAY_8AM)

    page = texts_page(session, browser, sign_in, sam, maria)

    assert "Due 8:30am. It falls outside the hours for texts." in page
    assert "Not sent, exercise reminder 6:00pm: The day has the most texts it may hold already." in page
    assert "12:00pm Exercise reminder and pain question in one" in page
    assert "Wed 4 Mar 9:00am Pain question" in page
    assert "Texts are paused through Sat 7 Mar." in page
    assert "Not sent, pain question 12:00pm: Texts are paused that day." in page


def test_another_zone_is_named(session, browser, sign_in, practice, sam):
    client = make_client(
        session, practice, first_name="Ana", timezone="America/Los_Angeles", therapist_id=sam.id
    )
    give(session, practice, client)

    page = texts_page(session, browser, sign_in, sam, client)

    assert "Times are Ana's, in Los Angeles (America/Los_Angeles)." in page


def test_without_consent_the_texts_are_shown_with_what_stands_in_the_way(
    session, browser, sign_in, practice, sam
):
    client = make_client(session, practice, has_consent=False, therapist_id=sam.id)
    give(session, practice, client)

    page = texts_page(session, browser, sign_in, sam, client)

    assert "There is no recorded consent to text this phone." in page
    assert "time for your home stretches" in page


def test_special_characters_are_told_as_they_cost_more(session, browser, sign_in, practice, sam, maria):
    make_follow_up(
        session, maria, kind=FollowUpKind.MESSAGE, body="Well done \N{SPORTS MEDAL}", at_time=time(12)
    )

    page = texts_page(session, browser, sign_in, sam, maria)

    assert re.search(r"\d texts?, \d+ of (70|134), special characters", page)


def form_of(session: Session, practice: Practice) -> dict[str, Any]:
    exercise = make_exercise(session, practice, name="Bridge")
    session.commit()
    return {
        "key": "a-key",
        "exercise": [str(exercise.id)],
        "days": "daily",
        "at_time": "18:00",
        "weeks": "1",
        "ask": "3",
        "next_date": "2026-03-09",
        "next_time": "14:00",
        "sets-0": "1",
        "reps-0": "3",
        "hold-0": "30",
        "do": "texts",
    }


def test_a_draft_shows_all_its_texts_and_writes_nothing_but_itself(
    session, browser, sign_in, practice, sam, maria, any_database_of_page
):
    database, form, address = any_database_of_page
    before = rows_of(database)

    drafted = browser.post(address, data=form)
    fragment = browser.post(
        address, data=form | {"live": "autosave", "do": ""}, headers={"X-Homestretch-Fragment": "1"}
    )

    assert drafted.status_code == 200
    assert "All texts: 8 texts in 30 days, 8 parts, about 0.06 USD" in drafted.text
    assert "Exercise reminder and pain question in one" in drafted.text
    assert "Riverside: your visit is Mon 9 Mar at 2:00pm." in drafted.text
    assert fragment.text.lstrip().startswith('<section class="card" id="preview"')
    assert rows_of(database) | {"draft": []} == before


@pytest.fixture
def any_database_of_page(
    session: Session,
    database: Database,
    browser: FlaskClient,
    sign_in: SignIn,
    practice: Practice,
    sam: User,
    maria: Client,
) -> tuple[Database, dict[str, Any], str]:
    """An After visit form that holds, of a client with a plan already, and its therapist signed in."""
    give(session, practice, maria, times=["09:00"])
    form, address = form_of(session, practice), f"/clients/{maria.id}/visit"
    session.commit()
    sign_in(browser, sam)
    return database, form, address


def test_what_the_draft_showed_is_what_the_saved_plan_sends(session, browser, any_database_of_page, maria):
    _database, form, address = any_database_of_page
    link_for(session, as_loaded(session, maria), MONDAY_8AM)
    session.commit()

    drafted = browser.post(address, data=form).text
    browser.post(address, data=form | {"do": "send"})

    saved = upcoming(session, as_loaded(session, maria), MONDAY_8AM)
    session.commit()
    listed = drafted[drafted.index('id="all-texts"') :]
    clocks = re.findall(r'<span class="strong num">([^<]+)</span>', listed)
    bodies = re.findall(r'<p class="sms-body">([^<]+)</p>', listed)
    assert clocks == [time_in_words(text.local.time()) for text in saved]
    assert bodies == list(dict.fromkeys(text.body for text in saved))


def test_the_texts_of_the_plan_it_begins_with_come_once_the_page_is_there(
    session, browser, any_database_of_page
):
    """Opening it stores nothing, so the part that saves on trial is asked for, by script or by the button."""
    database, form, address = any_database_of_page
    page = browser.get(address).text
    before = rows_of(database)

    asked = browser.post(
        address, data=form | {"live": "texts", "do": ""}, headers={"X-Homestretch-Fragment": "1"}
    )

    assert 'data-fetch="texts"' in page
    assert 'value="texts"' in page
    assert asked.text.lstrip().startswith('<section class="card" id="preview"')
    assert "All texts: 8 texts in 30 days" in asked.text
    assert "data-fetch" not in asked.text
    assert rows_of(database) == before


def test_price_and_spread_are_kept_and_checked(session, browser, sign_in, practice):
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)

    saved = browser.post("/settings/practice", data=PRACTICE)
    again = browser.get("/settings/practice").text
    session.expire_all()
    kept = session.get_one(Practice, practice.id)
    values = (kept.spread_minutes, kept.part_price, kept.currency)
    session.commit()
    wrong = [
        browser.post("/settings/practice", data=PRACTICE | changed).text
        for changed in (
            {"spread_minutes": "61"},
            {"part_price": "cheap"},
            {"part_price": "0"},
            {"part_price": "1.1"},
            {"currency": "$"},
        )
    ]

    assert saved.status_code == 303
    assert values == (10, 7_900, "USD")
    assert 'value="0.0079"' in again
    said = [re.sub(r"\s+", " ", re.search(r"error-links\">(.+?)</ul>", one, re.S)[1]) for one in wrong]
    assert "Minutes to spread texts over must be 0 to 60." in said[0]
    assert "Price of a part must be a number like 0.0079, or empty." in said[1]
    assert all("Price of a part must be more than 0 and at most 1." in one for one in said[2:4])
    assert "Currency must be three letters, like USD." in said[4]


def test_a_preview_of_thirty_days_is_quick(session, practice, maria) -> None:
    """Measured in statements, which a busy machine does not change: their number is the same for any plan."""
    for number in range(4):
        give(session, practice, maria, times=["09:00", "18:00"], reps=number + 1)
    make_follow_up(session, maria, every_days=3, at_time=time(12))
    session.commit()
    loaded = as_loaded(session, maria)
    statements: list[str] = []
    bind = session.get_bind()

    def count(*args: Any) -> None:
        statements.append(args[2])

    event.listen(bind, "before_cursor_execute", count)
    texts = upcoming(session, loaded, MONDAY_8AM)
    event.remove(bind, "before_cursor_execute", count)

    assert len(texts) == 70
    assert len(statements) < 25
