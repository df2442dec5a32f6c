"""Texts by month: counted on the practice's clock, and what they cost where somebody said."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Direction, Message, Practice, Role, TextDay
from care.text_days import keep_texts, kept_texts
from care.text_months import TextMonth, past_days, text_months
from tests.care.measuring import make_message
from tests.making import MONDAY, NEW_YORK, make_client, make_practice, make_user
from tests.web.conftest import SignIn

# 23:30 on 31 January in New York.
LAST_EVENING = datetime(2026, 2, 1, 4, 30, tzinfo=UTC)


def write_some(session: Session, client: Client) -> None:
    out = {"direction": Direction.OUT, "segments": 2}
    make_message(session, client, "Time for it.", status="delivered", **out)
    make_message(session, client, "Time for it.", status="undelivered", **out)
    make_message(session, client, "Time for it.", status="failed", **out)
    make_message(session, client, "4")
    make_message(session, client, "Time for it.", status="delivered", at=LAST_EVENING, **out)
    make_message(session, client, "long ago", at=datetime(2025, 3, 1, 4, tzinfo=UTC))


def test_months_are_the_practices_and_what_was_never_sent_costs_nothing(any_database: Database) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        write_some(session, make_client(session, practice))
        write_some(session, make_client(session, make_practice(session)))

        months = text_months(session, practice.id, NEW_YORK, MONDAY)

        assert months[0] == TextMonth(sent=3, failed=2, received=1, parts=4, first_day=MONDAY.replace(day=1))
        assert [(one.first_day.month, one.sent) for one in months[1:3]] == [(2, 0), (1, 1)]
        assert len(months) == 12
        assert sum(one.received for one in months) == 1
        session.rollback()


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    practice = make_practice(session)
    write_some(session, make_client(session, practice))
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)
    return practice


def test_the_cost_is_said_where_a_price_is_known(
    session: Session, browser: FlaskClient, practice: Practice
) -> None:
    without = browser.get("/adherence/texts").text
    session.get_one(Practice, practice.id).part_price = 7900
    session.commit()
    with_price = browser.get("/adherence/texts").text

    assert "Set the price of a part" in without
    assert "0.0079 USD" in with_price
    assert ">0.03<" in with_price
    assert browser.get("/adherence/texts.csv").text.splitlines()[1] == "2026-03,3,2,1,4,0.03,USD"


def test_what_is_kept_is_what_a_count_says_whatever_changes(any_database: Database) -> None:
    """Each change by one plain statement, and one where nothing of a day that is over changes."""
    days = past_days(NEW_YORK, MONDAY + timedelta(days=1))
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)
        write_some(session, client)
        for change, forgotten in (
            (update(Message).values(body=""), 0),
            (update(Message).where(Message.status == "delivered").values(status="read"), 2),
            (update(Message).values(segments=3), 2),
            (update(Message).where(Message.direction == Direction.OUT).values(at=LAST_EVENING), 2),
            (insert(Message).values(**a_text(client, LAST_EVENING)), 1),
            (delete(Message), 2),
        ):
            keep_texts(session, practice.id, days)
            assert len(kept_texts(session, practice.id, days)) == len(days)
            session.execute(change.execution_options(synchronize_session=False))
            assert len(kept_texts(session, practice.id, days)) == len(days) - forgotten, change
            kept = text_months(session, practice.id, NEW_YORK, MONDAY + timedelta(days=1))
            session.execute(delete(TextDay))
            assert kept == text_months(session, practice.id, NEW_YORK, MONDAY + timedelta(days=1)), change
        session.rollback()


def a_text(client: Client, at: datetime) -> dict[str, object]:
    own = {"practice_id": client.practice_id, "client_id": client.id, "direction": Direction.OUT}
    return own | {"phone": "", "phone_hash": "", "body": "", "status": "sent", "at": at, "segments": 1}


def test_a_practice_on_another_clock_has_other_days(session: Session) -> None:
    practice = make_practice(session)
    write_some(session, make_client(session, practice))
    for zone in (NEW_YORK, "Pacific/Auckland"):
        days = past_days(zone, MONDAY)
        keep_texts(session, practice.id, days)

        assert text_months(session, practice.id, zone, MONDAY)[1].sent == (0 if zone == NEW_YORK else 1)
        assert len(kept_texts(session, practice.id, days)) == len(days)


def test_the_page_keeps_days_that_are_over_and_counts_today(
    session: Session, browser: FlaskClient, practice: Practice
) -> None:
    before = browser.get("/adherence/texts.csv").text
    session.rollback()
    kept = session.scalar(select(func.count()).select_from(TextDay))

    make_message(session, session.scalars(select(Client)).one(), "5")
    session.commit()

    assert kept == len(past_days(NEW_YORK, MONDAY))
    assert "2026-03,3,2,1,4,," in before
    assert "2026-03,3,2,2,4,," in browser.get("/adherence/texts.csv").text


def test_months_before_the_practice_began_are_left_out_unless_a_text_is_in_them(
    any_database: Database,
) -> None:
    with any_database.sessions() as session:
        practice = make_practice(session)
        client = make_client(session, practice)

        alone = text_months(session, practice.id, NEW_YORK, MONDAY, since=MONDAY)
        make_message(session, client, "4", at=datetime(2025, 12, 3, 4, tzinfo=UTC))
        moved_here = text_months(session, practice.id, NEW_YORK, MONDAY, since=MONDAY)

        assert [one.first_day for one in alone] == [MONDAY.replace(day=1)]
        assert [one.first_day.month for one in moved_here] == [3, 12]
        session.rollback()
