"""Exercises: found by what somebody types; own entries added, changed, retired and brought back."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Exercise, ExerciseSource, Practice
from tests.making import make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

NEW = {
    "name": "Towel calf stretch",
    "body_region": "lower_leg",
    "start_position": "seated",
    "type": "stretch",
    "laterality": "each_side",
    "sets": "1",
    "reps": "3",
    "hold_seconds": "30",
    "duration_seconds": "",
    "equipment": "towel, chair",
    "cue": "Pull the towel until you feel your calf.",
    "avoid_if": ["muscle_tear"],
}


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    """A practice with two exercises; a therapist of it is signed in."""
    practice = make_practice(session)
    user = make_user(session, practice)
    make_exercise(session, practice, name="Chin tuck", body_region="neck", caution="Stop if dizzy.")
    make_exercise(session, practice, name="Wall calf stretch", body_region="lower_leg", equipment=["wall"])
    session.commit()
    sign_in(browser, user)
    return practice


def test_every_exercise_is_listed_with_dose_and_caution(browser, practice):
    answer = browser.get("/exercises")

    assert "Chin tuck" in answer.text
    assert "Hold 30 seconds. 3 times" in answer.text
    assert "Stop if dizzy." in answer.text


@pytest.mark.parametrize("query", ["calf", "wall", "lower leg"])
def test_an_exercise_is_found_by_name_equipment_and_region(browser, practice, query):
    answer = browser.get("/exercises", query_string={"q": query})

    assert "Wall calf stretch" in answer.text
    assert "Chin tuck" not in answer.text


def test_the_region_filter_leaves_one_region(browser, practice):
    answer = browser.get("/exercises?region=neck")

    assert "Chin tuck" in answer.text
    assert "Wall calf stretch" not in answer.text


def test_a_large_library_is_shown_page_by_page(session, browser, practice):
    for number in range(60):
        make_exercise(session, practice, name=f"Stretch {number:02}")
    session.commit()

    first, second = browser.get("/exercises?q=stretch").text, browser.get("/exercises?q=stretch&page=2").text

    assert "61 exercises" in first
    assert "q=stretch&amp;page=2" in first
    assert "Stretch 00" in first
    assert "Stretch 59" in second
    assert "Stretch 00" not in second


def test_a_search_without_a_match_offers_to_add_it(browser, practice):
    answer = browser.get("/exercises?q=hamm")

    assert "Nothing for &#39;hamm&#39;." in answer.text
    assert "/exercises/new?name=hamm" in answer.text


def test_an_own_exercise_is_added_and_found(session, browser, practice):
    answer = browser.post("/exercises/new", data=NEW)

    assert answer.status_code == 303
    added = session.scalars(select(Exercise).where(Exercise.source == ExerciseSource.OWN)).one()
    assert (added.name, added.equipment, added.avoid_if) == (
        "Towel calf stretch",
        ["towel", "chair"],
        ["muscle_tear"],
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter the name."),
        ({"name": "Chin tuck"}, "There is already an exercise called Chin tuck."),
        ({"sets": "99"}, "Sets must be 1 to 10."),
        ({"cue": ""}, "Say what to do."),
        ({"body_region": ""}, "Choose the region."),
    ],
)
def test_a_mistake_comes_back_at_its_field(browser, practice, wrong, sentence):
    answer = browser.post("/exercises/new", data=NEW | wrong)

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert "towel, chair" in answer.text


def test_no_region_is_chosen_for_a_new_exercise(browser, practice):
    assert '<option value="">Choose</option>' in browser.get("/exercises/new").text


def test_an_own_exercise_is_changed(session, browser, practice):
    browser.post("/exercises/new", data=NEW)
    added = session.scalars(select(Exercise).where(Exercise.source == ExerciseSource.OWN)).one()
    session.commit()

    shown = browser.get(f"/exercises/{added.id}/edit")
    browser.post(f"/exercises/{added.id}/edit", data=NEW | {"hold_seconds": "45"})

    session.refresh(added)
    assert 'value="towel, chair"' in shown.text
    assert added.hold_seconds == 45


def test_steps_are_written_a_line_each_and_shown_in_both_languages(session, browser, practice):
    browser.post("/exercises/new", data=NEW | {"steps": "Sit down.\n\nPull.", "cue_es": "Jale la toalla."})
    added = session.scalars(select(Exercise).where(Exercise.source == ExerciseSource.OWN)).one()
    session.commit()

    shown = browser.get(f"/exercises/{added.id}").text

    assert added.steps == ["Sit down.", "Pull."]
    assert "<li>Sit down.</li><li>Pull.</li>" in shown
    assert "Jale la toalla." in shown
    assert "reviewed</span> by User 1" in shown


def test_words_nobody_here_has_read_say_so_until_a_person_approves_them(session, browser, practice):
    seed = session.scalars(select(Exercise)).first()
    session.commit()
    before = browser.get(f"/exercises/{seed.id}").text

    browser.post(f"/exercises/{seed.id}/review")

    after = browser.get(f"/exercises/{seed.id}").text
    assert "Nobody in this practice has approved these words." in before
    assert "Approve these words" in before
    assert "reviewed</span> by User 1" in after
    assert "Approve these words" not in after


def test_a_seed_exercise_cannot_be_changed(session, browser, practice):
    seed = session.scalars(select(Exercise)).first()
    session.commit()

    assert browser.get(f"/exercises/{seed.id}/edit").status_code == 404
    assert browser.post(f"/exercises/{seed.id}/edit", data=NEW).status_code == 404


def test_a_retired_exercise_leaves_the_list_and_can_be_brought_back(session, browser, practice):
    exercise = session.scalars(select(Exercise).where(Exercise.name == "Chin tuck")).one()
    session.commit()

    browser.post(f"/exercises/{exercise.id}/retire")
    without, retired = browser.get("/exercises?q=chin"), browser.get("/exercises?retired=1")
    browser.post(f"/exercises/{exercise.id}/restore")

    assert "Nothing for" in without.text
    assert "Chin tuck" in retired.text
    assert "Hold 30 seconds" in browser.get("/exercises?q=chin").text


def test_another_practices_exercise_is_not_found(session, browser, practice):
    theirs = make_exercise(session, make_practice(session), source=ExerciseSource.OWN)
    session.commit()

    assert browser.get(f"/exercises/{theirs.id}/edit").status_code == 404
    assert browser.post(f"/exercises/{theirs.id}/retire").status_code == 404
