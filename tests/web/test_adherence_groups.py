"""Adherence summed up by therapist, condition and exercise: for admins, and nothing said of few."""

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AuditEntry, OccurrenceStatus, Practice, Role
from tests.care.measuring import make_occurrence
from tests.making import make_assignment, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

DONE = OccurrenceStatus.DONE


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    """Five clients of Sam did their exercise once, one of Kim as well. An admin is signed in."""
    practice = make_practice(session)
    sam, kim = (make_user(session, practice, name=name) for name in ("=Sam", "Kim"))
    exercise = make_exercise(session, practice, name="Hip hinge")
    for therapist in (*[sam] * 5, kim):
        client = make_client(session, practice, therapist_id=therapist.id)
        make_occurrence(session, make_assignment(session, client, exercise), DONE)
    admin = make_user(session, practice, role=Role.ADMIN)
    session.commit()
    sign_in(browser, admin)
    return practice


def test_each_table_says_its_sums_and_nothing_of_few(browser: FlaskClient, practice: Practice) -> None:
    therapists = browser.get("/adherence/by").text
    conditions = browser.get("/adherence/by?by=condition").text
    exercises = browser.get("/adherence/by?by=exercise").text

    assert "5 of 5" in therapists
    assert therapists.count("too few to say") == 1
    assert "No condition" in conditions
    assert "6 of 6" in conditions
    assert "Hip hinge" in exercises
    assert "6 of 6" in exercises
    assert "too few to say" in exercises  # of pain
    assert browser.get("/adherence/by?by=nothing").status_code == 404


def test_the_downloads_run_nothing_and_are_in_the_audit_trail(
    session: Session, browser: FlaskClient, practice: Practice
) -> None:
    found = {
        kind: list(csv.reader(io.StringIO(browser.get(f"/adherence/by.csv?by={kind}").text)))
        for kind in ("therapist", "condition", "exercise")
    }

    assert found["therapist"][0][:3] == ["Therapist", "Clients", "Silent"]
    assert found["therapist"][1] == ["'=Sam", "5", "0", "5", "0", "0", "0", "5", "0", "0"]
    assert found["therapist"][2] == ["Kim", "1"]
    assert found["exercise"][1] == ["Hip hinge", "6", "0", "6", "0", "0", "0", "6", "", "0", "0"]
    assert session.scalars(select(AuditEntry.action)).all() == ["export"] * 3


def test_the_tables_are_for_admins_alone(
    session: Session, browser: FlaskClient, practice: Practice, sign_in: SignIn
) -> None:
    therapist = make_user(session, practice)
    session.commit()
    sign_in(browser, therapist)

    for path in ("/adherence/by", "/adherence/by?by=exercise", "/adherence/by.csv"):
        assert browser.get(path).status_code == 403
