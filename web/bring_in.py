"""Bringing clients in from another system: choose a file, look at who is in it, then add them."""

from contextlib import closing
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.errors import Refused
from care.fhir import Patients, add_patients, as_patients, read_patients
from care.models import User
from care.one_time import find_result, keep_result, new_key
from care.saying import counted
from care.users import list_users
from web.deps import admin_only, book, current_user, db, now, practice, real_now
from web.uploads import shown_before, takes_files

LARGEST_FILE = 2 * 1024 * 1024
# What was found in it comes back as a field, whose quotes and braces take three bytes each on their way.
MOST_SENT_BACK = 4 * LARGEST_FILE
TOO_LARGE = "This file is larger than 2 MB. Export fewer patients at a time."
NO_FILE = "Choose the file first."

bp = Blueprint("bring_in", __name__, url_prefix="/clients/bring-in")


@dataclass(frozen=True)
class Preview:
    """Who was found, and the same people as a field that the next post sends back."""

    patients: Patients
    kept: str
    key: str


@admin_only
def _too_large() -> ResponseReturnValue:
    return _page(error=TOO_LARGE), 422


@bp.get("")
@admin_only
def show() -> ResponseReturnValue:
    return _page()


@bp.post("")
@takes_files(LARGEST_FILE, _too_large)
@admin_only
def look() -> ResponseReturnValue:
    """Nothing is stored yet."""
    try:
        text = _file()
        patients = read_patients(db(), practice(), book(), text)
    except Refused as refusal:
        return _page(error=str(refusal)), 422
    return _page(Preview(patients, as_patients(patients.new), new_key()))


@bp.post("/add")
@takes_files(MOST_SENT_BACK, _too_large)
@admin_only
def add() -> ResponseReturnValue:
    key = request.form.get("key", "")
    if find_result(db(), practice().id, key) is not None:
        return redirect(url_for("clients.index"), 303)
    try:
        patients = read_patients(db(), practice(), book(), request.form.get("kept", ""))
        therapist = _therapist(request.form.get("therapist", ""))
        added = add_patients(db(), practice(), book(), patients.new, therapist, now())
        keep_result(db(), practice().id, key, url_for("clients.index"), real_now())
    except Refused as refusal:
        db().rollback()
        return _page(error=str(refusal)), 422
    for client in added:
        audit.record(db(), client.practice_id, "add", "client", client.id, real_now(), current_user())
    db().commit()
    flash(f"{counted(len(added), 'client')} added. No texts go out until they agree to them.")
    return redirect(url_for("clients.index"), 303)


def _file() -> str:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused(NO_FILE)
    with closing(sent):
        raw: bytes = sent.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise Refused(TOO_LARGE)
    return raw.decode("utf-8-sig", errors="replace")


def _therapist(typed: str) -> int | None:
    """Who treats them all; nobody yet is an answer too."""
    number = int(typed) if typed.isascii() and typed.isdigit() else 0
    if not number:
        return None
    if number not in {user.id for user in _therapists()}:
        raise Refused("Choose a therapist from the list, or nobody yet.")
    return number


def _therapists() -> list[User]:
    """Who may treat: everybody who is here but the front desk."""
    people = list_users(db(), practice().id, active_only=True)
    return [user for user in people if not user.is_front_desk]


def _page(preview: Preview | None = None, error: str = "") -> str:
    users = _therapists() if preview else []
    therapists = [(0, "Nobody yet"), *((user.id, user.name) for user in users)]
    return render_template(
        "bring_in/show.html",
        preview=preview,
        error=error,
        therapists=therapists,
        limits=shown_before(LARGEST_FILE, TOO_LARGE),
    )
