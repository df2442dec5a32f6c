"""Settings: where you are signed in, and ending one of them or all others."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from care import audit, signing_in
from web.deps import current_user, db, practice, real_now, settings

bp = Blueprint("devices", __name__, url_prefix="/settings/devices")


@bp.get("")
def show() -> ResponseReturnValue:
    kept = settings()
    found = signing_in.list_sessions(db(), current_user(), real_now(), kept.idle, kept.absolute)
    zone = practice().timezone
    return render_template("settings/devices.html", found=found, this_id=g.login_id, zone=zone)


@bp.post("/<int:login_id>/end")
def end(login_id: int) -> ResponseReturnValue:
    signing_in.end_one_session(db(), current_user(), login_id, real_now())
    return _saved("end_session", "Signed out there.")


@bp.post("/end-others")
def end_others() -> ResponseReturnValue:
    signing_in.end_other_sessions(db(), current_user(), g.login_id, real_now())
    return _saved("end_other_sessions", "Signed out everywhere but here.")


def _saved(action: str, said: str) -> ResponseReturnValue:
    user = current_user()
    audit.record(db(), user.practice_id, action, "user", user.id, real_now(), user)
    db().commit()
    flash(said)
    return redirect(url_for("devices.show"), 303)
