"""Headers every answer carries, and the limits every request has."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from care.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Where nothing of ours runs or is fetched by script.
POLICY_WITHOUT_SCRIPT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
TWO_YEARS = 63_072_000
LARGEST_ROW_ID = 2**31 - 1

csrf = CSRFProtect()


class RowId(IntegerConverter):
    """A number no row can have is no address of ours: SQLite and PostgreSQL would raise at it."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = 1, max: int | None = None) -> None:
        super().__init__(map, fixed_digits, min, max or LARGEST_ROW_ID)


def configure(app: Flask, settings: Settings) -> None:
    """Cookies, limits and hosts. Addresses are made from settings, never from what a request claims."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=512 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=500,
        TRUSTED_HOSTS=_hosts(settings),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate in `auth` asks who it is first, then checks
        WTF_CSRF_SSL_STRICT=False,  # SameSite and the token do it; pages without a referrer must post too
    )
    app.url_map.converters["int"] = RowId
    csrf.init_app(app)
    app.after_request(_set_headers if not settings.is_https else _set_https_headers)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # as Flask's documentation puts middleware in


def keep_private(response: Response) -> Response:
    """For pages that an address alone opens: not kept, not found by search, not named to where they lead."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _hosts(settings: Settings) -> list[str] | None:
    """In production we answer to our own name, and to probes on the machine itself."""
    if not settings.is_production:
        return None
    return [urlsplit(settings.public_url).hostname or "", "127.0.0.1", "localhost"]


def _set_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _set_https_headers(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS}; includeSubDomains")
    return _set_headers(response)
