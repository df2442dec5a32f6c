"""The link a user chooses a password by: opened without signing in, used once."""

from datetime import timedelta

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField

from care import access_links, audit, facts
from care.errors import Refused
from care.models import User
from reminders.mail_rows import ACCESS, owe_mail
from web.deps import database, db, practice, real_now, settings
from web.security import keep_private

SUBJECT = "Choose your password for Homestretch"
BODY = (
    "Hello {name},\n\nchoose your password for {practice} here:\n\n{address}\n\n"
    "The link works once, until {hours} hours from now. If you did not expect it, tell an admin.\n"
)

bp = Blueprint("access_link", __name__)


class NewPasswordForm(FlaskForm):
    password = PasswordField("New password")
    again = PasswordField("The same once more")


def hand_out(user: User, lasts: timedelta) -> ResponseReturnValue:
    """Mail the user a link where mail goes out, else show it once to the admin who asked. Commits."""
    token = access_links.make_link(db(), user, real_now(), lasts)
    address = f"{settings().public_url}{url_for('access_link.use', token=token)}"
    hours = int(lasts.total_seconds() // 3600)
    is_mailed = facts.sends_mail(db()) and not practice().is_sample
    if is_mailed:
        body = BODY.format(name=user.name, practice=practice().name, address=address, hours=hours)
        key = f"{ACCESS}{user.id}:{int(real_now().timestamp())}"
        owe_mail(db(), user, SUBJECT, body, dedupe_key=key, now=real_now(), due_at=real_now())
    db().commit()
    if is_mailed:
        flash(f"{user.name} gets a link by e-mail. It works once, for {hours} hours.")
        return redirect(url_for("settings.list_users"), 303)
    return render_template("settings/access_link.html", person=user, address=address, hours=hours)


@bp.route("/welcome/<token>", methods=["GET", "POST"])
def use(token: str) -> ResponseReturnValue:
    """Looking uses nothing up: programs that preview links may open it."""
    form = NewPasswordForm()
    with database().reading() as reading:
        invited = access_links.find_invited(reading, token, real_now())
        name = invited.name if invited is not None else ""
    if invited is None:
        abort(404)
    if request.method == "GET":
        return _page(form, name)
    if form.password.data != form.again.data:
        form.form_errors.append("The two passwords differ. Type the same one twice.")
        return _page(form, name, 422)
    try:
        with database().sessions.begin() as session:
            user = access_links.find_invited(session, token, real_now())
            if user is None:
                abort(404)
            access_links.use_link(session, user, form.password.data or "", real_now())
            audit.record(session, user.practice_id, "choose_password", "user", user.id, real_now(), user)
    except Refused as refusal:
        form.form_errors.append(str(refusal))
        return _page(form, name, 422)
    flash("Password saved. Sign in with it.")
    return redirect(url_for("auth.sign_in"), 303)


def _page(form: NewPasswordForm, name: str, status: int = 200) -> ResponseReturnValue:
    return keep_private(
        make_response(render_template("auth/new_password.html", form=form, name=name), status)
    )
