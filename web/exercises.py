"""Exercises: the practice's library, searched; own entries added, changed, retired and brought back."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput

from care import audit, exercises, pictures
from care.errors import NotFound, Refused
from care.exercises import START_POSITIONS, ExerciseDetails, Shelf
from care.models import Exercise, ExerciseSource, ExerciseType, Laterality, Side, User
from care.plans import default_dose, dose_in_words
from care.recurrence import today_in
from care.saying import short_day
from care.vocabulary import PRECAUTIONS, REGIONS
from web.deps import current_user, db, practice, real_now
from web.forms import Form, at_most, choices, given, stripped
from web.svg import svg_answer

TYPE_WORDS = {
    ExerciseType.STRETCH: "Stretch",
    ExerciseType.MOBILITY: "Mobility",
    ExerciseType.STRENGTH: "Strength",
    ExerciseType.SELF_RELEASE: "Self-release",
}
SIDE_WORDS = {"both": "Both sides at once", "each_side": "Each side"}
PAGE_SIZE, MOST_PAGES = 50, 10_000
# A sentence of a refusal begins with the field it is about.
FIELD_OF = {
    "Name": "name",
    "Spanish name": "name_es",
    "There is already": "name",
    "Sets": "sets",
    "Repetitions": "reps",
    "Hold": "hold_seconds",
    "Time": "duration_seconds",
    "Cue in Spanish": "cue_es",
    "Cue": "cue",
    "Caution in Spanish": "caution_es",
    "Caution": "caution",
    "Steps in Spanish": "steps_es",
    "Step in Spanish": "steps_es",
    "Steps": "steps",
    "Step": "steps",
    "Muscle": "target_muscles",
    "Equipment": "equipment",
}

bp = Blueprint("exercises", __name__, url_prefix="/exercises")


class CountField(IntegerField):
    """A whole number; empty is 0, which the library refuses where it makes no sense."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 6):
            raise ValueError(f"{self.label.text} must be a whole number.")
        self.data = int(typed or 0)


class ExerciseForm(Form):
    name = StringField("Name", filters=[stripped], validators=[given("Enter the name."), at_most(80)])
    name_es = StringField("Name in Spanish", filters=[stripped], validators=[at_most(80)])
    body_region = SelectField(
        "Region", choices=choices((code, words.capitalize()) for code, words in REGIONS.items())
    )
    start_position = SelectField(
        "Starting position",
        choices=choices((code, words.capitalize()) for code, words in START_POSITIONS.items()),
    )
    type = SelectField("Kind", choices=choices((kind.value, words) for kind, words in TYPE_WORDS.items()))
    laterality = SelectField("Done", choices=choices(SIDE_WORDS.items()))
    sets = CountField("Sets")
    reps = CountField("Times")
    hold_seconds = CountField("Hold")
    duration_seconds = CountField("Time for each")
    target_muscles = StringField("Muscles", filters=[stripped], validators=[at_most(200)])
    equipment = StringField("Equipment", filters=[stripped], validators=[at_most(200)])
    cue = TextAreaField("What to do", filters=[stripped], validators=[given("Say what to do."), at_most(200)])
    steps = TextAreaField("Steps", filters=[stripped], validators=[at_most(1300)])
    caution = TextAreaField("Caution", filters=[stripped], validators=[at_most(300)])
    cue_es = TextAreaField("What to do, in Spanish", filters=[stripped], validators=[at_most(200)])
    steps_es = TextAreaField("Steps in Spanish", filters=[stripped], validators=[at_most(1300)])
    caution_es = TextAreaField("Caution in Spanish", filters=[stripped], validators=[at_most(300)])
    avoid_if = SelectMultipleField(
        "Take care with", choices=choices(PRECAUTIONS.items()), option_widget=CheckboxInput()
    )

    def details(self, kept: Exercise | None) -> ExerciseDetails:
        """What the form says; what it does not ask stays as it is."""
        return ExerciseDetails(
            name=self.name.data,
            name_es=self.name_es.data,
            body_region=self.body_region.data,
            start_position=self.start_position.data,
            type=ExerciseType(self.type.data),
            laterality=Laterality(self.laterality.data),
            sets=self.sets.data,
            reps=self.reps.data,
            hold_seconds=self.hold_seconds.data,
            duration_seconds=self.duration_seconds.data,
            target_muscles=_listed(self.target_muscles.data),
            equipment=_listed(self.equipment.data) or ("none",),
            cue=self.cue.data,
            caution=self.caution.data,
            cue_es=self.cue_es.data,
            caution_es=self.caution_es.data,
            steps=_lines(self.steps.data),
            steps_es=_lines(self.steps_es.data),
            avoid_if=tuple(self.avoid_if.data),
            level=kept.level if kept else 1,
            times_per_day=kept.times_per_day if kept else 1,
            days_per_week=kept.days_per_week if kept else 7,
        )


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
        dose_of=_dose_of,
        type_words=TYPE_WORDS,
        positions=START_POSITIONS,
        may_edit=_may_edit,
        has_picture=lambda one: pictures.figure_of(one) is not None,
    )


@bp.get("/<int:exercise_id>")
def show(exercise_id: int) -> ResponseReturnValue:
    """What clients read of it, in each language, and whether anybody here has vouched for that."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    return render_template(
        "exercises/show.html",
        exercise=exercise,
        reviewed=_by_and_when(exercise.reviewed_by_id, exercise.reviewed_at),
        figure=pictures.figure_of(exercise),
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
    return svg_answer(pictures.picture_of(exercise, side))


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
            form.refuse(refusal, _field_of(refusal))
        else:
            return _saved("add", added, f"{added.name} is in the library.")
    return render_template("exercises/edit.html", form=form, exercise=None), 422


@bp.get("/<int:exercise_id>/edit")
def edit(exercise_id: int) -> ResponseReturnValue:
    exercise = _own(exercise_id)
    form = ExerciseForm(data=_as_typed(exercise))
    return render_template("exercises/edit.html", form=form, exercise=exercise)


@bp.post("/<int:exercise_id>/edit")
def update(exercise_id: int) -> ResponseReturnValue:
    exercise = _own(exercise_id)
    form = ExerciseForm()
    if form.validate():
        try:
            exercises.update_exercise(db(), exercise, form.details(exercise), current_user(), real_now())
        except Refused as refusal:
            form.refuse(refusal, _field_of(refusal))
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


def _as_typed(exercise: Exercise) -> dict[str, object]:
    """The entry as its form shows it: lists with commas between, choices by their codes."""
    columns = {name: value for name, value in vars(exercise).items() if not name.startswith("_")}
    return columns | {
        "target_muscles": ", ".join(exercise.target_muscles),
        "equipment": ", ".join(item for item in exercise.equipment if item != "none"),
        "steps": "\n".join(exercise.steps),
        "steps_es": "\n".join(exercise.steps_es),
        "type": exercise.type.value,
        "laterality": exercise.laterality.value,
    }


def _own(exercise_id: int) -> Exercise:
    """An entry the practice may change: seed entries are changed by nobody but us."""
    exercise = exercises.get_exercise(db(), practice().id, exercise_id)
    if not _may_edit(exercise):
        raise NotFound
    return exercise


def _may_edit(exercise: Exercise) -> bool:
    return exercise.source is not ExerciseSource.SEED


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


def _listed(typed: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in typed.split(",") if part.strip())


def _lines(typed: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in typed.splitlines() if line.strip())


def _field_of(refusal: Refused) -> str | None:
    return next((field for words, field in FIELD_OF.items() if str(refusal).startswith(words)), None)
