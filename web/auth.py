"""Who may pass: sign-in, sign-out, the lock, and the one gate before every page."""

from datetime import datetime, timedelta
from urllib.parse import unquote

import structlog
from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import EmailField, HiddenField, PasswordField

from care import audit, practices, signing_in, throttle, two_step, users
from care.addresses import parts_of
from care.models import LoginSession, Practice, Role, User
from web.deps import READING_METHODS, database, is_signed_in, real_now, settings
from web.roles import first_page, may_open
from web.security import csrf
from web.uploads import take_files

PUBLIC = frozenset(
    {
        "static",
        "access_link.use",
        "auth.sign_in",
        "calendar_feed.show",
        "client_link.act",
        "client_link.picture",
        "client_link.show",
        "health.healthz",
        "health.readyz",
        "metrics.show",
        "security_txt.show",
        "share_link.read",
        "share_link.show",
        "webhooks.inbound",
        "webhooks.status",
    }
)
# Asked for by script: nobody need be there, so the idle time of the session runs on.
POLLED = frozenset({"inbox.count"})
# These posts prove themselves: the provider by its signature, clients by a token signed for their link, who
# reads a shared summary by the secret in its address.
OWN_PROOF = frozenset({"webhooks", "client_link", "share_link"})
# Programs come with a token instead of a cookie (`web.api.gate`).
OWN_GATE = frozenset({"api"})
TOKEN = "login"  # noqa: S105 (the name under which the cookie holds it)
WRONG = "Email or password is wrong. Check both and try again."
NOWHERE = "nowhere"
HALF = "half"
CODE_WITHIN = timedelta(minutes=5)
WRONG_CODE = "That code is wrong or was used before. Wait for the next one, or take a recovery code."
# An admin without the second step gets no further than setting it up.
WITHOUT_CODE = PUBLIC | {
    "auth.lock",
    "auth.sign_out",
    "confirming.confirm",
    "settings.change_password",
    "settings.set_device",
    "two_step.begin",
    "two_step.confirm",
    "two_step.qr",
    "two_step.renew_codes",
    "two_step.show",
}
# In this order: many browsers name others too.
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
TOO_OFTEN = "Too many tries. Wait 15 minutes, then try again. An admin can set a new password meanwhile."

bp = Blueprint("auth", __name__)
log = structlog.get_logger()


class SignInForm(FlaskForm):
    email = EmailField("Email")
    password = PasswordField("Password")
    next = HiddenField()


def init_app(app: Flask) -> None:
    app.before_request(gate)


def gate() -> ResponseReturnValue | None:
    """Everybody signs in first, unless the page is in PUBLIC; then every post shows its token."""
    g.user_id = None
    if request.endpoint is None or request.endpoint == "static" or request.blueprint in OWN_GATE:
        return None
    login = _find_login()
    g.user_id = g.practice_id = g.login_id = g.confirmed_at = role = None
    if login is not None:
        g.user_id, g.login_id, g.confirmed_at = login.user_id, login.id, login.confirmed_at
        g.practice_id, role = login.practice_id, login.user.role
    if role is None and request.endpoint not in PUBLIC:
        return redirect(url_for("auth.sign_in", next=way_back()), 303)
    if role is not None and request.endpoint not in PUBLIC and not may_open(role, request.endpoint):
        if request.endpoint == "today.show":
            return redirect(url_for(first_page(role)), 303)
        abort(403)
    if role is not None and request.endpoint not in WITHOUT_CODE and _lacks_code(login):
        return redirect(url_for("two_step.show"), 303)
    refused = take_files() if role is not None else None
    if refused is not None:
        return refused
    if current_app.config["WTF_CSRF_ENABLED"] and request.blueprint not in OWN_PROOF:
        csrf.protect()
    return None


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Email and password; then, for who has turned it on, a code."""
    if request.method == "GET":
        if is_signed_in():
            return redirect(url_for("today.show"), 303)
        if request.args.get("anew"):
            session.pop(HALF, None)
        return _form_page(SignInForm(next=request.args.get("next", "")))
    half = _half_way()
    return _second_step(half) if half is not None and "code" in request.form else _first_step()


def _first_step() -> ResponseReturnValue:
    form = SignInForm()
    email, wanted = form.email.data or "", form.next.data or ""
    if not _may_try(email):
        form.form_errors.append(TOO_OFTEN)
        return _password_page(form), 429
    user = _known_user(email, form.password.data or "") if form.validate() else None
    if user is None:
        form.form_errors.append(WRONG)
        return _password_page(form), 422
    session.clear()
    with database().reading() as reading:
        has_code = two_step.is_on(reading, user.id)
    if has_code:
        session[HALF] = [user.id, real_now().isoformat()]
        return redirect(url_for("auth.sign_in", next=wanted), 303)
    session[TOKEN] = _start(user.id, "sign_in", email)
    return redirect(safe_next(wanted), 303)


def _second_step(user_id: int) -> ResponseReturnValue:
    form = SignInForm()
    with database().sessions.begin() as writing:
        may = throttle.may_try(writing, throttle.CODE, str(user_id), real_now())
    if not may:
        form.form_errors.append(TOO_OFTEN)
        return _code_page(form), 429
    with database().sessions.begin() as writing:
        code = request.form.get("code", "")[:40]
        found = two_step.check(writing, user_id, settings().sealing_key, code, real_now())
    if found is None:
        log.warning("sign_in_code_refused", user=user_id)
        with database().sessions.begin() as writing:
            user = users.get_user_by_id(writing, user_id)
            audit.record_refusal(
                *(writing, user.practice_id, user_id, "sign_in_code_refused", "user", user_id, real_now())
            )
        form.form_errors.append(WRONG_CODE)
        return _code_page(form), 422
    wanted = form.next.data or ""
    session.clear()
    session[TOKEN] = _start(user_id, f"sign_in_by_{found}")
    if found == "recovery":
        flash("That recovery code is used up. Make new ones when few are left.", "warning")
    return redirect(safe_next(wanted), 303)


def _form_page(form: SignInForm) -> str:
    return _code_page(form) if _half_way() is not None else _password_page(form)


def _password_page(form: SignInForm) -> str:
    """With a word on the sample practice where there is one: it is open to be tried, by password alone."""
    with database().reading() as reading:
        has_sample = practices.has_sample(reading)
    return render_template("auth/sign_in.html", form=form, has_sample=has_sample)


def _code_page(form: SignInForm) -> str:
    return render_template("auth/code.html", form=form)


def _half_way() -> int | None:
    """Whose password was right a moment ago in this browser. The cookie is signed: nobody else wrote it."""
    kept = session.get(HALF)
    if not isinstance(kept, list) or len(kept) != 2:
        return None
    user_id, at = kept
    return user_id if real_now() - datetime.fromisoformat(at) < CODE_WITHIN else None


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    _end()
    return redirect(url_for("auth.sign_in"), 303)


@bp.post("/lock")
def lock() -> ResponseReturnValue:
    """The same as signing out, but the next sign-in comes back to this page."""
    _end()
    return redirect(url_for("auth.sign_in", next=safe_next(request.form.get("next", ""))), 303)


def safe_next(wanted: str) -> str:
    """The address to go on to: a path of ours, or Today. Nothing that a browser may read as a host."""
    for form in (wanted, unquote(wanted)):
        parts = parts_of(form)
        if parts.scheme or parts.netloc or not form.startswith("/") or form.startswith(("//", "/\\")):
            return url_for("today.show")
        if "\\" in form or any(ord(character) < 32 for character in form):
            return url_for("today.show")
    return wanted if _is_page(wanted) else url_for("today.show")


def _is_page(address: str) -> bool:
    """Whether it can be opened: a form that came back with a mistake stands at an address only posts have."""
    return current_app.url_map.bind("").test(parts_of(address).path, "GET")


def must_have_code(role: Role, practice_id: int, session: Session) -> bool:
    """Whether this user may not sign in by password alone: admins, unless settings say otherwise.

    A sample practice holds nobody's data and is open to be tried.
    """
    if role is not Role.ADMIN or not settings().admins_need_code:
        return False
    return not session.get_one(Practice, practice_id).is_sample


def _lacks_code(login: LoginSession | None) -> bool:
    if login is None or login.user.role is not Role.ADMIN or login.has_code:
        return False
    with database().reading() as reading:
        return must_have_code(login.user.role, login.practice_id, reading)


def _find_login() -> LoginSession | None:
    """The log-in the cookie names, with its user. The row decides, so what was ended stays ended."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    now = real_now()
    with database().reading() as reading:
        login = signing_in.find_login(reading, token, now, settings().idle, settings().absolute)
    if login is None:
        return None
    if request.endpoint not in POLLED and signing_in.needs_touch(login, now):
        with database().sessions.begin() as writing:
            signing_in.touch(writing, token, now)
    return login


def _may_try(email: str) -> bool:
    """Whoever is stopped at the account does not use up the tries of their whole address."""
    address = request.remote_addr or NOWHERE
    with database().sessions.begin() as writing:
        may = throttle.may_try(writing, throttle.ACCOUNT, email, real_now())
        may = may and throttle.may_try(writing, throttle.ADDRESS, address, real_now())
    if not may:
        log.warning("sign_in_throttled", address=address)
    return may


def _known_user(email: str, password: str) -> User | None:
    """Checking a password takes long on purpose, so no write lock is held for it."""
    with database().reading() as reading:
        user = users.check_password(reading, email, password)
    if user is None:
        log.warning("sign_in_refused", address=request.remote_addr)
        _record_refused_sign_in(email)
    return user


def _record_refused_sign_in(email: str) -> None:
    """On file where somebody signs in with this email; else one count, so that both take the same time."""
    with database().sessions.begin() as writing:
        user = users.find_user(writing, email)
        if user is None:
            throttle.may_try(writing, throttle.UNKNOWN, "anybody", real_now())
            return
        audit.record_refusal(
            writing, user.practice_id, user.id, "sign_in_refused", "user", user.id, real_now()
        )


def _start(user_id: int, action: str, email: str = "") -> str:
    """A new log-in. What was tried before it is forgotten."""
    with database().sessions.begin() as writing:
        user = users.get_user_by_id(writing, user_id)
        throttle.forget_tries(writing, throttle.ACCOUNT, email or user.email)
        throttle.forget_tries(writing, throttle.CODE, str(user_id))
        if email:
            throttle.give_back(writing, throttle.ADDRESS, request.remote_addr or NOWHERE)
        token = signing_in.start_session(writing, user, real_now(), device_of_request())
        audit.record(writing, user.practice_id, action, "user", user.id, real_now(), user)
    return token


def device_of_request() -> str:
    """The browser and system in a few words, so that its user knows it again: "Firefox on Linux"."""
    said = request.user_agent.string
    browser = next((words for mark, words in BROWSERS if mark in said), "A browser")
    system = next((words for mark, words in SYSTEMS if mark in said), "")
    return f"{browser} on {system}" if system else browser


def _end() -> None:
    token = session.get(TOKEN)
    with database().sessions.begin() as writing:
        if isinstance(token, str):
            signing_in.end_session(writing, token, real_now())
    session.clear()


def way_back() -> str:
    """Where to return after signing in: this page, or for a post the page its form stood on."""
    if request.method in READING_METHODS:
        return request.full_path.removesuffix("?")
    origin = parts_of(request.referrer or "")
    if origin.netloc != request.host:
        return url_for("today.show")
    return origin.path + (f"?{origin.query}" if origin.query else "")
