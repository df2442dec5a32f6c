"""Entering a sheet that came back, and how a client who lives on paper is shown until then."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.caseload import caseload
from care.db import Database
from care.models import (
    AttentionItem,
    AttentionKind,
    Client,
    Occurrence,
    OccurrenceStatus,
    Practice,
    Rating,
    Role,
    User,
)
from reminders.planning import plan_ahead
from reminders.timelines import timelines
from tests.care.measuring import make_occurrence, on_day
from tests.making import (
    MONDAY,
    MONDAY_8AM,
    make_assignment,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.web.conftest import SignIn, TestClock


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def user(session: Session, practice: Practice) -> User:
    return make_user(session, practice, role=Role.ADMIN)


@pytest.fixture
def client(session: Session, practice: Practice, user: User) -> Client:
    return make_client(session, practice, phone=None, therapist_id=user.id, first_name="Ada")


@pytest.fixture
def box(session: Session, practice: Practice, client: Client) -> Occurrence:
    assignment = make_assignment(session, client, make_exercise(session, practice, name="Bridge"))
    found = make_occurrence(session, assignment, OccurrenceStatus.UNKNOWN, is_on_paper=True)
    session.commit()
    return found


def test_a_sheet_is_entered_on_one_page(
    browser: FlaskClient,
    sign_in: SignIn,
    session: Session,
    user: User,
    client: Client,
    box: Occurrence,
    clock: TestClock,
) -> None:
    clock.now = on_day(3)
    sign_in(browser, user)
    page = browser.get(f"/clients/{client.id}/paper").text
    assert "Bridge, Mon 2 Mar, 9:00am" in page

    sent = {"from": "2026-03-02", f"t{box.id}": "done", f"s{box.id}": "unknown", "p2026-03-02": "9"}
    answer = browser.post(f"/clients/{client.id}/paper", data=sent)

    assert answer.status_code == 303
    shown = browser.get(answer.location).text
    assert "Written down from paper: 1 box, 1 rating." in shown
    assert "Sheet entered" in shown
    session.expire_all()
    assert box.status is OccurrenceStatus.DONE
    [item] = session.scalars(select(AttentionItem))
    assert item.kind is AttentionKind.HIGH_PAIN


def test_a_day_without_a_box_for_a_pause_says_so(
    browser: FlaskClient,
    sign_in: SignIn,
    session: Session,
    user: User,
    client: Client,
    box: Occurrence,
    clock: TestClock,
) -> None:
    clock.now = on_day(3)
    client.paused_from = client.paused_until = MONDAY + timedelta(days=1)
    session.commit()
    sign_in(browser, user)

    page = browser.get(f"/clients/{client.id}/paper?from=2026-03-02").text

    assert page.count('<span class="tick-rest">paused</span>') == 1


@pytest.mark.parametrize("typed", ["11", "-1", "a lot", "nan"])
def test_a_number_off_the_scale_comes_back_with_everything_that_was_read(
    browser: FlaskClient,
    sign_in: SignIn,
    session: Session,
    user: User,
    client: Client,
    box: Occurrence,
    clock: TestClock,
    typed: str,
) -> None:
    clock.now = on_day(3)
    sign_in(browser, user)

    sent = {"from": "2026-03-02", f"t{box.id}": "done", "p2026-03-02": typed}
    answer = browser.post(f"/clients/{client.id}/paper", data=sent)

    assert answer.status_code == 422
    assert "Pain on 2 Mar must be a number from 0 to 10." in answer.text
    assert f'value="{typed}"' in answer.text
    assert '<option value="done" data-sign="&#10003;" data-words="done" selected>' in answer.text.replace(
        "\N{CHECK MARK}", "&#10003;"
    )
    session.expire_all()
    assert box.status is OccurrenceStatus.UNKNOWN
    assert session.scalars(select(Rating)).all() == []


def test_a_client_on_paper_is_not_called_for_silence_or_zero(
    session: Session, user: User, client: Client, box: Occurrence
) -> None:
    [row] = caseload(session, user, on_day(3), MONDAY + timedelta(days=3))

    assert row.needs == []
    assert (row.adherence.due, row.adherence.on_paper) == (0, 1)


def test_a_sheet_of_two_weeks_ago_is_asked_for(
    browser: FlaskClient, sign_in: SignIn, user: User, client: Client, box: Occurrence, clock: TestClock
) -> None:
    clock.now = on_day(14)
    sign_in(browser, user)

    page = browser.get("/adherence").text

    assert "Paper to enter" in page
    assert "nothing due" in page
    assert "on paper" in browser.get(f"/clients/{client.id}").text


def test_planning_knows_who_has_no_phone(database: Database, session: Session, practice: Practice) -> None:
    exercise = make_exercise(session, practice)
    without, having = make_client(session, practice, phone=None), make_client(session, practice)
    for client in (without, having):
        make_assignment(session, client, exercise)
    session.commit()

    plan_ahead(session, timelines(session, MONDAY_8AM)[0])

    found = session.execute(select(Occurrence.client_id, Occurrence.is_on_paper).distinct()).all()
    assert set(found) == {(without.id, True), (having.id, False)}
