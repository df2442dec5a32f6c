"""Settings: tokens for other programs. An admin makes one for a user, and it is shown once."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from care import api_tokens, audit, one_time
from care.errors import Refused
from care.models import ApiToken, User
from care.users import list_users
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, db, practice, real_now
from web.forms import Form, choices, given

DAYS = {30: "30 days", api_tokens.USUAL_DAYS: "90 days", api_tokens.LONGEST_DAYS: "1 year"}
SCOPES = {
    "people:read": "See clients, consent and users",
    "people:write": "Add and change clients, record consent",
    "care:read": "See visits, plans, follow-ups and assessments",
    "care:write": "Plan visits, start plans, add follow-ups",
    "library:read": "See exercises and templates",
    "answers:read": "See ratings, replies and what needs a person",
    "answers:write": "Acknowledge and close what needs a person",
    "texts:read": "Read the texts of clients",
    "texts:write": "Write texts to clients",
    "audit:read": "See the audit trail",
}

bp = Blueprint("tokens", __name__, url_prefix="/settings/tokens")


class TokenForm(Form):
    once = HiddenField()
    name = StringField("Name", validators=[given("Name the program that gets the token.")])
    user = SelectField("Acts for", coerce=int)
    scopes = SelectMultipleField(
        "It may",
        choices=choices(SCOPES.items()),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validators=[given("Choose at least one thing it may do.")],
    )
    days = RadioField(
        "It ends after", choices=choices(DAYS.items()), coerce=int, default=api_tokens.USUAL_DAYS
    )


@bp.get("")
@admin_only
@recently_confirmed
def show() -> ResponseReturnValue:
    return _page(_form(once=one_time.new_key(), user=current_user().id))


@bp.post("")
@admin_only
@recently_confirmed
def make() -> ResponseReturnValue:
    """The answer shows the token; sent again, the form makes no second one."""
    form = _form()
    key = form.once.data or ""
    if one_time.find_result(db(), practice().id, key) is not None:
        flash("This token was made already, and is shown only once. If you lost it, end it and make another.")
        return redirect(url_for("tokens.show"), 303)
    if not form.validate():
        return _page(form), 422
    try:
        token = _make(form)
        one_time.keep_result(db(), practice().id, key, url_for("tokens.show"), real_now())
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal)
        return _page(form), 422
    db().commit()
    return render_template("settings/token.html", token=token, name=(form.name.data or "").strip())


@bp.post("/<int:token_id>/end")
@admin_only
def end(token_id: int) -> ResponseReturnValue:
    token = api_tokens.end_token(db(), token_id, current_user(), real_now())
    _record("end", token.id)
    db().commit()
    flash(f"{token.name} opens nothing any more.")
    return redirect(url_for("tokens.show"), 303)


def _make(form: TokenForm) -> str:
    user = db().get_one(User, form.user.data)
    token = api_tokens.make_token(
        db(), user, form.name.data or "", form.scopes.data or [], real_now(), form.days.data
    )
    _record("make", user.id)
    return token


def _form(**values: object) -> TokenForm:
    form = TokenForm(**values)
    form.user.choices = choices((user.id, user.name) for user in _users() if user.is_active)
    return form


def _users() -> list[User]:
    return list_users(db(), practice().id)


def _page(form: TokenForm) -> str:
    names = {user.id: user.name for user in _users()}
    return render_template(
        "settings/tokens.html",
        form=form,
        tokens=[
            (token, names[token.user_id], _state(token))
            for token in api_tokens.list_tokens(db(), current_user())
        ],
        scopes=SCOPES,
        address=url_for("api.describe", _external=False),
    )


def _state(token: ApiToken) -> str:
    """Empty while it lives."""
    if token.ended_at is not None:
        return "Ended"
    return "Expired" if token.expires_at <= real_now() else ""


def _record(action: str, subject_id: int) -> None:
    audit.record(db(), practice().id, action, "api_token", subject_id, real_now(), current_user())
