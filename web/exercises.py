"""Exercises: the practice's library, searched; own entries added, changed, retired and brought back."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, exercises, pictures
from care.errors import NotFound, Refused
from care.exercises import START_POSITIONS, Shelf
from care.languages import ENGLISH, LANGUAGES, WORDS, phrase
from care.library_import import count_waiting
from care.models import Exercise, ExerciseSource, Side, User
from care.plan_words import dose_in_words
from care.plans import default_dose
from care.recurrence import today_in
from care.saying import short_day
from care.translating import Told, told_in, translation
from care.vocabulary import PRECAUTIONS, REGIONS
from web.deps import current_user, db, practice, real_now
from web.exercise_form import TYPE_WORDS, ExerciseForm, as_typed, field_of
from web.svg import picture_answer

PAGE_SIZE, MOST_PAGES = 50, 10_000

bp = Blueprint("exercises", __name__, url_prefix="/exercises")


@bp.get("")
def index() -> ResponseReturnValue:
    """What a query matches; with `retired`, those that are hidden, to bring one back."""
    query = request.args.get("q", "").strip()[:80]
    region = request.args.get("region", "")
    is_retired = request.args.get("retired") == "1"
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    here, shelf = practice().id, Shelf.RETIRED if is_retired else Shelf.OFFERED
    within = region if region in REGIONS else None
    count = exercises.count_exercises(db(), here, query=query, region=within, shelf=shelf)
    found = exercises.list_exercises(
        db(),
        here,
        query=query,
        region=within,
        shelf=shelf,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )
    return render_template(
        "exercises/index.html",
        found=found,
        count=count,
        page=page,
        pages=-(-count // PAGE_SIZE),
        query=query,
        region=region,
        regions=REGIONS,
        is_retired=is_retired,
        waiting=count_waiting(db(), here),
        dose_of=_dose_of,
        type_words=TYPE_WORDS,
        positions=START_POSITIONS,
        may_edit=_may_edit,
        has_picture=pictures.has_picture,
    )


@bp.get("/<int:exercise_id>")
def show(exercise_id: int) -> ResponseReturnValue:
    """What clients read of it, in each language, and whether anybody here has vouched for that."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    return render_template(
        "exercises/show.html",
        exercise=exercise,
        told=_as_told(exercise),
        reviewed=_by_and_when(exercise.reviewed_by_id, exercise.reviewed_at),
        picture_words=pictures.picture_in_words(exercise, ENGLISH) if pictures.has_picture(exercise) else "",
        picture_approved=_by_and_when(exercise.picture_approved_by_id, exercise.picture_approved_at),
        dose=_dose_of(exercise),
        region=REGIONS[exercise.body_region],
        position=START_POSITIONS[exercise.start_position],
        kind=TYPE_WORDS[exercise.type],
        careful_with=[PRECAUTIONS[code] for code in exercise.avoid_if],
        may_edit=_may_edit(exercise),
    )


@bp.get("/<int:exercise_id>/picture.svg")
def picture(exercise_id: int) -> ResponseReturnValue:
    """For staff, whether approved or not."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    side = Side.LEFT if request.args.get("side") == Side.LEFT.value else Side.RIGHT
    return picture_answer(db(), exercise, side)


@bp.post("/<int:exercise_id>/picture")
def judge_picture(exercise_id: int) -> ResponseReturnValue:
    """Let clients see it, or not any more."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    if request.form.get("do") == "withdraw":
        pictures.withdraw_picture(db(), exercise)
        action, said = "withdraw_picture", "Clients get words alone again."
    else:
        pictures.approve_picture(db(), exercise, current_user(), real_now())
        action, said = "approve_picture", "You approved the picture. Clients see it from now on."
    return _saved(action, exercise, said, url_for("exercises.show", exercise_id=exercise.id))


@bp.post("/<int:exercise_id>/review")
def review(exercise_id: int) -> ResponseReturnValue:
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    exercises.review_exercise(db(), exercise, current_user(), real_now())
    said = f"You approved the words of {exercise.name}."
    return _saved("review", exercise, said, url_for("exercises.show", exercise_id=exercise.id))


@bp.get("/new")
def new() -> ResponseReturnValue:
    form = ExerciseForm(name=request.args.get("name", "")[:80], sets=1, reps=3, hold_seconds=30)
    return render_template("exercises/edit.html", form=form, exercise=None)


@bp.post("/new")
def create() -> ResponseReturnValue:
    form = ExerciseForm()
    if form.validate():
        try:
            added = exercises.add_exercise(db(), practice(), form.details(None), current_user(), real_now())
        except Refused as refusal:
            form.refuse(refusal, field_of(refusal))
        else:
            return _saved("add", added, f"{added.name} is in the library.")
    return render_template("exercises/edit.html", form=form, exercise=None), 422


@bp.get("/<int:exercise_id>/edit")
def edit(exercise_id: int) -> ResponseReturnValue:
    exercise = _own(exercise_id)
    form = ExerciseForm(data=as_typed(exercise))
    return render_template("exercises/edit.html", form=form, exercise=exercise)


@bp.post("/<int:exercise_id>/edit")
def update(exercise_id: int) -> ResponseReturnValue:
    exercise = _own(exercise_id)
    form = ExerciseForm()
    if form.validate():
        try:
            exercises.update_exercise(db(), exercise, form.details(exercise), current_user(), real_now())
        except Refused as refusal:
            form.refuse(refusal, field_of(refusal))
        else:
            said = f"{exercise.name} is changed. Doses already given stay as they are."
            return _saved("change", exercise, said)
    return render_template("exercises/edit.html", form=form, exercise=exercise), 422


@bp.post("/<int:exercise_id>/retire")
def retire(exercise_id: int) -> ResponseReturnValue:
    """Seed entries too may be hidden; plans that hold one keep it."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    exercises.retire_exercise(db(), exercise)
    return _saved("retire", exercise, f"{exercise.name} is retired. Plans that hold it keep it.")


@bp.post("/<int:exercise_id>/restore")
def restore(exercise_id: int) -> ResponseReturnValue:
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    exercises.restore_exercise(db(), exercise)
    return _saved("restore", exercise, f"{exercise.name} can be assigned again.")


def _as_told(exercise: Exercise) -> list[tuple[str, str, Told, str]]:
    """Each language with its name, the words (empty where there are none), and how a caution is headed."""
    return [
        (
            code,
            name,
            Told() if code != ENGLISH and translation(exercise, code).is_empty else told_in(exercise, code),
            phrase(WORDS, "care", code),
        )
        for code, name in LANGUAGES.items()
    ]


def _own(exercise_id: int) -> Exercise:
    """An entry the practice may change: seed entries are changed by nobody but us."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    if not _may_edit(exercise):
        raise NotFound
    return exercise


def _may_edit(exercise: Exercise) -> bool:
    return exercise.source is not ExerciseSource.SEED and not exercise.is_waiting


def _saved(action: str, exercise: Exercise, said: str, to: str | None = None) -> ResponseReturnValue:
    audit.record(db(), exercise.practice_id, action, "exercise", exercise.id, real_now(), current_user())
    db().commit()
    flash(said)
    return redirect(to or url_for("exercises.index"), 303)


def _dose_of(exercise: Exercise) -> str:
    return dose_in_words(default_dose(exercise), exercise.laterality)


def _by_and_when(user_id: int | None, at: datetime | None) -> str:
    """Who approved something and when; empty when nobody did."""
    user = db().get(User, user_id) if user_id else None
    return f"by {user.name} on {short_day(today_in(practice().timezone, at))}" if user and at else ""
