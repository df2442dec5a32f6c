"""What each button of the After visit form does to it before anything is sent."""

from datetime import timedelta

from care import audit
from care.errors import Refused
from care.models import Exercise
from care.templates import dose_of, keep_template, routine_of
from web.deps import db, real_now
from web.dose_rows import DoseRow, row_number, row_of
from web.routine_form import put_routine, routine_from
from web.row_steps import add_row, move_row, nothing_for
from web.visit_desk import SHORTEST_QUERY, Desk
from web.visit_form import VisitForm, doses_from, fingerprint

LONGEST_LEAP = 366
PLAN = "plan"


def take_step(desk: Desk, form: VisitForm, action: str) -> tuple[str, str]:
    """Do to the form what the button says; where the focus goes, and what to say about it."""
    verb, _, about = action.partition("-")
    match verb:
        case "first":
            found = desk.search(form.query)
            return _add(desk, form, found[0]) if found else ("query", nothing_for(form.query, SHORTEST_QUERY))
        case "add":
            exercise = desk.exercises([row_number(about)]).get(row_number(about))
            return _add(desk, form, exercise) if exercise else ("query", "")
        case "swap":
            return _swap(desk, form, row_number(about))
        case "remove" | "up" | "down":
            return move_row(form.rows, verb, row_number(about), PLAN)
        case "last":
            form.begin_from(last_plan_rows(desk))
            return "query", f"Last plan, {len(form.rows)} in the plan"
        case "template":
            return _start_from(desk, form, row_number(about))
        case "empty":
            form.rows, form.begun_from = [], fingerprint([])
            return "query", "The plan is empty"
        case "keep":
            return _keep(desk, form)
        case "next":
            return _plan_next(desk, form, row_number(about))
    return "", ""


def last_plan_rows(desk: Desk) -> list[DoseRow]:
    return [row_of(one.exercise, one) for one in desk.running]


def _start_from(desk: Desk, form: VisitForm, template_id: int) -> tuple[str, str]:
    """Its days, weeks and question come with a list that replaces one; hours a client has already stay."""
    template = next((one for one in desk.templates if one.id == template_id), None)
    if template is None:
        return "query", ""
    items = [item for item in template.items if not item.exercise.is_retired]
    if form.begin_from([row_of(item.exercise, dose_of(item)) for item in items]):
        put_routine(form, routine_of(template), keeps_times=bool(desk.running))
        if template.next_visit_days and not form.next_date:
            _plan_next(desk, form, template.next_visit_days)
    return "query", f"{template.name}, {len(form.rows)} in the plan"


def _keep(desk: Desk, form: VisitForm) -> tuple[str, str]:
    """Keep the list as a template of the practice, with doses, days, times and question as they stand."""
    doses = doses_from(form)
    if doses is None:
        form.errors["template_name"] = "Put the doses right first, then keep the list."
        return "template_name", ""
    items = [(row.exercise.id, dose) for row, dose in zip(form.rows, doses, strict=True)]
    condition = desk.episode.condition_category if desk.episode else "other"
    try:
        kept = keep_template(
            db(),
            desk.client.practice_id,
            form.template_name,
            condition,
            items,
            desk.user,
            desk.now,
            routine_from(form),
        )
    except Refused as refusal:
        form.errors["template_name"] = str(refusal)
        return "template_name", ""
    audit.record(db(), kept.practice_id, "keep", "template", kept.id, real_now(), desk.user)
    db().commit()
    form.template_name = ""
    return "query", f"{kept.name} is kept as a template for the whole practice"


def _add(desk: Desk, form: VisitForm, exercise: Exercise) -> tuple[str, str]:
    """With the dose this client did it with last, else the library's."""
    form.query = form.left_over = ""
    return add_row(form.rows, exercise, desk.last_dose(exercise), PLAN)


def mind_left_over(desk: Desk, form: VisitForm) -> bool:
    """Whether words stand in the search that were not added, once for the same; a sentence says so there."""
    if form.query in ("", form.left_over):
        return False
    form.left_over = form.query
    found = desk.search(form.query)
    form.errors["query"] = (
        f"{found[0].name} was not added. Press Enter to add it, or clear the field."
        if found
        else f"Nothing was added for '{form.query}'. Clear the field, or search for another."
    )
    return True


def _swap(desk: Desk, form: VisitForm, number: int) -> tuple[str, str]:
    """The exercise most like it that asks for no care with this client."""
    if number >= len(form.rows):
        return "", ""
    before = form.rows[number].exercise
    found = desk.alternatives(before, [row.exercise.id for row in form.rows])
    if not found:
        return "query", f"Nothing in the library is like {before.name}. Search for another"
    form.rows[number] = row_of(found[0], desk.last_dose(found[0]))
    return f"remove-{number}", f"{before.name} swapped for {found[0].name}"


def _plan_next(desk: Desk, form: VisitForm, days: int) -> tuple[str, str]:
    """The same weekday some weeks on, at the hour of this visit; 0 is no next visit."""
    if not days:
        form.next_date = form.next_time = ""
        return "next-0", "No next visit"
    form.next_date = (desk.today + timedelta(days=min(days, LONGEST_LEAP))).isoformat()
    form.next_time = form.next_time or f"{desk.hour_of_visit:%H:%M}"
    return f"next-{days}", "Next visit filled in"
