"""Drop-off by week, as a page and for a spreadsheet: for admins, and nothing said of few."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care.models import Assignment, OccurrenceStatus, Plan, Practice, Role
from tests.care.measuring import make_occurrence
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn

BEGAN = timedelta(days=21)


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    """Six clients who began three weeks ago: all did something at first, four later, two did not answer."""
    practice = make_practice(session)
    exercise = make_exercise(session, practice)
    for number in range(6):
        client = make_client(session, practice)
        assignment = make_assignment(session, client, exercise)
        give(session, assignment, MONDAY_8AM - BEGAN)
        make_occurrence(session, assignment, OccurrenceStatus.DONE, MONDAY - BEGAN)
        second = OccurrenceStatus.DONE if number < 4 else OccurrenceStatus.UNKNOWN
        make_occurrence(session, assignment, second, MONDAY - BEGAN + timedelta(days=7))
    later = make_assignment(session, make_client(session, practice), exercise)
    give(session, later, MONDAY_8AM)
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)
    return practice


def give(session: Session, assignment: Assignment, at: datetime) -> None:
    session.get_one(Plan, assignment.plan_id).created_at = at


def test_the_page_draws_a_curve_and_says_its_numbers(browser: FlaskClient, practice: Practice) -> None:
    page = browser.get("/adherence/weeks").text

    assert page.count("<polyline") == 1
    assert "Week 1: 6 of 6; Week 2: 4 of 6, 2 unknown" in page
    assert "February 2026, 6 clients" in page
    assert page.count("too few to say</span>") == 1
    assert "January to March 2026, 7 clients" in browser.get("/adherence/weeks?by=quarter").text


def test_the_download_has_a_row_for_each_week(browser: FlaskClient, practice: Practice) -> None:
    rows = browser.get("/adherence/weeks.csv").text.splitlines()

    assert rows == [
        "Began,Clients,Week,Something due,Did something,Left all out,Unknown",
        "2026-03,1",
        "2026-02,6,1,6,6,0,0",
        "2026-02,6,2,6,4,0,2",
    ]


def test_a_practice_in_which_nobody_began_says_so(
    session: Session, browser: FlaskClient, sign_in: SignIn
) -> None:
    admin = make_user(session, make_practice(session), role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)

    assert "Nobody began in the last 12 months" in browser.get("/adherence/weeks").text
