"""Dose, short code and video of any exercise, and photos of own ones, as staff set and clients see them."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from care.client_links import link_for
from care.models import Exercise, ExerciseSource, Practice
from reminders.planning import plan_ahead
from reminders.timelines import Timeline
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

DOSE = {"sets": "2", "reps": "8", "hold_seconds": "", "duration_seconds": ""}


@pytest.fixture
def practice(session: Session, browser: FlaskClient, sign_in: SignIn) -> Practice:
    practice = make_practice(session)
    user = make_user(session, practice)
    session.commit()
    sign_in(browser, user)
    return practice


def add(session: Session, practice: Practice, **changes: object) -> Exercise:
    exercise = make_exercise(session, practice, **changes)
    session.commit()
    return exercise


def photo() -> tuple[BytesIO, str]:
    written = BytesIO()
    Image.new("RGB", (30, 30), "navy").save(written, "PNG")
    written.seek(0)
    return written, "whatever.txt"


def test_a_practice_sets_its_own_dose_for_a_seed_exercise_and_finds_it_by_its_code(
    session, browser, practice
):
    seed = add(session, practice, name="Chin tuck")

    answer = browser.post(f"/exercises/{seed.id}/dose", data=DOSE | {"short_code": "ct-1"})

    session.refresh(seed)
    assert answer.status_code == 303
    assert (seed.sets, seed.reps, seed.hold_seconds, seed.short_code) == (2, 8, 0, "CT-1")
    assert "Chin tuck" in browser.get("/exercises", query_string={"q": "ct-1"}).text
    assert "2 sets of 8" in browser.get(f"/exercises/{seed.id}").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sets": "0"}, "Sets must be 1 to 10."),
        ({"short_code": "no good"}, "Short code must be 1 to 12 letters and digits, like HS1."),
        ({"short_code": "taken"}, "Short code TAKEN is taken by Bridge. Choose another."),
        ({"video_url": "http://example.com/v"}, "Video must be a whole address that begins with https://."),
        ({"video_url": "javascript:alert(1)"}, "Video must be a whole address that begins with https://."),
        ({"video_url": "https://me:pw@example.com"}, "Video must be a whole address"),
        ({"video_url": 'https://example.com/"><script>'}, "Video must be a whole address"),
    ],
)
def test_what_will_not_do_is_said_at_its_field(session, browser, practice, changes, sentence):
    add(session, practice, name="Bridge", short_code="TAKEN")
    seed = add(session, practice, name="Chin tuck")

    answer = browser.post(f"/exercises/{seed.id}/dose", data=DOSE | changes)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_the_same_code_may_be_used_by_another_practice(session, browser, practice):
    add(session, make_practice(session), short_code="CT")
    seed = add(session, practice)

    assert browser.post(f"/exercises/{seed.id}/dose", data=DOSE | {"short_code": "CT"}).status_code == 303


def test_a_client_sees_the_photo_and_a_link_to_the_video(session, browser, practice):
    own = add(session, practice, name="Pull", source=ExerciseSource.OWN)
    client = make_client(session, practice, language="es")
    assignment = make_assignment(session, client, own, starts_on=MONDAY)
    plan_ahead(session, Timeline(MONDAY_8AM))
    token = link_for(session, client, MONDAY_8AM).token
    own_id, address = own.id, f"/c/{token}/{assignment.id}.svg"
    session.commit()
    browser.post(f"/exercises/{own_id}/dose", data=DOSE | {"video_url": "https://video.example/watch?v=1"})
    browser.post(f"/exercises/{own_id}/photo", data={"photo": photo()})

    page, picture = browser.get(f"/c/{token}").text, browser.get(address)

    assert f'src="{address}" alt="Pull"' in page
    assert 'href="https://video.example/watch?v=1" rel="noopener noreferrer">Ver el video' in page
    assert picture.mimetype == "image/jpeg"


def test_a_file_that_is_no_photo_or_none_at_all_is_refused_in_words(session, browser, practice):
    own = add(session, practice, source=ExerciseSource.OWN)

    script = browser.post(f"/exercises/{own.id}/photo", data={"photo": (BytesIO(b"<svg/>"), "photo.jpg")})
    nothing = browser.post(f"/exercises/{own.id}/photo", data={})

    assert (script.status_code, nothing.status_code) == (422, 422)
    assert "Choose a photo as JPEG, PNG or WebP. This file is none, or was cut off." in script.text
    assert "Choose the photo first." in nothing.text


def test_staff_see_the_photo_and_may_take_it_away(session, browser, practice):
    own = add(session, practice, source=ExerciseSource.OWN)
    browser.post(f"/exercises/{own.id}/photo", data={"photo": photo()})

    shown = browser.get(f"/exercises/{own.id}/picture.svg")
    removed = browser.post(f"/exercises/{own.id}/photo/remove")
    gone = browser.get(f"/exercises/{own.id}/picture.svg")

    assert (shown.mimetype, Image.open(BytesIO(shown.data)).size) == ("image/jpeg", (30, 30))
    assert (removed.status_code, gone.status_code) == (303, 404)


def test_nobody_touches_an_exercise_of_another_practice(session, browser, practice):
    theirs = add(session, make_practice(session), source=ExerciseSource.OWN)

    for what in ("dose", "photo"):
        assert browser.get(f"/exercises/{theirs.id}/{what}").status_code == 404
        assert browser.post(f"/exercises/{theirs.id}/{what}", data=DOSE).status_code == 404
