"""Templates: the lists plans begin from, shared by the practice; renamed, retired and brought back here."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField

from care import audit, templates
from care.errors import Refused
from care.models import Template, TemplateItem
from care.plans import dose_in_words
from care.templates import dose_of
from care.vocabulary import CONDITION_CATEGORIES
from web.deps import current_user, db, practice, real_now
from web.forms import Form, at_most, choices, given, stripped

bp = Blueprint("templates", __name__, url_prefix="/templates")


class TemplateForm(Form):
    name = StringField(
        "Template name", filters=[stripped], validators=[given("Enter the name."), at_most(60)]
    )
    condition = SelectField("Condition", choices=choices(CONDITION_CATEGORIES.items()))


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
    )


@bp.route("/<int:template_id>/edit", methods=["GET", "POST"])
def edit(template_id: int) -> ResponseReturnValue:
    """Its name and condition. Its list is changed where lists are made: After visit."""
    template = templates.get_template(db(), practice().id, template_id)
    if request.method == "GET":
        form = TemplateForm(name=template.name, condition=template.condition_category)
        return render_template("templates/edit.html", form=form, template=template)
    form = TemplateForm()
    if form.validate():
        try:
            templates.rename_template(db(), template, form.name.data, form.condition.data)
        except Refused as refusal:
            form.refuse(refusal, "name")
        else:
            return _saved("rename", template, f"{template.name} is saved.")
    return render_template("templates/edit.html", form=form, template=template), 422


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
