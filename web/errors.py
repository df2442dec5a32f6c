"""Refusals become pages here, and nowhere else."""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    has_request_context,
    make_response,
    redirect,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from care import merging
from care.clients import find_client
from care.errors import NotFound, Refused
from care.key_ring import KeyMissing
from care.tokens import new_token
from care.users import get_user_by_id
from web.deps import database
from web.looking import record_refusal
from web.problems import PATH, problem

log = structlog.get_logger()


@dataclass(frozen=True)
class Words:
    title: str
    text: str


NOT_FOUND = Words("Page not found", "Nothing is at this address, or it belongs to someone else.")
PAGES = {
    400: Words(
        "This page was open too long", "Nothing was saved. Go back, reload the page and send it again."
    ),
    403: Words(
        "Not part of your role",
        "Ask an admin if you need it. If an alert brought you here, tell a therapist at once.",
    ),
    404: NOT_FOUND,
    405: NOT_FOUND,
    413: Words("That is too much at once", "Nothing was saved. Go back and send less."),
    422: Words("That did not work", ""),
}
LOCKED = Words(
    "Something kept here cannot be opened",
    "A key is missing on the server. Nothing is lost: whoever runs Homestretch can put it back.",
)
BROKEN = Words(
    "Something broke on our side", "What you sent may not be saved. Go back and look before sending again."
)


# A number that stands in no address but where it was put.
ANY_NUMBER = 987_654_321_987


class App(Flask):
    """Says which page broke by its name. Flask would log the address, which may hold a client's link."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._around: dict[tuple[object, ...], list[str]] = {}

    def url_for(self, /, endpoint: str, *, _anchor: str | None = None, **values: Any) -> str:
        """As Flask builds it. Pages lead to others by a row's number: what stands around that is built once,
        as long as nothing else of the request is in it.
        """
        names = tuple(values)
        if len(names) != 1 or type(values[names[0]]) is not int or not has_request_context():
            return super().url_for(endpoint, _anchor=_anchor, **values)
        is_for_all = _anchor is None and endpoint[:1] != "." and not request.root_path
        built = self._around if is_for_all else g.setdefault("built_addresses", {})
        key = (endpoint, names, _anchor)
        if key not in built:
            any_number: dict[str, Any] = {names[0]: ANY_NUMBER}
            address = super().url_for(endpoint, _anchor=_anchor, **any_number)
            built[key] = address.split(str(ANY_NUMBER))
        number: str = str(values[names[0]])
        return number.join(built[key])

    def log_exception(self, exc_info: Any) -> None:
        """One line with the id that the page shows, where it broke, and nothing of what was sent."""
        g.reference = new_token()[:8]
        log.error("page_broke", reference=g.reference, endpoint=request.endpoint, exc_info=exc_info)


def init_app(app: Flask) -> None:
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(KeyMissing, _locked)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(InternalServerError, _broken)
    app.register_error_handler(SecurityError, _stranger)
    app.register_error_handler(HTTPException, _http)


def _not_found(_error: NotFound) -> Response:
    """What an address names and this user does not see, or nobody does, goes on file as a refusal."""
    named = next(((name, at) for name, at in (request.view_args or {}).items() if name.endswith("_id")), None)
    if named is not None:
        record_refusal(g.get("sought") or named[0].removesuffix("_id"), named[1])
    return _where_it_went() or page(404, NOT_FOUND)


def _where_it_went() -> Response | None:
    """A client's entry that was merged into another leads on to that, for who may see it."""
    client_id = (request.view_args or {}).get("client_id")
    if client_id is None or request.method != "GET" or g.get("user_id") is None or request.endpoint is None:
        return None
    with database().reading() as session:
        user = get_user_by_id(session, g.user_id)
        kept_id = merging.follow(session, user.practice_id, client_id)
        if kept_id is None or find_client(session, kept_id, user) is None:
            return None
    address = url_for(request.endpoint, **(request.view_args or {}) | {"client_id": kept_id})
    return make_response(redirect(address, 303))


def _refused(error: Refused) -> Response:
    return page(422, Words(PAGES[422].title, str(error)))


def _locked(error: KeyMissing) -> Response:
    """A process is refused at its start without its keys; this is for a list that changed under its feet."""
    log.error("field_key_missing", endpoint=request.endpoint, why=str(error))
    return page(503, LOCKED)


def _stale(_error: CSRFError) -> Response:
    return page(400, PAGES[400])


def _stranger(_error: SecurityError) -> Response:
    """Asked under a name that is not ours: no address of ours can be made for it, so no page either."""
    return make_response("This is not one of our addresses.", 400, {"Content-Type": "text/plain"})


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code == 403:
        record_refusal("page", None)
    if code in range(300, 400):
        return make_response(error.get_response())
    answer = page(code, PAGES.get(code, Words(error.name, "Go back and try again.")))
    if code == 405:
        answer.headers.extend(header for header in error.get_headers() if header[0] == "Allow")
    return answer


def _broken(_error: InternalServerError) -> Response:
    """The traceback is in the log already; the id ties this page to it."""
    return page(500, BROKEN, g.get("reference"))


def page(code: int, words: Words, reference: str | None = None) -> Response:
    """Rendered without the context of ordinary pages, which would ask a database that may be the trouble."""
    if request.path.startswith(PATH):
        more = {} if reference is None else {"reference": reference}
        return problem(code, words.title, words.text, **more)
    template = current_app.jinja_env.get_template("errors/error.html")
    return make_response(template.render(code=code, words=words, reference=reference), code)
