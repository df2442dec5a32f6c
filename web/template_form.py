"""The form that makes and changes a template: its list, its days and times, and what follows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time

from werkzeug.datastructures import MultiDict

from care.models import Exercise, Template
from care.plans import Dose
from care.templates import Item, Routine, dose_of, routine_of
from web.dose_rows import DoseRow, read_dose, read_row, row_number, row_of
from web.routine_form import CODES, typed_times
from web.visit_form import DO_NOT_ASK, LONGEST_WEEKS, read_time

LEFT_OPEN = ""
DAYS = (
    (LEFT_OPEN, "Left open"),
    ("daily", "Every day"),
    ("weekdays", "Weekdays"),
    ("alternate", "Every other day"),
    ("no_texts", "No reminders"),
)
ASKS = (
    (LEFT_OPEN, "Left open"),
    ("2", "2 days"),
    ("3", "3 days"),
    ("7", "7 days"),
    (DO_NOT_ASK, "Do not ask"),
)
NEXT_VISITS = ((LEFT_OPEN, "Left open"), ("7", "In 1 week"), ("14", "In 2 weeks"))
LINES = ("name", "condition", "query", "days", "at_time", "second_time", "weeks", "ask", "next_visit")


@dataclass
class TemplateForm:
    """As typed. `errors` is keyed by the id of the field a sentence belongs to."""

    name: str = ""
    condition: str = "other"
    query: str = ""
    days: str = LEFT_OPEN
    at_time: str = ""
    second_time: str = ""
    weeks: str = ""
    ask: str = LEFT_OPEN
    next_visit: str = LEFT_OPEN
    rows: list[DoseRow] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def form_of(template: Template) -> TemplateForm:
    """The template as it is kept."""
    routine = routine_of(template)
    first, second = typed_times(routine.times)
    return TemplateForm(
        name=template.name,
        condition=template.condition_category,
        days=routine.days.value if routine.days else LEFT_OPEN,
        at_time=first,
        second_time=second,
        weeks=str(routine.weeks or ""),
        ask=LEFT_OPEN if routine.ask_days is None else str(routine.ask_days or DO_NOT_ASK),
        next_visit=str(routine.next_visit_days or ""),
        rows=[row_of(item.exercise, dose_of(item)) for item in template.items],
    )


def read_template_form(
    typed: MultiDict[str, str], find: Callable[[Iterable[int]], Mapping[int, Exercise]]
) -> TemplateForm:
    """As it was posted. Exercises that `find` does not know fall out of the list."""
    form = TemplateForm()
    for name in LINES:
        setattr(form, name, typed.get(name, "").strip())
    ids = [row_number(one) for one in typed.getlist("exercise")]
    library = find(ids)
    form.rows = [read_row(library[id], typed, number) for number, id in enumerate(ids) if id in library]
    return form


def wanted_of(form: TemplateForm) -> tuple[list[Item], Routine] | None:
    """The list with its doses, and when it is done; None with the reasons in `form.errors`."""
    form.errors = {}
    doses = [read_dose(form.errors, number, row) for number, row in enumerate(form.rows)]
    items: list[tuple[int, Dose | None]] = list(
        zip([row.exercise.id for row in form.rows], doses, strict=True)
    )
    routine = Routine(
        days=CODES.get(form.days),
        times=_times(form),
        weeks=_weeks(form),
        ask_days=_number(form.ask, ASKS, {DO_NOT_ASK: 0}),
        next_visit_days=_number(form.next_visit, NEXT_VISITS, {}),
    )
    if not form.name:
        form.errors["name"] = "Enter the name."
    if not form.rows:
        form.errors["query"] = "Add at least one exercise."
    if form.errors:
        return None
    return [(id, dose) for id, dose in items if dose is not None], routine


def _times(form: TemplateForm) -> tuple[time, ...]:
    at, second = read_time(form.at_time), read_time(form.second_time)
    if form.at_time and at is None:
        form.errors["at_time"] = "Time of day must look like 18:00, or be empty."
    if form.second_time and (second is None or at is None or second == at):
        form.errors["second_time"] = "Second time must be another time of day, like 20:00, or empty."
    return tuple(one for one in (at, second) if one is not None)


def _weeks(form: TemplateForm) -> int | None:
    if not form.weeks:
        return None
    weeks = row_number(form.weeks)
    if not 1 <= weeks <= LONGEST_WEEKS:
        form.errors["weeks"] = f"Plan length must be 1 to {LONGEST_WEEKS} weeks, or empty."
    return weeks


def _number(typed: str, offered: Iterable[tuple[str, str]], special: Mapping[str, int]) -> int | None:
    """The number chosen; None for what is left open or not offered."""
    if typed not in {value for value, _words in offered} or typed == LEFT_OPEN:
        return None
    return special.get(typed) if typed in special else int(typed)
