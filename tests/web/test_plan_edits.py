"""Changing a plan between visits: one page, one save, one text however many changes, and a way back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care import plans
from care.db import Database
from care.models import (
    Assignment,
    Client,
    Draft,
    Message,
    Plan,
    Practice,
    RatingSource,
    Reminder,
    ReminderStatus,
    User,
)
from care.models import AssignmentStatus as Status
from care.plan_changes import changes_among, list_versions
from care.precautions import add_precaution
from care.ratings import record_rating
from care.recurrence import Schedule
from reminders.simulated import SimulatedGateway
from tests.making import (
    MONDAY,
    MONDAY_9AM,
    make_client,
    make_exercise,
    make_practice,
    make_user,
)
from tests.reminders.living import dispatching
from tests.web.conftest import SignIn, TestClock

MINUTE = timedelta(minutes=1)
AT_SIX = Schedule(times=(plans.time(18),), starts_on=MONDAY)
CHOICE = re.compile(
    r'value="(pick-\d+)"><span class="visually-hidden">Take </span><span class="strong">([^<]+)'
)
HOLD = plans.Dose(1, 3, 30, 0, plans.Side.BOTH)


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session, name="Riverside Physio")


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice, name="Sam")


@pytest.fixture
def maria(
    session: Session, browser: FlaskClient, sign_in: SignIn, clock: TestClock, practice: Practice, sam: User
) -> Client:
    """Her therapist is signed in at nine; she does a hamstring stretch, a bridge and a clam at six."""
    maria = make_client(session, practice, first_name="Maria", last_name="Lopez", therapist_id=sam.id)
    made = [make_exercise(session, practice, name=name, target_muscles=["glutes"]) for name in NAMES]
    wanted = [plans.NewAssignment(one.id, HOLD, AT_SIX) for one in made[:3]]
    plans.start_plan(session, maria, wanted, user=sam, now=MONDAY_9AM - timedelta(days=1))
    session.commit()
    clock.now = MONDAY_9AM
    sign_in(browser, sam)
    return maria


NAMES = ("Hamstring stretch", "Bridge", "Clam", "Wall slide")


def active(session: Session, client: Client) -> dict[str, Assignment]:
    """What runs now, by name."""
    session.expire_all()
    plan = plans.current_plan(session, client)
    rows = plans.list_assignments(session, plan) if plan else []
    session.commit()
    return {one.exercise.name: one for one in rows if one.status is Status.ACTIVE}


def typed(session: Session, client: Client, **changes: Any) -> dict[str, Any]:
    """What the browser posts for the plan as it runs."""
    form: dict[str, Any] = {"key": "a-key", "assignment": [], "exercise": []}
    for number, one in enumerate(active(session, client).values()):
        form["assignment"].append(str(one.id))
        form["exercise"].append(str(one.exercise_id))
        form |= {f"sets-{number}": one.sets, f"reps-{number}": one.reps, f"hold-{number}": one.hold_seconds}
        form[f"becomes-{number}"] = "pause" if one.paused_from else "on"
    return form | changes


def texts_until(database: Database, clock: TestClock, minutes: int) -> list[str]:
    """Live on for some minutes; returns all that went to the client's phone."""
    for _ in range(minutes):
        clock.now += MINUTE
        with dispatching(database, SimulatedGateway()) as dispatcher:
            dispatcher.drain(clock)
    with database.sessions() as session:
        return [one.body for one in session.scalars(select(Message).order_by(Message.id))]


def test_a_sitting_of_changes_leads_to_one_text(session, database, browser, maria, clock):
    running = active(session, maria)
    browser.post(f"/assignments/{running['Clam'].id}/pause")
    clock.now += 2 * MINUTE
    browser.post(f"/assignments/{active(session, maria)['Bridge'].id}/end")
    clock.now += 2 * MINUTE
    form = typed(session, maria, do="send")
    browser.post(f"/clients/{maria.id}/plan", data=form | {"hold-0": "35"})

    early = texts_until(database, clock, 4)
    [text] = texts_until(database, clock, 20)

    assert early == []
    assert re.fullmatch(
        r"Riverside Physio: Maria, your exercises have changed\. See them here: http\S+/c/\S{22}", text
    )
    assert [one.detail for one in changes_among(list_versions(session, maria), maria.timezone)][1:] == [
        "Clam paused",
        "Bridge taken out",
        "Hamstring stretch: hold 30 to 35 s",
    ]


def test_another_sitting_is_another_text(session, database, browser, maria, clock):
    browser.post(f"/assignments/{active(session, maria)['Clam'].id}/pause")
    first = texts_until(database, clock, 6)
    browser.post(f"/assignments/{active(session, maria)['Clam'].id}/resume")

    assert len(first) == 1
    assert len(texts_until(database, clock, 6)) == 2


def test_saving_without_texting_texts_nobody(session, database, browser, maria, clock):
    form = typed(session, maria, do="save")

    answer = browser.post(f"/clients/{maria.id}/plan", data=form | {"hold-0": "40"}, follow_redirects=True)

    assert "No text goes out." in answer.text
    assert texts_until(database, clock, 10) == []
    assert active(session, maria)["Hamstring stretch"].hold_seconds == 40


def test_the_page_shows_the_text_and_when_it_goes_before_anything_is_sent(session, browser, maria):
    answer = browser.get(f"/clients/{maria.id}/plan")

    assert "Maria gets this text today at 9:05am" in answer.text
    assert "Maria, your exercises have changed. See them here:" in answer.text
    assert session.scalars(select(Reminder)).all() == []


def test_progress_and_regress_change_the_form_and_nothing_else(session, browser, maria):
    address, form = f"/clients/{maria.id}/plan", typed(session, maria)

    first, second, _ = form["assignment"]
    up = browser.post(address, data=form | {"do": f"progress-{first}"})
    down = browser.post(address, data=form | {"do": f"regress-{second}"})

    assert 'data-announce="Hamstring stretch: Hold 35 seconds. 3 times"' in up.text
    assert 'id="hold-0" name="hold-0" value="35"' in up.text
    assert 'id="hold-1" name="hold-1" value="15"' in down.text
    assert list(active(session, maria)) == ["Hamstring stretch", "Bridge", "Clam"]


def offered(answer) -> list[str]:
    return [name for _, name in CHOICE.findall(answer.text)]


def pick(answer, name: str) -> str:
    return next(button for button, found in CHOICE.findall(answer.text) if found == name)


def test_a_swap_offers_those_most_like_it_and_takes_the_one_chosen(session, browser, maria):
    address, form = f"/clients/{maria.id}/plan", typed(session, maria)

    asked = browser.post(address, data=form | {"do": f"swap-{form['assignment'][2]}"})
    taken = browser.post(address, data=form | {"swapping": "2", "do": pick(asked, "Wall slide")})
    kept = browser.post(address, data=form | {"swapping": "2", "do": "close"})

    assert offered(asked) == ["Wall slide"]
    assert 'name="swapping" value="2"' in asked.text
    assert 'data-announce="Clam swapped for Wall slide"' in taken.text
    assert "In the place of Clam" in taken.text
    assert 'data-announce="Clam stays"' in kept.text
    assert 'name="swapping"' not in taken.text + kept.text
    assert list(active(session, maria)) == ["Hamstring stretch", "Bridge", "Clam"]


def test_a_swap_searches_the_whole_library_and_says_what_asks_for_care(session, browser, maria, practice):
    twist = make_exercise(
        session, practice, name="Chair twist", target_muscles=["obliques"], avoid_if=["osteoporosis"]
    )
    add_precaution(session, maria, "osteoporosis", "", MONDAY)
    form = typed(session, maria, swapping="2", query="chair tw")
    address = f"/clients/{maria.id}/plan"

    shown = browser.post(address, data=form | {"do": "show"})
    live = browser.post(address, data=form | {"live": "search"}, headers={"X-Homestretch-Fragment": "1"})
    entered = browser.post(address, data=form | {"do": "first"})

    for answer in (shown, live):
        assert offered(answer) == ["Chair twist"]
        assert "Precaution: Osteoporosis or low bone density. Chair twist asks for care" in answer.text
    assert "<title>" not in live.text
    assert 'data-announce="Clam swapped for Chair twist"' in entered.text
    assert f'name="exercise" value="{twist.id}"' in entered.text
    assert "Chair twist asks for care" in entered.text


def test_what_the_plan_holds_takes_no_other_place(session, browser, maria):
    form = typed(session, maria, swapping="2", query="bridge")
    bridge = session.scalars(select(plans.Exercise.id).where(plans.Exercise.name == "Bridge")).one()
    session.commit()
    address = f"/clients/{maria.id}/plan"

    searched = browser.post(address, data=form | {"do": "first"})
    forced = browser.post(address, data=form | {"do": f"pick-{bridge}"})

    assert offered(searched) == []
    assert "Nothing else for &#39;bridge&#39;" in searched.text
    assert "Bridge cannot take its place" in forced.text


def test_an_exercise_swapped_by_mistake_comes_back(session, browser, maria):
    form = typed(session, maria)
    slide, clam = (
        session.scalars(select(plans.Exercise.id).where(plans.Exercise.name == name)).one()
        for name in ("Wall slide", "Clam")
    )
    session.commit()
    form["exercise"][2] = str(slide)

    answer = browser.post(f"/clients/{maria.id}/plan", data=form | {"swapping": "2", "do": f"pick-{clam}"})

    assert 'data-announce="Wall slide swapped for Clam"' in answer.text
    assert "In the place of" not in answer.text


def test_a_swap_is_saved_and_told_with_its_writer(session, browser, maria):
    form = typed(session, maria, do="send")
    for days in (3, 1):
        record_rating(session, maria, days, source=RatingSource.VISIT, at=MONDAY_9AM - timedelta(days=days))
    form["exercise"][2] = str(
        session.scalars(select(plans.Exercise.id).where(plans.Exercise.name == "Wall slide")).one()
    )
    session.commit()

    browser.post(f"/clients/{maria.id}/plan", data=form)

    assert list(active(session, maria)) == ["Hamstring stretch", "Bridge", "Wall slide"]
    page = browser.get(f"/clients/{maria.id}?show=plan").text
    assert "Clam swapped for Wall slide" in page
    assert "by Sam" in page
    assert "chart-change" in page


def test_a_pause_with_a_last_day_and_one_taken_out(session, browser, maria):
    form = typed(session, maria, do="send")
    form |= {"becomes-1": "pause", "until-1": "2026-03-09", "becomes-2": "end"}

    browser.post(f"/clients/{maria.id}/plan", data=form)

    after = active(session, maria)
    assert list(after) == ["Hamstring stretch", "Bridge"]
    assert (str(after["Bridge"].paused_from), str(after["Bridge"].paused_until)) == (
        "2026-03-02",
        "2026-03-09",
    )


@pytest.mark.parametrize("do", ["send", "save", "progress-{}", "swap-{}", "show"])
def test_a_page_of_a_plan_that_was_changed_meanwhile_shows_the_new_one_and_saves_nothing(
    session, browser, maria, do
):
    old = typed(session, maria)
    old |= {"do": do.format(old["assignment"][1]), "hold-1": "50", "becomes-2": "end"}
    browser.post(f"/clients/{maria.id}/plan", data=typed(session, maria, do="save") | {"becomes-0": "end"})

    answer = browser.post(f"/clients/{maria.id}/plan", data=old | {"key": "another"})

    assert answer.status_code == 422
    assert answer.text.count("The plan was changed meanwhile: below is the new one") == 1
    assert "Hamstring stretch" not in answer.text
    assert 'value="50"' not in answer.text
    after = active(session, maria)
    assert [(name, one.hold_seconds) for name, one in after.items()] == [("Bridge", 30), ("Clam", 30)]
    fresh = typed(session, maria, key="third", do="save") | {"hold-1": "35"}
    assert browser.post(f"/clients/{maria.id}/plan", data=fresh).status_code == 303
    assert active(session, maria)["Clam"].hold_seconds == 35


def test_a_search_for_a_swap_in_a_plan_that_was_changed_meanwhile_shows_the_new_plan(session, browser, maria):
    old = typed(session, maria, swapping="2", query="wall", live="search")
    browser.post(f"/clients/{maria.id}/plan", data=typed(session, maria, do="save") | {"becomes-0": "end"})

    answer = browser.post(
        f"/clients/{maria.id}/plan", data=old | {"key": "b"}, headers={"X-Homestretch-Fragment": "1"}
    )

    assert "The plan was changed meanwhile" in answer.text
    assert 'id="plan"' in answer.text


def test_a_page_of_a_plan_that_ended_meanwhile_saves_nothing(session, browser, maria):
    old = typed(session, maria, do="send") | {"hold-0": "35"}
    plans.end_plan(session, maria, "done", MONDAY_9AM)
    session.commit()

    answer = browser.post(f"/clients/{maria.id}/plan", data=old, follow_redirects=True)

    assert "The plan has ended meanwhile: nothing you chose there was saved." in answer.text
    assert active(session, maria) == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hold-0": "900"}, "Hamstring stretch: Hold must be at most 600 seconds."),
        (
            {"becomes-1": "pause", "until-1": "2026-02-01"},
            "Bridge: the last day must be today or later.",
        ),
        ({}, "Nothing is different yet."),
        ({f"becomes-{number}": "end" for number in range(3)}, "Nothing would be left."),
    ],
)
def test_what_does_not_hold_comes_back_with_a_sentence(session, browser, maria, wrong, sentence):
    answer = browser.post(f"/clients/{maria.id}/plan", data=typed(session, maria, do="send") | wrong)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(session.scalars(select(Plan)).all()) == 1


def test_a_double_tap_changes_once(session, browser, maria):
    form = typed(session, maria, do="send") | {"hold-0": "35"}

    for _ in range(2):
        assert browser.post(f"/clients/{maria.id}/plan", data=form).status_code == 303

    assert len(session.scalars(select(Plan)).all()) == 2


def test_within_a_minute_the_change_and_its_text_are_taken_back(session, database, browser, maria, clock):
    browser.post(f"/assignments/{active(session, maria)['Clam'].id}/end")
    shown = browser.get(f"/clients/{maria.id}").text

    answer = browser.post(f"/clients/{maria.id}/visit/undo", follow_redirects=True)

    assert "Undo" in shown
    assert "Taken back. The plan is as it was" in answer.text
    assert list(active(session, maria)) == ["Hamstring stretch", "Bridge", "Clam"]
    assert texts_until(database, clock, 10) == []
    browser.post(f"/assignments/{active(session, maria)['Clam'].id}/end")
    assert len(texts_until(database, clock, 10)) == 1


def test_a_visit_form_that_waits_is_not_lost_to_a_change(session, browser, maria):
    visit = {"key": "visit", "visit_note": "Half written", "do": "show"}
    browser.post(f"/clients/{maria.id}/visit", data=visit)

    browser.post(f"/assignments/{active(session, maria)['Clam'].id}/pause")

    assert "Half written" in browser.get(f"/clients/{maria.id}/visit").text
    assert session.scalars(select(Draft)).one().sent_at is None


def test_without_consent_the_change_is_saved_and_nobody_texted(session, browser, maria, practice, sam):
    mute = make_client(session, practice, first_name="Ann", therapist_id=sam.id, has_consent=False)
    exercise = make_exercise(session, practice, name="Squat")
    wanted = [plans.NewAssignment(exercise.id, HOLD, AT_SIX)]
    plans.start_plan(session, mute, wanted, user=sam, now=MONDAY_9AM)
    session.commit()

    answer = browser.post(f"/assignments/{active(session, mute)['Squat'].id}/pause", follow_redirects=True)

    assert "Ann gets no text about it." in answer.text
    assert session.scalars(select(Reminder).where(Reminder.status == ReminderStatus.PLANNED)).all() == []


def test_without_a_running_plan_the_page_leads_to_after_visit(session, browser, maria):
    plans.end_plan(session, maria, "done", MONDAY_9AM)
    session.commit()

    answer = browser.get(f"/clients/{maria.id}/plan")

    assert answer.location == f"/clients/{maria.id}/visit"
