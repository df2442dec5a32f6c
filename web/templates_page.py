"""Templates: the lists plans begin from, shared by the practice; made, changed and retired here."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, templates
from care.errors import Refused
from care.exercises import exercises_by_id
from care.models import Template, TemplateItem
from care.plan_words import dose_in_words
from care.templates import dose_of, routine_of
from care.thresholds import thresholds_of
from care.vocabulary import CONDITION_CATEGORIES, REGIONS
from web.deps import current_user, db, now, practice, real_now
from web.dose_rows import row_number
from web.row_steps import add_row, move_row, nothing_for
from web.template_form import ASKS, DAYS, NEXT_VISITS, TemplateForm, form_of, read_template_form, wanted_of
from web.template_words import routine_in_words
from web.visit_desk import SHORTEST_QUERY, first_matches
from web.visits import FRAGMENT_HEADER

bp = Blueprint("templates", __name__, url_prefix="/templates")
LIST = "template"


@bp.get("")
def index() -> ResponseReturnValue:
    is_retired = request.args.get("retired") == "1"
    found = templates.list_templates(db(), practice().id, include_retired=True)
    return render_template(
        "templates/index.html",
        found=[one for one in found if one.is_retired == is_retired],
        retired_count=sum(one.is_retired for one in found),
        is_retired=is_retired,
        conditions=CONDITION_CATEGORIES,
        dose_in_words=_dose_in_words,
        routine_in_words=lambda template: routine_in_words(routine_of(template)),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    return _edit(templates.new_template(practice().id))


@bp.route("/<int:template_id>/edit", methods=["GET", "POST"])
def edit(template_id: int) -> ResponseReturnValue:
    return _edit(templates.get_template(db(), practice().id, template_id))


def _edit(template: Template) -> ResponseReturnValue:
    """Every button of the page posts here; `do` says which one it was, and nothing is kept before "save"."""
    if request.method == "GET":
        return _page(template, form_of(template))
    form = read_template_form(request.form, lambda ids: exercises_by_id(db(), practice().id, ids))
    action = request.form.get("do", "")
    if request.form.get("live"):
        return _page(template, form)
    if action != "save":
        focus, said = _step(form, action)
        return _page(template, form, focus=focus, said=said)
    wanted = wanted_of(form)
    if wanted is None:
        return _page(template, form, status=422)
    items, routine = wanted
    told = " Plans it began stay as they are." if template.id else ""
    try:
        templates.change_template(
            db(), template, form.name, form.condition, items, current_user(), now(), routine
        )
    except Refused as refusal:
        form.errors["name"] = str(refusal)
        return _page(template, form, status=422)
    return _saved("edit", template, f"{template.name} is saved.{told}")


def _step(form: TemplateForm, action: str) -> tuple[str, str]:
    """What the button does to the list; where the focus goes, and what to say."""
    verb, _, about = action.partition("-")
    if verb in ("remove", "up", "down"):
        return move_row(form.rows, verb, row_number(about), LIST)
    if verb == "first":
        found = first_matches(db(), practice().id, form.query)
        exercise = found[0] if found else None
    else:
        exercise = exercises_by_id(db(), practice().id, [row_number(about)]).get(row_number(about))
    if exercise is None:
        return "query", nothing_for(form.query, SHORTEST_QUERY)
    form.query = ""
    return add_row(form.rows, exercise, None, LIST)


def _page(
    template: Template, form: TemplateForm, *, focus: str = "", said: str = "", status: int = 200
) -> ResponseReturnValue:
    """The whole page, or for script the one part that typing changes."""
    is_live = FRAGMENT_HEADER in request.headers and request.form.get("live")
    answer = make_response(
        render_template(
            "visits/_suggestions.html" if is_live else "templates/edit.html",
            template=template,
            form=form,
            focus=focus,
            said=said,
            found=first_matches(db(), practice().id, form.query),
            is_searching=len(form.query) >= SHORTEST_QUERY,
            conditions=CONDITION_CATEGORIES,
            regions=REGIONS,
            days=DAYS,
            asks=ASKS,
            next_visits=NEXT_VISITS,
            plan_size=thresholds_of(practice().thresholds).plan_size,
        ),
        status,
    )
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer


@bp.post("/<int:template_id>/retire")
def retire(template_id: int) -> ResponseReturnValue:
    template = templates.get_template(db(), practice().id, template_id)
    templates.retire_template(db(), template)
    return _saved("retire", template, f"{template.name} is retired. Plans it began go on.")


@bp.post("/<int:template_id>/restore")
def restore(template_id: int) -> ResponseReturnValue:
    template = templates.get_template(db(), practice().id, template_id)
    templates.retire_template(db(), template, is_retired=False)
    return _saved("restore", template, f"{template.name} is offered again.")


def _dose_in_words(item: TemplateItem) -> str:
    return dose_in_words(dose_of(item), item.exercise.laterality)


def _saved(action: str, template: Template, said: str) -> ResponseReturnValue:
    audit.record(db(), template.practice_id, action, "template", template.id, real_now(), current_user())
    db().commit()
    flash(said)
    return redirect(url_for("templates.index"), 303)
