"""Settings: two-step sign-in. An app on the phone makes codes; ten more are kept on paper."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, two_step
from care.errors import Refused
from web.auth import must_have_code
from web.confirming import recently_confirmed
from web.deps import current_user, db, real_now, settings
from web.qr import qr_of
from web.svg import svg_answer

bp = Blueprint("two_step", __name__, url_prefix="/settings/two-step")


@bp.get("")
@recently_confirmed
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/begin")
@recently_confirmed
def begin() -> ResponseReturnValue:
    two_step.begin(db(), current_user(), settings().sealing_key)
    _record("begin_two_step")
    db().commit()
    return redirect(url_for("two_step.show"), 303)


@bp.get("/qr.svg")
@recently_confirmed
def qr() -> ResponseReturnValue:
    secret = two_step.secret_to_show(db(), current_user(), settings().sealing_key)
    if secret is None:
        abort(404)
    answer = svg_answer(qr_of(two_step.address_of(current_user(), secret)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/confirm")
@recently_confirmed
def confirm() -> ResponseReturnValue:
    typed = "".join(request.form.get("code", "").split())
    try:
        codes = two_step.confirm(db(), current_user(), settings().sealing_key, typed, real_now())
    except Refused as refusal:
        db().rollback()
        return _page(str(refusal)), 422
    return _shown_once("turn_on_two_step", codes)


@bp.post("/codes")
@recently_confirmed
def renew_codes() -> ResponseReturnValue:
    if not two_step.is_on(db(), current_user().id):
        raise Refused("Turn two-step sign-in on first.")
    return _shown_once("renew_recovery_codes", two_step.renew_recovery_codes(db(), current_user()))


@bp.post("/off")
@recently_confirmed
def turn_off() -> ResponseReturnValue:
    user = current_user()
    if must_have_code(user.role, user.practice_id, db()):
        raise Refused("Admins keep two-step sign-in on.")
    two_step.turn_off(db(), user)
    _record("turn_off_two_step")
    db().commit()
    flash("Two-step sign-in is off.")
    return redirect(url_for("two_step.show"), 303)


def _page(wrong: str = "") -> str:
    user = current_user()
    return render_template(
        "settings/two_step.html",
        is_on=two_step.is_on(db(), user.id),
        secret=two_step.secret_to_show(db(), user, settings().sealing_key),
        left=two_step.recovery_codes_left(db(), user),
        is_must=must_have_code(user.role, user.practice_id, db()),
        wrong=wrong,
        page_has_errors=bool(wrong),
    )


def _shown_once(action: str, codes: list[str]) -> str:
    _record(action)
    db().commit()
    return render_template("settings/recovery_codes.html", codes=codes)


def _record(action: str) -> None:
    user = current_user()
    audit.record(db(), user.practice_id, action, "user", user.id, real_now(), user)
