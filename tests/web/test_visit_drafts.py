"""After visit forms survive a lock, begin from last time, and can be taken back for a minute."""

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import plans, visits
from care.followups import list_open_follow_ups
from care.models import (
    Assignment,
    Client,
    ClientStatus,
    Draft,
    Exercise,
    Occurrence,
    OccurrenceStatus,
    Plan,
    PlanStatus,
    Practice,
    Rating,
    Reminder,
    ReminderStatus,
    User,
    Visit,
    VisitStatus,
)
from care.precautions import add_precaution
from care.recurrence import Schedule
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn, TestClock

EPISODE = {"complaint": "Shoulder", "condition_category": "sports_injury"}
SEND = {"days": "daily", "weeks": "4", "ask": "3", "at_time": "08:01"}


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside Physio")


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(session: Session, practice: Practice, sam: User) -> Client:
    return make_client(session, practice, first_name="Maria", last_name="Lopez", therapist_id=sam.id)


@pytest.fixture
def address(
    session: Session, browser: FlaskClient, sign_in: SignIn, practice: Practice, sam: User, maria: Client
) -> str:
    make_exercise(session, practice, name="Hamstring stretch", target_muscles=["hamstrings"])
    make_exercise(session, practice, name="Chair stretch", target_muscles=["hamstrings"])
    session.commit()
    sign_in(browser, sam)
    return f"/clients/{maria.id}/visit"


def typed(session: Session, name: str, key: str = "a-key", **changes: Any) -> dict[str, Any]:
    found = exercise_id(session, name)
    session.commit()
    dose = {"exercise": [str(found)], "sets-0": "1", "reps-0": "3", "hold-0": "30"}
    return {"key": key} | dose | SEND | changes


def exercise_id(session: Session, name: str) -> int:
    return session.scalars(select(Exercise.id).where(Exercise.name == name)).one()


def give(session: Session, client: Client, name: str, **dose: int) -> Plan:
    parts = {"sets": 1, "reps": 3, "hold_seconds": 30, "duration_seconds": 0} | dose
    wanted = plans.NewAssignment(
        exercise_id(session, name),
        plans.Dose(**parts, side=plans.Side.BOTH),
        Schedule(times=(time(9),), starts_on=MONDAY),
    )
    plan = plans.start_plan(session, client, [wanted], user=None, now=MONDAY_8AM - timedelta(days=1))
    session.commit()
    return plan


def test_what_was_typed_is_there_again_after_signing_out(session, browser, address, sam, sign_in):
    browser.post(
        address,
        data=typed(session, "Hamstring stretch", live="autosave", visit_note="Tight on the left"),
        headers={"X-Homestretch-Fragment": "1"},
    )
    browser.post("/sign-out")
    sign_in(browser, sam)

    again = browser.get(address)

    assert "Tight on the left" in again.text
    assert '<p class="dose-name">Hamstring stretch</p>' in again.text
    assert "Draft of" in again.text


def test_a_draft_is_its_writers_alone(session, browser, address, practice, sign_in):
    browser.post(address, data=typed(session, "Hamstring stretch", do="show", visit_note="Mine"))
    other = make_user(session, practice, role="admin")
    session.commit()
    sign_in(browser, other)

    assert "Mine" not in browser.get(address).text


def test_starting_fresh_forgets_the_draft(session, browser, address):
    browser.post(address, data=typed(session, "Hamstring stretch", do="show", visit_note="Old news"))

    answer = browser.post(address, data=typed(session, "Hamstring stretch", do="fresh"))

    assert answer.status_code == 303
    assert "Old news" not in browser.get(address).text


def test_what_was_sent_is_no_draft_even_when_a_change_arrives_late(session, browser, address):
    form = typed(session, "Hamstring stretch", visit_note="Sent already")
    browser.post(address, data=form | {"do": "send"})

    browser.post(address, data=form | {"live": "autosave"}, headers={"X-Homestretch-Fragment": "1"})

    assert "Sent already" not in browser.get(address).text


def test_what_is_typed_after_its_form_was_sent_is_a_new_draft_and_undo_still_works(
    session, browser, address, practice, clock, sam, sign_in
):
    form = typed(session, "Hamstring stretch")
    browser.post(address, data=form | {"do": "send"})
    elsewhere = form | {"visit_note": "Typed in another window", "live": "autosave"}
    browser.post(address, data=elsewhere | {"key": "its-own"}, headers={"X-Homestretch-Fragment": "1"})
    said = browser.post(address, data=elsewhere, headers={"X-Homestretch-Fragment": "1"})
    undo = browser.post(f"{address}/undo", follow_redirects=True)

    assert "This visit is sent already. What you change here now is kept as a new draft." in said.text
    assert "Taken back." in undo.text
    assert "Typed in another window" in undo.text

    browser.post(address, data=typed(session, "Hamstring stretch", key="b-key", do="send"))
    browser.post(address, data=elsewhere | {"key": "b-key"}, headers={"X-Homestretch-Fragment": "1"})
    clock.now += timedelta(hours=1)
    other = make_client(session, practice, therapist_id=sam.id)
    session.commit()
    sign_in(browser, sam)
    browser.post(f"/clients/{other.id}/visit", data=typed(session, "Chair stretch", key="c-key", do="send"))
    assert "Typed in another window" in browser.get(address).text


def test_a_form_that_was_sent_and_changed_since_comes_back_and_can_be_sent(session, browser, address, maria):
    form = typed(session, "Hamstring stretch", do="send")
    browser.post(address, data=form)
    changed = typed(session, "Chair stretch", do="send", visit_note="Tight on the left")

    again = browser.post(address, data=changed)
    key = re.search(r'name="key" value="([^"]+)"', again.text)[1]
    given = len(session.scalars(select(Plan)).all())
    session.commit()
    sent = browser.post(address, data=changed | {"key": key})

    session.expire_all()
    assert (again.status_code, given) == (422, 1)
    assert "If you changed something here, send once more" in again.text
    assert "Tight on the left" in again.text
    assert '<p class="dose-name">Chair stretch</p>' in again.text
    assert sent.status_code == 303
    assert [one.exercise.name for one in plans.last_plan(session, maria)] == ["Chair stretch"]
    assert "Tight on the left" in [one.note for one in session.scalars(select(Visit))]


def test_a_draft_left_for_a_week_is_not_brought_back(session, browser, address, clock, sam, sign_in):
    browser.post(address, data=typed(session, "Hamstring stretch", do="show", visit_note="Long ago"))
    clock.now += timedelta(days=7)
    sign_in(browser, sam)

    assert "Long ago" not in browser.get(address).text


def test_an_exercise_begins_with_the_dose_of_last_time(session, browser, address, maria):
    give(session, maria, "Hamstring stretch", hold_seconds=45)
    give(session, maria, "Chair stretch")

    answer = browser.post(address, data=typed(session, "Chair stretch", query="hamst", do="first"))

    assert 'id="hold-1" name="hold-1" value="45"' in answer.text


def test_the_last_plan_is_offered_after_it_ended(session, browser, address, maria):
    give(session, maria, "Hamstring stretch")
    plans.end_plan(session, maria, "ended by the therapist", MONDAY_8AM)
    session.commit()

    assert "Last plan, 1" in browser.get(address).text


def test_an_exercise_that_meets_a_precaution_is_swapped_for_one_that_does_not(
    session, browser, address, maria, practice
):
    make_exercise(
        session, practice, name="Figure four", avoid_if=["hip_replacement"], target_muscles=["hamstrings"]
    )
    add_precaution(session, maria, "hip_replacement", "Hip replaced 2024", MONDAY)
    session.commit()

    shown = browser.post(address, data=typed(session, "Figure four", do="show"))
    swapped = browser.post(address, data=typed(session, "Figure four", do="swap-0"))

    assert 'value="swap-0"' in shown.text
    assert 'data-announce="Figure four swapped for Chair stretch"' in swapped.text
    assert '<p class="dose-name">Chair stretch</p>' in swapped.text


def test_undo_brings_back_the_plan_before_and_the_form_as_it_was_sent(
    session: Session, browser: FlaskClient, address: str, maria: Client, sam: User, clock: TestClock
) -> None:
    before = give(session, maria, "Chair stretch")
    planned = visits.plan_visit(session, maria, datetime(2026, 3, 9, 14, tzinfo=UTC), sam, MONDAY_8AM)
    session.commit()
    form = typed(session, "Hamstring stretch", do="send", pain="4", visit_note="Tight")
    browser.post(address, data=form | {"next_date": "2026-03-10", "next_time": "11:30"})
    plan_ahead(session, Timeline(MONDAY_8AM))
    session.commit()
    clock.now += timedelta(seconds=59)

    shown = browser.get(f"/clients/{maria.id}")
    answer = browser.post(f"{address}/undo")

    session.expire_all()
    assert "Undo" in shown.text
    assert answer.location == address
    assert [one.id for one in session.scalars(select(Plan))] == [before.id]
    assert before.status is PlanStatus.ACTIVE
    assert [one.exercise.name for one in plans.last_plan(session, maria)] == ["Chair stretch"]
    assert session.scalars(select(Rating)).all() == []
    assert [(one.status, one.starts_at) for one in session.scalars(select(Visit))] == [
        (VisitStatus.PLANNED, planned.starts_at)
    ]
    assert planned.starts_at == datetime(2026, 3, 9, 14, tzinfo=UTC)
    assert list_open_follow_ups(session, maria) == []
    session.commit()
    assert "Tight" in browser.get(address).text


def test_sending_promises_the_link_in_the_first_text_and_undo_takes_it_back(session, browser, address, maria):
    form = typed(session, "Hamstring stretch")
    dots = browser.post(address, data=form).text
    browser.post(address, data=form | {"do": "send"})
    session.expire_all()
    promised = session.get_one(Client, maria.id).link_to_tell
    session.commit()
    browser.post(f"{address}/undo")

    session.expire_all()
    assert "/c/...................... Reply DONE" in dots
    assert "The dots are the link to Maria’s own page, made as you send." in unescape(dots)
    assert re.search(r"/c/[\w-]{22}$", promised)
    assert session.get_one(Client, maria.id).link_to_tell is None


def test_without_texting_no_link_is_promised(session, browser, address, maria):
    browser.post(address, data=typed(session, "Hamstring stretch", do="save"))

    session.expire_all()
    assert session.get_one(Client, maria.id).link_to_tell is None


def test_after_undo_the_form_can_be_sent_again(session, browser, address, maria):
    form = typed(session, "Hamstring stretch", do="send")
    browser.post(address, data=form)
    browser.post(f"{address}/undo")
    key = session.scalars(select(Draft)).one().typed["key"][0]
    session.commit()

    browser.post(address, data=form | {"key": key})

    session.expire_all()
    assert key != form["key"]
    assert len(session.scalars(select(Plan)).all()) == 1


def test_no_text_goes_out_while_it_can_be_taken_back(session, browser, address, clock, sam, sign_in):
    clock.now = MONDAY_9AM + timedelta(minutes=59, seconds=50)
    sign_in(browser, sam)
    browser.post(address, data=typed(session, "Hamstring stretch", do="send", ask="no", at_time="10:00"))

    plan_ahead(session, Timeline(clock.now))

    first = session.scalars(select(Reminder).order_by(Reminder.send_at)).first()
    assert first.due_at == MONDAY_9AM + timedelta(hours=1)
    assert first.send_at == clock.now + timedelta(seconds=60)


@pytest.mark.parametrize("seconds", [60, 3600])
def test_after_a_minute_it_stands(session, browser, address, clock, sam, sign_in, seconds):
    browser.post(address, data=typed(session, "Hamstring stretch", do="send"))
    clock.now += timedelta(seconds=seconds)
    sign_in(browser, sam)

    answer = browser.post(f"{address}/undo", follow_redirects=True)

    assert "More than a minute has passed, so this stands." in answer.text
    session.expire_all()
    assert len(session.scalars(select(Assignment)).all()) == 1


def test_what_the_client_has_answered_is_not_taken_back(session, browser, address, maria):
    browser.post(address, data=typed(session, "Hamstring stretch", do="send"))
    plan_ahead(session, Timeline(MONDAY_8AM))
    occurrence = session.scalars(select(Occurrence)).first()
    occurrence.status, occurrence.answered_at = OccurrenceStatus.DONE, MONDAY_8AM
    session.commit()

    answer = browser.post(f"{address}/undo", follow_redirects=True)

    assert "Maria has answered already." in answer.text
    session.expire_all()
    assert len(session.scalars(select(Plan)).all()) == 1


def test_what_has_gone_out_is_not_taken_back(session, browser, address):
    browser.post(address, data=typed(session, "Hamstring stretch", do="send"))
    plan_ahead(session, Timeline(MONDAY_8AM))
    session.scalars(select(Reminder)).first().status = ReminderStatus.SENDING
    session.commit()

    answer = browser.post(f"{address}/undo", follow_redirects=True)

    assert "The text has gone out already." in answer.text


def test_another_therapists_visit_cannot_be_taken_back(session, browser, address, practice, sign_in):
    browser.post(address, data=typed(session, "Hamstring stretch", do="send"))
    other = make_user(session, practice)
    session.commit()
    sign_in(browser, other)

    assert browser.post(f"{address}/undo").status_code == 404


def test_who_was_discharged_is_given_nothing_and_what_was_typed_stays(session, browser, address, maria):
    maria.status = ClientStatus.DISCHARGED
    session.commit()
    before = browser.get(address).text

    answer = browser.post(
        address, data=typed(session, "Hamstring stretch", visit_note="Shoulder is fine") | {"do": "send"}
    )

    assert "Start an episode first: only then exercises can be given." in before
    assert f'href="/clients/{maria.id}/outcome#start-title"' in before
    assert "autofocus" not in before
    assert answer.status_code == 422
    assert "<li>Maria was discharged. Start an episode first.</li>" in answer.text
    assert "You can save all the same" not in answer.text
    assert list(session.scalars(select(Plan))) == []
    assert list(session.scalars(select(Visit))) == []
    session.commit()
    browser.post(f"/clients/{maria.id}/episodes", data=EPISODE)
    page = browser.get(address).text
    assert "was discharged" not in page
    assert "Shoulder is fine" in page
    assert "Hamstring stretch" in page
