"""Settings: the practice, its users, its thresholds, the switch for all texts, and this device."""

from dataclasses import asdict, dataclass

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from care import access_links, audit, practices, signing_in, two_step, users
from care.errors import Refused
from care.instruments import instruments_in_words
from care.models import Role, User
from care.thresholds import BOUNDS, Thresholds, thresholds_of
from web.access_link import hand_out
from web.auth import TOKEN, device_of_request
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, database, db, practice, real_now, settings
from web.forms import zones
from web.settings_forms import ROLES, PasswordForm, PracticeForm, UserForm, practice_form
from web.threshold_words import GROUPS, ThresholdWords, bounds_sentence, is_within

A_YEAR = 365 * 24 * 3600
THEMES = {"device": "As the device", "light": "Light", "dark": "Dark"}

bp = Blueprint("settings", __name__, url_prefix="/settings")


@dataclass(frozen=True)
class ThresholdRow:
    """One number of the form: as stored, or as it was typed when it comes back with a mistake."""

    name: str
    words: ThresholdWords
    value: str
    default: int
    low: int
    high: int


@bp.get("")
def show() -> ResponseReturnValue:
    return render_template("settings/show.html", roles=ROLES, themes=THEMES)


@bp.route("/practice", methods=["GET", "POST"])
@admin_only
def edit_practice() -> ResponseReturnValue:
    form = practice_form(practice())
    if request.method == "GET":
        return _practice_page(form)
    if not form.validate():
        return _practice_page(form), 422
    try:
        practices.update_practice(db(), practice(), form.details())
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal, _field_of(refusal))
        return _practice_page(form), 422
    return _saved("change", "practice", practice().id, "Practice saved.", "settings.show")


@bp.route("/thresholds", methods=["GET", "POST"])
@admin_only
def edit_thresholds() -> ResponseReturnValue:
    stored = {name: str(value) for name, value in asdict(_thresholds()).items()}
    if request.method == "GET":
        return _threshold_page(stored, [])
    typed = {name: request.form.get(name, "").strip() for name in BOUNDS}
    wrong: list[tuple[str | None, str]] = [
        (name, bounds_sentence(name)) for name, value in typed.items() if not is_within(name, value)
    ]
    if not wrong:
        try:
            practices.set_thresholds(db(), practice(), {name: int(value) for name, value in typed.items()})
        except Refused as refusal:
            db().rollback()
            wrong = [(None, str(refusal))]
    if wrong:
        return _threshold_page(typed, wrong), 422
    return _saved("change", "thresholds", practice().id, "Numbers saved.", "settings.show")


@bp.post("/texting")
@admin_only
def switch_texting() -> ResponseReturnValue:
    """Pause or resume every text of the practice."""
    is_paused = request.form.get("paused") == "1"
    practices.set_texting_paused(db(), practice(), is_paused)
    words = (
        "All texts are paused. Nothing goes out until you resume them."
        if is_paused
        else "Texts go out again."
    )
    return _saved("pause" if is_paused else "resume", "practice", practice().id, words, "settings.show")


@bp.get("/users")
@admin_only
def list_users() -> ResponseReturnValue:
    return _users_page()


@bp.route("/users/new", methods=["GET", "POST"])
@admin_only
@recently_confirmed
def add_user() -> ResponseReturnValue:
    form = UserForm()
    if request.method == "GET":
        return render_template("settings/user.html", form=form)
    user = _new_user(form) if form.validate() else None
    if user is None:
        return render_template("settings/user.html", form=form), 422
    audit.record(db(), practice().id, "add", "user", user.id, real_now(), current_user())
    return hand_out(user, access_links.INVITED_FOR)


@bp.post("/users/<int:user_id>/link")
@admin_only
@recently_confirmed
def send_link(user_id: int) -> ResponseReturnValue:
    """A link to choose a new password, for who lost theirs. The old one opens until it is used."""
    user = users.get_user(db(), practice().id, user_id)
    if not user.is_active:
        raise Refused(f"{user.name} cannot sign in. Allow it first.")
    audit.record(db(), practice().id, "make_access_link", "user", user.id, real_now(), current_user())
    return hand_out(user, access_links.RESET_FOR)


@bp.post("/users/<int:user_id>/two-step")
@admin_only
@recently_confirmed
def reset_two_step(user_id: int) -> ResponseReturnValue:
    """For who lost phone and codes: they set it up anew at their next sign-in."""
    user = users.get_user(db(), practice().id, user_id)
    two_step.turn_off(db(), user)
    signing_in.end_all_sessions(db(), user, real_now())
    words = f"Two-step sign-in of {user.name} is off, and they are signed out everywhere."
    return _saved("reset_two_step", "user", user.id, words, "settings.list_users")


@bp.post("/users/<int:user_id>/active")
@admin_only
@recently_confirmed
def set_active(user_id: int) -> ResponseReturnValue:
    """Somebody leaves, or comes back. Whoever leaves is signed out everywhere at once."""
    user = users.get_user(db(), practice().id, user_id)
    is_active = request.form.get("active") == "1"
    users.set_active(db(), user, is_active, real_now())
    words = f"{user.name} can sign in again." if is_active else f"{user.name} can no longer sign in."
    return _saved("activate" if is_active else "deactivate", "user", user.id, words, "settings.list_users")


@bp.route("/password", methods=["GET", "POST"])
def change_password() -> ResponseReturnValue:
    form = PasswordForm()
    if request.method == "GET":
        return render_template("settings/password.html", form=form)
    if not (form.validate() and _may_change(form)):
        return render_template("settings/password.html", form=form), 422
    user = current_user()
    try:
        users.set_password(db(), user, form.new.data or "", real_now())
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal, "new")
        return render_template("settings/password.html", form=form), 422
    session[TOKEN] = signing_in.start_session(db(), user, real_now(), device_of_request())
    return _saved(
        "change_password", "user", user.id, "Password changed. Other devices are signed out.", "settings.show"
    )


@bp.post("/device")
def set_device() -> ResponseReturnValue:
    """What this browser looks and feels like; kept in the browser."""
    answer = redirect(url_for("settings.show"), 303)
    theme = request.form.get("theme", "")
    for name, value in (
        ("theme", theme if theme in THEMES else "device"),
        ("shortcuts", request.form.get("shortcuts", "off")),
    ):
        answer.set_cookie(
            name, value, max_age=A_YEAR, secure=settings().is_https, httponly=True, samesite="Lax"
        )
    flash("Saved for this device.")
    return answer


def _thresholds() -> Thresholds:
    return thresholds_of(practice().thresholds)


def _practice_page(form: PracticeForm) -> str:
    return render_template("settings/practice.html", form=form, zones=zones())


def _threshold_page(values: dict[str, str], wrong: list[tuple[str | None, str]]) -> str:
    defaults = asdict(Thresholds())
    groups = [
        (
            group.title,
            [
                ThresholdRow(one.name, one, values[one.name], defaults[one.name], *BOUNDS[one.name])
                for one in group.numbers
            ],
        )
        for group in GROUPS
    ]
    return render_template(
        "settings/thresholds.html",
        groups=groups,
        wrong=wrong,
        sentences=dict(wrong),
        instruments=instruments_in_words(),
    )


def _users_page() -> str:
    people = users.list_users(db(), practice().id)
    with_code = two_step.who_has(db(), [person.id for person in people])
    return render_template("settings/users.html", people=people, roles=ROLES, with_code=with_code)


def _new_user(form: UserForm) -> User | None:
    try:
        return users.add_user(
            db(),
            practice(),
            email=form.email.data,
            name=form.name.data,
            role=Role(form.role.data),
            password=None,
            now=real_now(),
        )
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal, "email")
        return None


def _may_change(form: PasswordForm) -> bool:
    """The old password once more: a tablet left open must not lock its owner out."""
    with database().reading() as reading:
        if users.check_password(reading, current_user().email, form.current.data) is not None:
            return True
    form.refuse(Refused("That is not the password you have now."), "current")
    return False


def _field_of(refusal: Refused) -> str | None:
    starts = {"Phone": "phone", "Time": "timezone", "Country": "country", "Window": "window_until_time"}
    starts |= {"Another": "name", "Name": "name", "Texts": "daily_cap"}
    starts |= {
        "Minutes": "spread_minutes",
        "Price": "part_price",
        "Currency": "currency",
        "Days": "texts_kept_days",
    }
    return starts.get(str(refusal).split()[0])


def _saved(action: str, subject: str, subject_id: int, words: str, then: str) -> Response:
    audit.record(db(), practice().id, action, subject, subject_id, real_now(), current_user())
    db().commit()
    flash(words)
    return redirect(url_for(then), 303)
