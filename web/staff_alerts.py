"""Alerts to users: on which phone, when, and who stands in. One's own, and for admins everybody's."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, SelectField, SelectMultipleField, TelField
from wtforms.widgets import CheckboxInput, ListWidget

from care import audit, facts, on_call, users
from care.consent import is_opted_out
from care.errors import Refused
from care.models import Role, User
from care.phones import EXAMPLE, show_phone
from web.deps import admin_only, book, current_user, db, now, practice, real_now
from web.forms import ClockField, Form, at_most, choices, given, stripped
from web.showing import WEEKDAYS

NOBODY = ""

bp = Blueprint("staff_alerts", __name__, url_prefix="/settings")


class PhoneForm(Form):
    phone = TelField(
        "Mobile phone", filters=[stripped], validators=[given("Enter your mobile phone."), at_most(40)]
    )
    agreed = BooleanField(
        "I agree to these words",
        validators=[given("Tick the box if you agree, or go back without alerts by text.")],
    )


class OnCallForm(Form):
    days = SelectMultipleField(
        "On call on",
        choices=choices(enumerate(WEEKDAYS)),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    from_time = ClockField("From")
    until_time = ClockField("Until")
    backup = SelectField("Who stands in", validate_choice=False)


@dataclass(frozen=True)
class Reach:
    """How this user gets alerts now."""

    phone: str
    has_agreed: bool
    has_stopped: bool
    by_mail: bool

    @property
    def is_reached(self) -> bool:
        return self.by_mail or (self.has_agreed and not self.has_stopped)


@dataclass(frozen=True)
class Gaps:
    """Where alerts do not arrive, as far as it is this user's to know."""

    nobody: bool
    is_own: bool
    others: list[User]


@bp.app_context_processor
def _for_pages() -> dict[str, Any]:
    return {"alert_gaps": alert_gaps}


def alert_gaps() -> Gaps:
    """Asked by the pages that warn."""
    user = current_user()
    stopped, is_reached = on_call.alert_phones(db(), user.practice_id)
    return Gaps(
        nobody=not (is_reached or _is_mailed()),
        is_own=any(one.id == user.id for one in stopped),
        others=[one for one in stopped if one.id != user.id] if user.is_admin else [],
    )


@bp.get("/alerts")
def show() -> ResponseReturnValue:
    return _page(current_user(), PhoneForm(formdata=None), on_call_form(current_user()))


@bp.post("/alerts/phone")
def agree() -> ResponseReturnValue:
    user, form = current_user(), PhoneForm()
    if form.validate():
        try:
            on_call.agree_to_alerts(db(), user, practice(), book(), form.phone.data, now())
        except Refused as refusal:
            db().rollback()
            form.refuse(refusal, "phone")
        else:
            return _saved("agree_to_alerts", user, "Alerts now go to your phone.")
    return _page(current_user(), form, on_call_form(current_user())), 422


@bp.post("/alerts/stop")
def stop() -> ResponseReturnValue:
    on_call.end_alerts(db(), current_user())
    return _saved("end_alerts", current_user(), "No more alerts by text. Your number is deleted.")


@bp.post("/alerts/digest")
def set_digest() -> ResponseReturnValue:
    user = current_user()
    user.gets_digest = request.form.get("wanted") == "1"
    words = "You get the mail each morning." if user.gets_digest else "No more mails in the morning."
    return _saved("set_digest", user, words)


@bp.post("/alerts/on-call")
def save_on_call() -> ResponseReturnValue:
    return _save_on_call(current_user())


@bp.route("/users/<int:user_id>/alerts", methods=["GET", "POST"])
@admin_only
def edit_user(user_id: int) -> ResponseReturnValue:
    """An admin sees to days, hours and who stands in; to a phone only its owner agrees."""
    user = users.get_user(db(), practice().id, user_id)
    if request.method == "POST":
        return _save_on_call(user)
    return _page(user, None, on_call_form(user))


def on_call_form(user: User, formdata: object = None) -> OnCallForm:
    """Filled with what is stored, or with what was sent."""
    stored = {
        "days": [str(day) for day in user.on_call_days],
        "from_time": user.on_call_from_time,
        "until_time": user.on_call_until_time,
        "backup": str(user.backup_id) if user.backup_id is not None else NOBODY,
    }
    form = OnCallForm(formdata=formdata, data=stored)
    others = [
        one
        for one in users.list_users(db(), user.practice_id, active_only=True)
        if one.id != user.id and one.role is not Role.FRONT_DESK
    ]
    form.backup.choices = choices([(NOBODY, "The admins"), *((one.id, one.name) for one in others)])
    return form


def _save_on_call(user: User) -> ResponseReturnValue:
    user_id, form = user.id, on_call_form(user, request.form)
    if form.validate() and _set_on_call(user, form):
        return _saved("change_on_call", user, "On-call hours saved.")
    db().rollback()
    user = users.get_user(db(), practice().id, user_id)
    return _page(user, PhoneForm(formdata=None) if _is_own(user) else None, form), 422


def _set_on_call(user: User, form: OnCallForm) -> bool:
    typed = form.backup.data or NOBODY
    try:
        on_call.set_on_call(
            db(),
            user,
            [int(day) for day in form.days.data or []],
            form.from_time.data,
            form.until_time.data,
            int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None,
        )
    except Refused as refusal:
        form.refuse(refusal, "until_time" if str(refusal).startswith("Hours") else "backup")
        return False
    return True


def reach_of(user: User) -> Reach:
    return Reach(
        phone=show_phone(user.phone, practice().country) if user.phone else "",
        has_agreed=user.alerts_agreed_at is not None,
        has_stopped=user.phone_hash is not None and is_opted_out(db(), user.phone_hash),
        by_mail=_is_mailed(),
    )


def _is_mailed() -> bool:
    return facts.sends_mail(db()) and not practice().is_sample


def _page(user: User, phone_form: PhoneForm | None, on_call_form: OnCallForm) -> str:
    return render_template(
        "settings/alerts.html",
        person=user,
        is_own=_is_own(user),
        reach=reach_of(user),
        phone_form=phone_form,
        form=on_call_form,
        wording=on_call.ALERTS_WORDING,
        example=EXAMPLE.get(practice().country, "+12025550123"),
    )


def _is_own(user: User) -> bool:
    return user.id == current_user().id


def _saved(action: str, user: User, words: str) -> ResponseReturnValue:
    audit.record(db(), user.practice_id, action, "user", user.id, real_now(), current_user())
    where = (
        url_for("staff_alerts.show") if _is_own(user) else url_for("staff_alerts.edit_user", user_id=user.id)
    )
    db().commit()
    flash(words)
    return redirect(where, 303)
