"""Who it is, once more: before records leave the house and before security changes."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField

from care import audit, signing_in, throttle, users
from web.auth import TOKEN, TOO_OFTEN, safe_next, way_back
from web.deps import database, real_now

FRESH = timedelta(minutes=10)
WRONG = "That is not your password. Try again."

Params = ParamSpec("Params")
bp = Blueprint("confirming", __name__)


class ConfirmForm(FlaskForm):
    password = PasswordField("Password")
    next = HiddenField()


def recently_confirmed(view: Callable[Params, ResponseReturnValue]) -> Callable[Params, ResponseReturnValue]:
    """For what a tablet left open must not give away: the password is asked for unless it just was."""

    @wraps(view)
    def guarded(*args: Params.args, **kwargs: Params.kwargs) -> ResponseReturnValue:
        confirmed_at = g.confirmed_at
        if confirmed_at is None or confirmed_at <= real_now() - FRESH:
            return redirect(url_for("confirming.confirm", next=way_back()), 303)
        return view(*args, **kwargs)

    return guarded


@bp.route("/confirm", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    form = ConfirmForm(next=request.args.get("next", ""))
    if request.method == "GET":
        return render_template("auth/confirm.html", form=form)
    with database().reading() as reading:
        email = users.get_user_by_id(reading, g.user_id).email
    with database().sessions.begin() as writing:
        may = throttle.may_try(writing, throttle.ACCOUNT, email, real_now())
    if not may:
        form.form_errors.append(TOO_OFTEN)
        return render_template("auth/confirm.html", form=form), 429
    with database().reading() as reading:
        is_right = users.check_password(reading, email, form.password.data or "") is not None
    if not is_right:
        form.form_errors.append(WRONG)
        return render_template("auth/confirm.html", form=form), 422
    with database().sessions.begin() as writing:
        throttle.forget_tries(writing, throttle.ACCOUNT, email)
        signing_in.confirm(writing, session[TOKEN], real_now())
        user = users.get_user_by_id(writing, g.user_id)
        audit.record(writing, user.practice_id, "confirm", "user", user.id, real_now(), user)
    return redirect(safe_next(form.next.data or ""), 303)
