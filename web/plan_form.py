"""The form that changes a running plan: each exercise with its dose, and what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from werkzeug.datastructures import MultiDict

from care.models import Assignment, Exercise
from care.plan_edits import Edit
from care.plan_words import dose_in_words
from care.plans import NO_PAUSE, Dose, Pause, as_new, is_running_on
from care.progression import progressed, regressed
from care.thresholds import Thresholds
from web.dose_rows import DoseRow, read_dose, read_row, row_number, row_of
from web.visit_form import read_date

GOES_ON, PAUSED, ENDS = "on", "pause", "end"
BECOMES = {GOES_ON: "Goes on", PAUSED: "Paused", ENDS: "Taken out"}


@dataclass
class EditRow:
    """One running exercise. `row` is what takes its place: the same with another dose, or another one."""

    assignment: Assignment
    row: DoseRow
    becomes: str
    until: str

    @property
    def now_in_words(self) -> str:
        return dose_in_words(self.assignment, self.assignment.exercise.laterality)

    @property
    def is_swapped(self) -> bool:
        return self.row.exercise.id != self.assignment.exercise_id


@dataclass
class PlanForm:
    """`swapping` is the place of the exercise that another is sought for, by the words of `query`. `errors`
    is keyed by the id of the field a sentence belongs to.
    """

    key: str
    rows: list[EditRow]
    swapping: int | None = None
    query: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def begin_form(key: str, running: Sequence[Assignment], today: date) -> PlanForm:
    """The plan as it runs."""
    return PlanForm(key, [_as_it_is(one, today) for one in running])


def is_about(typed: MultiDict[str, str], running: Sequence[Assignment]) -> bool:
    """Whether what was posted is of the plan as it runs now, exercise by exercise."""
    return typed.getlist("assignment") == [str(one.id) for one in running]


def read_plan_form(
    typed: MultiDict[str, str], running: Sequence[Assignment], swaps: dict[int, Exercise]
) -> PlanForm:
    """As it was posted for the plan that runs."""
    exercises = typed.getlist("exercise")
    form = PlanForm(typed.get("key", "")[:32], [])
    for number, one in enumerate(running):
        chosen = exercises[number] if number < len(exercises) else ""
        exercise = swaps.get(row_number(chosen))
        becomes = typed.get(f"becomes-{number}", GOES_ON)
        form.rows.append(
            EditRow(
                one,
                read_row(exercise or one.exercise, typed, number),
                becomes if becomes in BECOMES else GOES_ON,
                typed.get(f"until-{number}", "").strip(),
            )
        )
    swapping = typed.get("swapping", "")
    if swapping.isascii() and swapping.isdecimal() and row_number(swapping) < len(form.rows):
        form.swapping, form.query = row_number(swapping), typed.get("query", "").strip()
    return form


def place_of(form: PlanForm, assignment_id: str) -> int | None:
    """Where this exercise stands in the form; None where it does not."""
    ids = [str(one.assignment.id) for one in form.rows]
    return ids.index(assignment_id) if assignment_id in ids else None


def step_dose(form: PlanForm, number: int, limits: Thresholds, *, is_up: bool) -> str:
    """Progress or regress the exercise in this place; returns what to say about it."""
    edit = form.rows[number]
    dose = read_dose(form.errors, number, edit.row)
    if dose is None:
        return ""
    exercise = edit.row.exercise
    stepped = progressed(dose, exercise.type, limits) if is_up else regressed(dose, exercise.type)
    if stepped is None:
        far = "far as one exercise usually goes" if is_up else "little as it can be"
        return f"{exercise.name} is as {far}. Swap it instead"
    edit.row = row_of(exercise, stepped)
    return f"{exercise.name}: {dose_in_words(stepped, exercise.laterality)}"


def edits_of(form: PlanForm, today: date) -> dict[int, Edit] | None:
    """What is to change, or None with the reasons in `form.errors`."""
    form.errors = {}
    edits = {}
    for number, one in enumerate(form.rows):
        dose = read_dose(form.errors, number, one.row)
        pause = _pause(form, number, one, today)
        if dose is not None:
            edits[one.assignment.id] = _edit(one, dose, pause)
    return None if form.errors else {id: edit for id, edit in edits.items() if edit != Edit()}


def _as_it_is(one: Assignment, today: date) -> EditRow:
    is_paused = not is_running_on(one, today)
    until = one.paused_until.isoformat() if is_paused and one.paused_until else ""
    return EditRow(one, row_of(one.exercise, one), PAUSED if is_paused else GOES_ON, until)


def _edit(one: EditRow, dose: Dose, pause: Pause | None) -> Edit:
    given = as_new(one.assignment)
    return Edit(
        dose=dose if dose != given.dose else None,
        exercise_id=one.row.exercise.id if one.is_swapped else None,
        pause=pause if pause != given.pause else None,
        ends=one.becomes == ENDS,
    )


def _pause(form: PlanForm, number: int, one: EditRow, today: date) -> Pause | None:
    """From today, or from when it began; None where it is as it was."""
    was_paused = not is_running_on(one.assignment, today)
    if one.becomes != PAUSED:
        return NO_PAUSE if was_paused and one.becomes == GOES_ON else None
    until = read_date(one.until)
    if one.until and (until is None or until < today):
        form.errors[f"until-{number}"] = f"{one.row.exercise.name}: the last day must be today or later."
    return (one.assignment.paused_from if was_paused else today), until


def as_swapped(edit: EditRow, exercise: Exercise, last: Dose | Assignment | None) -> EditRow:
    """Another exercise in its place, as the client did it last or as the library starts it."""
    return replace(edit, row=row_of(exercise, last))
