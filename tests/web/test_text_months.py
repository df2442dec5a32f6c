"""Texts by month: counted on the practice's clock, and what they cost where somebody said."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Direction, Practice, Role
from care.text_months import TextMonth, text_months
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

        assert months[0] == TextMonth(MONDAY.replace(day=1), sent=3, failed=2, received=1, parts=4)
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
