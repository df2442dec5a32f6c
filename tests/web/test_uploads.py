"""Files as large as a page says it takes, with the proof that every post needs."""

import json
import re
from io import BytesIO
from os import urandom

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from care.models import Client, Exercise, ExerciseSource, Role
from tests.care.test_foreign_exercises import FREE
from tests.making import make_exercise, make_practice, make_user
from tests.web.conftest import SignIn

MEGABYTE = 1024 * 1024
OWN_PHOTO, EXERCISES, CLIENTS = "/exercises/1/photo", "/exercises/import", "/clients/bring-in"


@pytest.fixture
def admin(app: Flask, session: Session, browser: FlaskClient, sign_in: SignIn) -> FlaskClient:
    """Signed in where posts are asked for their token, with an own exercise that has the number 1."""
    app.config["WTF_CSRF_ENABLED"] = True
    practice = make_practice(session)
    user = make_user(session, practice, role=Role.ADMIN)
    assert make_exercise(session, practice, source=ExerciseSource.OWN).id == 1
    session.commit()
    sign_in(browser, user)
    return browser


def fields(page: str) -> dict[str, str]:
    """What a page's form sends by itself."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value.replace("&#34;", '"') for name, value in found}


def send(browser: FlaskClient, page: str, name: str, content: bytes):
    return post(browser, page, name, content, fields(browser.get(page).text)["csrf_token"])


def post(browser: FlaskClient, page: str, name: str, content: bytes, token: str):
    """Encoded here: werkzeug's client leaves the file open that it writes a large body to."""
    form = {"csrf_token": token, name: FileStorage(BytesIO(content), "chosen")}
    stream, _, boundary = stream_encode_multipart(form, use_tempfile=False)
    return browser.post(page, data=stream.read(), content_type=f"multipart/form-data; boundary={boundary}")


def photo() -> bytes:
    """Noise, which no format makes small."""
    written = BytesIO()
    Image.frombytes("RGB", (1200, 1200), urandom(1200 * 1200 * 3)).save(written, "PNG")
    return written.getvalue()


def patients(count: int) -> bytes:
    names = ({"given": [f"Ada{number}"], "family": "Example"} for number in range(count))
    entries = [{"resource": {"resourceType": "Patient", "name": [name], "x": "y" * 3000}} for name in names]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def test_a_photo_as_a_phone_takes_it_is_kept(session, admin):
    content = photo()

    answer = send(admin, OWN_PHOTO, "photo", content)

    assert 4 * MEGABYTE < len(content) < 8 * MEGABYTE
    assert answer.status_code == 303
    assert session.get_one(Exercise, 1).has_photo


def test_a_whole_library_is_imported_at_once(session, admin):
    names = (f"Long Reach {number}" for number in range(40))
    content = [FREE | {"id": name, "name": name, "images": ["x" * 40_000]} for name in names]

    answer = send(admin, EXERCISES, "file", json.dumps(content).encode())

    assert answer.status_code == 303
    assert session.scalar(select(func.count()).select_from(Exercise)) == 41


def test_five_hundred_clients_are_looked_at_and_brought_in(session, admin):
    looked_at = send(admin, CLIENTS, "file", patients(500))

    answer = admin.post("/clients/bring-in/add", data=fields(looked_at.text) | {"therapist": "0"})

    assert looked_at.status_code == 200
    assert answer.status_code == 303
    assert session.scalar(select(func.count()).select_from(Client)) == 500


@pytest.mark.parametrize(
    ("page", "field", "megabytes", "sentence"),
    [
        (OWN_PHOTO, "photo", 9, "This photo is larger than 8 MB. Make it smaller first."),
        (EXERCISES, "file", 9, "This file is larger than 8 MB. Import a part of it at a time."),
        (CLIENTS, "file", 3, "This file is larger than 2 MB. Export fewer patients at a time."),
    ],
)
def test_a_file_that_is_too_large_is_told_of_at_its_field(
    admin: FlaskClient, page: str, field: str, megabytes: int, sentence: str
) -> None:
    answer = send(admin, page, field, b"x" * megabytes * MEGABYTE)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'data-too-large="{sentence}"' in admin.get(page).text


@pytest.mark.parametrize("page", [OWN_PHOTO, EXERCISES, CLIENTS])
def test_a_large_file_needs_the_token_as_every_post_does(admin: FlaskClient, page: str) -> None:
    assert post(admin, page, "photo", b"x" * MEGABYTE, "guessed").status_code == 400


def test_what_takes_no_files_stays_small(admin: FlaskClient) -> None:
    form = {"csrf_token": fields(admin.get(EXERCISES).text)["csrf_token"], "name": "x" * 600_000}

    assert admin.post("/exercises/new", data=form).status_code == 413
