"""Importing exercises by page and by command, and finishing them one by one."""

import json
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Exercise, Practice
from tests.care.test_foreign_exercises import FREE, WGER
from tests.making import make_practice, make_user
from tests.web.conftest import SignIn
from tests.web.test_exercises import NEW

CHOSEN = NEW | {"name": "Seated Side Reach", "caution": "Stop if it pinches.", "laterality": "each_side"}


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    practice = make_practice(session)
    user = make_user(session, practice)
    session.commit()
    sign_in(browser, user)
    return practice


def send(browser: FlaskClient, content: bytes):
    return browser.post("/exercises/import", data={"file": (BytesIO(content), "exercises.json")})


def test_a_file_is_imported_and_each_exercise_finished(session, browser, practice):
    sent = send(browser, json.dumps([FREE]).encode())
    exercise_id = session.scalars(select(Exercise.id)).one()
    session.commit()

    assert sent.status_code == 303
    page = browser.get("/exercises/import").text
    assert "1 exercise added, to be finished here." in page
    assert "free-exercise-db, Unlicense" in page
    assert "Seated Side Reach" not in browser.get("/exercises").text
    assert browser.get(f"/exercises/{exercise_id}/edit").status_code == 404

    form = browser.get(f"/exercises/import/{exercise_id}").text
    assert "Sit tall on a chair." in form
    refused = browser.post(
        f"/exercises/import/{exercise_id}", data=CHOSEN | {"laterality": "", "caution": "", "sets": ""}
    )
    assert refused.status_code == 422
    for sentence in ("Choose the side.", "Say what to take care with."):
        assert sentence in refused.text

    done = browser.post(f"/exercises/import/{exercise_id}", data=CHOSEN)

    assert done.status_code == 303
    assert "Seated Side Reach" in browser.get("/exercises").text
    assert "free-exercise-db, Unlicense" in browser.get(f"/exercises/{exercise_id}").text
    assert browser.get(f"/exercises/import/{exercise_id}").status_code == 404


def test_words_that_fit_into_no_step_are_shown_until_the_exercise_is_finished(session, browser, practice):
    told = [f"Do part {number}." for number in range(1, 7)]
    more = ["STOP if you feel a sharp pain.", "Repeat on the other side."]
    spanish = {"language": 4, "name": "Talon", "description": "".join(f"<p>Parte {n}.</p>" for n in range(8))}
    english = {"language": 2, "name": "Heel", "description": "".join(f"<p>{one}</p>" for one in told + more)}
    send(browser, json.dumps([WGER | {"translations": [english, spanish]}]).encode())
    exercise_id = session.scalars(select(Exercise.id)).one()
    session.commit()

    asked = browser.get(f"/exercises/import/{exercise_id}").text
    refused = browser.post(f"/exercises/import/{exercise_id}", data=CHOSEN | {"caution": ""}).text

    for page in (asked, refused):
        assert "There was no room for all its English words" in page
        assert all(f"<li>{line}</li>" in page for line in (*more, "Parte 6.", "Parte 7."))
    assert "Do part 6.</textarea>" in asked
    assert browser.post(f"/exercises/import/{exercise_id}", data=CHOSEN).status_code == 303


def test_an_exercise_whose_words_fit_is_finished_without_a_word_about_it(session, browser, practice):
    send(browser, json.dumps([FREE]).encode())
    exercise_id = session.scalars(select(Exercise.id)).one()
    session.commit()

    assert "There was no room" not in browser.get(f"/exercises/import/{exercise_id}").text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose the file first."),
        (b"\xff\xfe\x00", "This file is not JSON."),
        (b"<html>", "This file is not JSON."),
        (b"[1]", "neither the JSON of free-exercise-db nor of wger"),
    ],
)
def test_what_cannot_be_read_is_said(browser, practice, content, sentence):
    answer = send(browser, content)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_what_an_import_brings_is_shown_as_words(session, browser, practice):
    evil = {
        "language": 2,
        "name": "&lt;script&gt;alert(1)&lt;/script&gt;",
        "description": "&lt;img src=x&gt; Sit.",
    }
    send(browser, json.dumps([WGER | {"translations": [evil], "license_author": "<i>x"}]).encode())

    page = browser.get("/exercises/import").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
