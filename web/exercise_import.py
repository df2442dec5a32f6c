"""Bringing exercises in from another library, and finishing them one by one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.errors import NotFound, Refused
from care.exercises import get_exercise
from care.foreign_exercises import LARGEST_FILE, read_foreign
from care.library_import import count_waiting, finish_import, import_exercises, list_waiting
from care.models import Exercise
from care.saying import counted
from web.deps import current_user, db, practice, real_now
from web.exercise_form import FinishForm, as_typed, field_of, steps_left_over
from web.uploads import shown_before, takes_files

PAGE_SIZE = 50
MOST_PAGES = 10_000
NO_FILE = "Choose the file first."
TOO_LARGE = "This file is larger than 8 MB. Import a part of it at a time."

bp = Blueprint("exercise_import", __name__, url_prefix="/exercises/import")


def _too_large() -> ResponseReturnValue:
    return _page(TOO_LARGE), 422


@bp.route("", methods=["GET", "POST"])
@takes_files(LARGEST_FILE, _too_large)
def show() -> ResponseReturnValue:
    """The same file twice adds nothing twice."""
    if request.method == "GET":
        return _page()
    try:
        found = read_foreign(_file())
    except Refused as refusal:
        return _page(str(refusal)), 422
    imported = import_exercises(db(), practice(), found.exercises, real_now())
    audit.record(
        db(), practice().id, "import_exercises", "practice", practice().id, real_now(), current_user()
    )
    db().commit()
    flash(
        f"{counted(imported.added, 'exercise')} added, to be finished here. {imported.known} were there "
        f"before, {imported.taken} have a name that is taken, {found.left_out} had no English words."
    )
    return redirect(url_for("exercise_import.show"), 303)


@bp.route("/<int:exercise_id>", methods=["GET", "POST"])
def finish(exercise_id: int) -> ResponseReturnValue:
    """Dose, side and caution are asked for: nothing is filled in that nobody chose."""
    exercise = _waiting(exercise_id)
    if request.method == "GET":
        unknown = {"laterality": "", "sets": None, "reps": None}
        form = FinishForm(data=as_typed(exercise) | unknown)
        return _form_page(form, exercise)
    form = FinishForm()
    if form.validate():
        try:
            finish_import(db(), exercise, form.details(exercise), current_user(), real_now())
        except Refused as refusal:
            form.refuse(refusal, field_of(refusal))
        else:
            audit.record(
                db(), practice().id, "finish_import", "exercise", exercise.id, real_now(), current_user()
            )
            db().commit()
            flash(f"{exercise.name} can be given to clients.")
            return redirect(url_for("exercise_import.show"), 303)
    return _form_page(form, exercise), 422


def _form_page(form: FinishForm, exercise: Exercise) -> str:
    left_over = steps_left_over(exercise)
    return render_template("exercises/finish.html", form=form, exercise=exercise, left_over=left_over)


def _page(error: str = "") -> str:
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    count = count_waiting(db(), practice().id)
    return render_template(
        "exercises/import.html",
        error=error,
        limits=shown_before(LARGEST_FILE, TOO_LARGE),
        waiting=list_waiting(db(), practice().id, PAGE_SIZE, (page - 1) * PAGE_SIZE),
        count=count,
        page=page,
        pages=-(-count // PAGE_SIZE),
    )


def _file() -> str:
    sent = request.files.get("file")
    body = sent.read() if sent is not None else b""
    if not body:
        raise Refused(NO_FILE)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not JSON.") from None


def _waiting(exercise_id: int) -> Exercise:
    exercise = get_exercise(db(), practice().id, exercise_id)
    if not exercise.is_waiting:
        raise NotFound
    return exercise
