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
