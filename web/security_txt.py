"""Where a weakness may be reported: `/.well-known/security.txt` (RFC 9116), from the environment."""

from flask import Blueprint, Response, abort

from web.deps import real_now, settings

bp = Blueprint("security_txt", __name__)


@bp.get("/.well-known/security.txt")
def show() -> Response:
    """Not found where no contact is set, or once it has expired: a stale one is worse than none."""
    contact, expires = settings().security_contact, settings().security_expires
    if not contact or expires is None or expires < real_now():
        abort(404)
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings().public_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
