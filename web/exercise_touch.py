"""What a practice may change of any exercise: dose to start from, short code, video; and own photos."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from care import audit
from care.errors import Refused
from care.exercises import OwnTouch, get_exercise, touch_exercise
from care.models import Exercise
from care.photos import LARGEST_FILE, keep_photo, remove_photo
from web.deps import current_user, db, practice, real_now
from web.exercise_form import CountField, field_of
from web.forms import Form, at_most, stripped
from web.uploads import shown_before, takes_files

TOO_LARGE = "This photo is larger than 8 MB. Make it smaller first."
NO_FILE = "Choose the photo first."

bp = Blueprint("exercise_touch", __name__, url_prefix="/exercises/<int:exercise_id>")


class TouchForm(Form):
    sets = CountField("Sets")
    reps = CountField("Times")
    hold_seconds = CountField("Hold")
    duration_seconds = CountField("Time for each")
    short_code = StringField("Short code", filters=[stripped], validators=[at_most(12)])
    video_url = StringField("Video", filters=[stripped], validators=[at_most(300)])

    def touch(self) -> OwnTouch:
        return OwnTouch(
            self.sets.data,
            self.reps.data,
            self.hold_seconds.data,
            self.duration_seconds.data,
            self.short_code.data,
            self.video_url.data,
        )


@bp.route("/dose", methods=["GET", "POST"])
def edit(exercise_id: int) -> ResponseReturnValue:
    """For this practice alone; doses already given stay."""
    exercise = get_exercise(db(), practice().id, exercise_id)
    if request.method == "GET":
        form = TouchForm(data={**vars(exercise), "short_code": exercise.short_code or ""})
        return render_template("exercises/touch.html", form=form, exercise=exercise)
    form = TouchForm()
    if form.validate():
        try:
            touch_exercise(db(), exercise, form.touch())
        except Refused as refusal:
            form.refuse(refusal, field_of(refusal))
        else:
            return _saved(
                "change", exercise, f"{exercise.name} is changed. Doses already given stay as they are."
            )
    return render_template("exercises/touch.html", form=form, exercise=exercise), 422


def _photo_page(exercise_id: int, error: str = "") -> str:
    exercise = get_exercise(db(), practice().id, exercise_id)
    limits = shown_before(LARGEST_FILE, TOO_LARGE)
    return render_template("exercises/photo.html", exercise=exercise, error=error, limits=limits)


def _too_large(exercise_id: int) -> ResponseReturnValue:
    return _photo_page(exercise_id, TOO_LARGE), 422


@bp.route("/photo", methods=["GET", "POST"])
@takes_files(LARGEST_FILE, _too_large)
def photo(exercise_id: int) -> ResponseReturnValue:
    """Of an own exercise. A file is read for what it is, whatever it is called."""
    if request.method == "GET":
        return _photo_page(exercise_id)
    exercise = get_exercise(db(), practice().id, exercise_id)
    try:
        sent = request.files.get("photo")
        body = sent.read() if sent is not None else b""
        if not body:
            raise Refused(NO_FILE)
        keep_photo(db(), exercise, body, current_user(), real_now())
    except Refused as refusal:
        return _photo_page(exercise_id, str(refusal)), 422
    return _saved("add_photo", exercise, "The photo is saved. Clients see it from now on.")


@bp.post("/photo/remove")
def remove(exercise_id: int) -> ResponseReturnValue:
    exercise = get_exercise(db(), practice().id, exercise_id)
    remove_photo(db(), exercise)
    return _saved("remove_photo", exercise, "The photo is gone. Clients get words alone.")


def _saved(action: str, exercise: Exercise, said: str) -> ResponseReturnValue:
    audit.record(db(), exercise.practice_id, action, "exercise", exercise.id, real_now(), current_user())
    db().commit()
    flash(said)
    return redirect(url_for("exercises.show", exercise_id=exercise.id), 303)
