"""Who may pass: sign-in, sign-out, the lock, and the one gate before every page."""

from urllib.parse import unquote, urlsplit

import structlog
from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField

from care import audit, signing_in, throttle, users
from care.models import Role
from web.deps import READING_METHODS, database, is_signed_in, real_now
from web.roles import first_page, may_open
from web.security import csrf

PUBLIC = frozenset(
    {
        "static",
        "auth.sign_in",
        "client_link.act",
        "client_link.picture",
        "client_link.show",
        "health.healthz",
        "health.readyz",
        "metrics.show",
        "webhooks.inbound",
        "webhooks.status",
    }
)
# Asked for by script: nobody need be there, so the idle time of the session runs on.
POLLED = frozenset({"inbox.count"})
# These posts prove themselves: the provider by its signature, clients by a token signed for their link.
OWN_PROOF = frozenset({"webhooks", "client_link"})
# Programs come with a token instead of a cookie (`web.api.gate`).
OWN_GATE = frozenset({"api"})
TOKEN = "login"  # noqa: S105 (the name under which the cookie holds it)
WRONG = "Email or password is wrong. Check both and try again."
NOWHERE = "nowhere"
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
    g.user_id, role = _find_who()
    if role is None and request.endpoint not in PUBLIC:
        return redirect(url_for("auth.sign_in", next=_way_back()), 303)
    if role is not None and request.endpoint not in PUBLIC and not may_open(role, request.endpoint):
        if request.endpoint == "today.show":
            return redirect(url_for(first_page(role)), 303)
        abort(403)
    if current_app.config["WTF_CSRF_ENABLED"] and request.blueprint not in OWN_PROOF:
        csrf.protect()
    return None


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next", ""))
    if request.method == "GET":
        if is_signed_in():
            return redirect(url_for("today.show"), 303)
        return render_template("auth/sign_in.html", form=form)
    email = form.email.data or ""
    if not _may_try(email):
        form.form_errors.append(TOO_OFTEN)
        return render_template("auth/sign_in.html", form=form), 429
    token = _start(email, form.password.data or "") if form.validate() else None
    if token is None:
        form.form_errors.append(WRONG)
        return render_template("auth/sign_in.html", form=form), 422
    session.clear()
    session[TOKEN] = token
    return redirect(safe_next(form.next.data or ""), 303)


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
        parts = urlsplit(form)
        if parts.scheme or parts.netloc or not form.startswith("/") or form.startswith(("//", "/\\")):
            return url_for("today.show")
        if "\\" in form or any(ord(character) < 32 for character in form):
            return url_for("today.show")
    return wanted if _is_page(wanted) else url_for("today.show")


def _is_page(address: str) -> bool:
    """Whether it can be opened: a form that came back with a mistake stands at an address only posts have."""
    return current_app.url_map.bind("").test(urlsplit(address).path, "GET")


def _find_who() -> tuple[int, Role] | tuple[None, None]:
    """Whose log-in the cookie names, and their role. The row decides, so what was ended stays ended."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None, None
    now = real_now()
    with database().reading() as reading:
        login = signing_in.find_login(reading, token, now)
    if login is None:
        return None, None
    if request.endpoint not in POLLED and signing_in.needs_touch(login, now):
        with database().sessions.begin() as writing:
            signing_in.touch(writing, token, now)
    return login.user_id, login.user.role


def _may_try(email: str) -> bool:
    """Whoever is stopped at the account does not use up the tries of their whole address."""
    address = request.remote_addr or NOWHERE
    with database().sessions.begin() as writing:
        may = throttle.may_try(writing, throttle.ACCOUNT, email, real_now())
        may = may and throttle.may_try(writing, throttle.ADDRESS, address, real_now())
    if not may:
        log.warning("sign_in_throttled", address=address)
    return may


def _start(email: str, password: str) -> str | None:
    """A new log-in, or None. Checking a password takes long on purpose, so no write lock is held for it."""
    with database().reading() as reading:
        user = users.check_password(reading, email, password)
    if user is None:
        log.warning("sign_in_refused", address=request.remote_addr)
        return None
    with database().sessions.begin() as writing:
        throttle.forget_tries(writing, throttle.ACCOUNT, email)
        throttle.give_back(writing, throttle.ADDRESS, request.remote_addr or NOWHERE)
        token = signing_in.start_session(writing, user, real_now())
        audit.record(writing, user.practice_id, "sign_in", "user", user.id, real_now(), user)
    return token


def _end() -> None:
    token = session.get(TOKEN)
    with database().sessions.begin() as writing:
        if isinstance(token, str):
            signing_in.end_session(writing, token, real_now())
    session.clear()


def _way_back() -> str:
    """Where to return after signing in: this page, or for a post the page its form stood on."""
    if request.method in READING_METHODS:
        return request.full_path.removesuffix("?")
    origin = urlsplit(request.referrer or "")
    if origin.netloc != request.host:
        return url_for("today.show")
    return origin.path + (f"?{origin.query}" if origin.query else "")
