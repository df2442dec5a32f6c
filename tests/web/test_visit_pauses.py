"""After visit takes the pause of a single exercise over as it is, says so, and can let it go on."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from care import plans
from care.client_links import link_for
from care.models import Assignment, Client, User
from care.plan_changes import changes_among, list_versions
from tests.making import MONDAY, MONDAY_8AM, MONDAY_9AM, make_client, make_exercise, make_practice, make_user
from tests.web.conftest import SignIn, TestClock

AT_SIX = plans.Schedule(times=(plans.time(18),), starts_on=MONDAY)
HOLD = plans.Dose(1, 3, 30, 0, plans.Side.BOTH)


@pytest.fixture
def maria(session: Session, browser: FlaskClient, sign_in: SignIn, clock: TestClock) -> Client:
    """She does a bridge and a clam at six; her therapist is signed in, and has paused the clam."""
    practice = make_practice(session, name="Riverside Physio")
    sam = make_user(session, practice, name="Sam")
    maria = make_client(session, practice, first_name="Maria", therapist_id=sam.id)
    made = [make_exercise(session, practice, name=name) for name in ("Bridge", "Clam")]
    wanted = [plans.NewAssignment(one.id, HOLD, AT_SIX) for one in made]
    plans.start_plan(session, maria, wanted, user=sam, now=MONDAY_8AM - timedelta(days=1))
    session.commit()
    clock.now = MONDAY_9AM
    sign_in(browser, sam)
    return maria


def given(session: Session, client: Client) -> dict[str, Assignment]:
    session.expire_all()
    plan = plans.current_plan(session, client)
    rows = plans.list_assignments(session, plan) if plan else []
    session.commit()
    return {one.exercise.name: one for one in rows}


def pause(session: Session, browser: FlaskClient, client: Client, until: str = "") -> None:
    clam = given(session, client)["Clam"]
    browser.post(f"/assignments/{clam.id}/pause", data={"until": until})


def typed(session: Session, client: Client, **changes: Any) -> dict[str, Any]:
    """What the browser posts where nothing is changed on the page."""
    rows = given(session, client).values()
    form: dict[str, Any] = {"key": "a-key", "exercise": [str(one.exercise_id) for one in rows]}
    for number in range(len(rows)):
        form |= {f"sets-{number}": "1", f"reps-{number}": "3", f"hold-{number}": "30"}
    return form | {"days": "daily", "at_time": "18:00", "weeks": "4", "ask": "no"} | changes


def pause_of(one: Assignment) -> tuple[str, str]:
    return str(one.paused_from), str(one.paused_until)


def last_change(session: Session, client: Client) -> str:
    """What the timeline says is different in the newest version."""
    session.expire_all()
    *_, last = [one for one in changes_among(list_versions(session, client), client.timezone) if one.plan_id]
    session.commit()
    return last.detail


@pytest.mark.parametrize(
    ("until", "words"), [("", "Paused</p>"), ("2026-03-10", "Paused through Tue 10 Mar</p>")]
)
def test_a_paused_exercise_stays_paused_where_nothing_is_changed(session, browser, maria, until, words):
    pause(session, browser, maria, until)
    page = browser.get(f"/clients/{maria.id}/visit").text

    answer = browser.post(f"/clients/{maria.id}/visit", data=typed(session, maria, do="send"))

    assert page.count(words) == 1
    assert page.count('name="goes_on"') == 1
    assert answer.status_code == 303
    after = given(session, maria)
    assert pause_of(after["Clam"]) == ("2026-03-02", until or "None")
    assert pause_of(after["Bridge"]) == ("None", "None")
    assert last_change(session, maria) == "the same exercises"
    address = f"/c/{link_for(session, maria, MONDAY_9AM).token}"
    session.commit()
    assert browser.get(address).text.count("Next: today, 6:00pm") == 1


def test_the_last_plan_and_a_template_keep_the_pause_until_its_box_lets_it_go_on(session, browser, maria):
    pause(session, browser, maria)
    address = f"/clients/{maria.id}/visit"
    clam = str(given(session, maria)["Clam"].exercise_id)

    again = browser.post(address, data={"key": "a-key", "do": "last"}).text
    browser.post(address, data=typed(session, maria, goes_on=[clam], live="autosave"))
    kept = browser.get(address).text
    browser.post(address, data=typed(session, maria, goes_on=[clam], do="send"))

    assert "Paused</p>" in again
    assert f'name="goes_on" value="{clam}">' in again
    assert f'name="goes_on" value="{clam}" checked>' in kept
    assert pause_of(given(session, maria)["Clam"]) == ("None", "None")
    assert last_change(session, maria) == "Clam goes on"


def test_a_pause_that_is_over_is_not_spoken_of_and_its_end_is_no_change(
    session, browser, sign_in, maria, clock
):
    pause(session, browser, maria, "2026-03-03")
    clock.now += timedelta(days=3)
    sam = session.get_one(User, maria.therapist_id)
    session.commit()
    sign_in(browser, sam)

    page = browser.get(f"/clients/{maria.id}/visit").text
    browser.post(f"/clients/{maria.id}/visit", data=typed(session, maria, do="send"))

    assert "Paused" not in page
    assert last_change(session, maria) == "the same exercises"


def test_a_new_exercise_is_never_paused_for_the_sake_of_one_taken_out(session, browser, maria):
    pause(session, browser, maria)
    form = typed(session, maria, do="send")
    only = form | {"exercise": form["exercise"][:1]}

    browser.post(f"/clients/{maria.id}/visit", data=only)
    browser.post(f"/clients/{maria.id}/visit", data=form | {"key": "another"})

    assert pause_of(given(session, maria)["Clam"]) == ("None", "None")
