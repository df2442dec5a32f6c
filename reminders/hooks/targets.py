"""The addresses that are told of events: who may be one, and their secrets."""

import base64
import secrets
from collections.abc import Collection
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.errors import NotFound, Refused
from care.models import EventHook, Practice, Rating, User

NEW_RATING, RED_FLAG = "rating.recorded", "red_flag.raised"
EVENTS = {
    NEW_RATING: "A client rated their pain",
    RED_FLAG: "A client wrote of danger",
}
MOST = 10
LONGEST_URL = 500
SECRET_PREFIX = "whsec_"  # noqa: S105 (how the Standard Webhooks specification marks secrets)
PRIVATE_ENDS = (".local", ".internal", ".localhost", ".arpa", ".home", ".lan")
NOT_AN_ADDRESS = "The address must be like https://records.example.org/homestretch."
PRIVATE = "The address must be on the internet. HOMESTRETCH_WEBHOOK_ALLOW names hosts of your own network."


def add_hook(
    session: Session,
    practice: Practice,
    url: str,
    events: Collection[str],
    *,
    allowed: Collection[str],
    user: User,
    now: datetime,
) -> EventHook:
    """It is told of what happens from now on. Raises Refused for an address we would not call."""
    check_url(url, allowed)
    if not events or not set(events) <= set(EVENTS):
        raise Refused("Choose at least one event.")
    if len(list_hooks(session, practice.id)) >= MOST:
        raise Refused(f"At most {MOST} addresses can be told. End one first.")
    last = session.scalar(select(func.max(Rating.id))) or 0
    hook = EventHook(
        practice_id=practice.id,
        url=url.strip(),
        secret=SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode(),
        events=sorted(events),
        seen_rating_id=last,
        first_rating_id=last + 1,
        created_by_id=user.id,
        created_at=now,
    )
    session.add(hook)
    session.flush()
    return hook


def list_hooks(session: Session, practice_id: int) -> list[EventHook]:
    """Those that are told."""
    wanted = select(EventHook).where(EventHook.practice_id == practice_id, EventHook.ended_at.is_(None))
    return list(session.scalars(wanted.order_by(EventHook.id)))


def end_hook(session: Session, practice_id: int, hook_id: int, now: datetime) -> EventHook:
    hook = next((one for one in list_hooks(session, practice_id) if one.id == hook_id), None)
    if hook is None:
        raise NotFound
    hook.ended_at, hook.end_reason = now, "ended"
    session.flush()
    return hook


def check_url(url: str, allowed: Collection[str]) -> None:
    """https to a host of the internet; a host that the operator names may be private, and http.

    What a name leads to is looked at again at every call (`delivering`). Raises Refused.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Refused(NOT_AN_ADDRESS) from None
    is_ours = host in allowed
    schemes = ("https", "http") if is_ours else ("https",)
    is_plain = url.isascii() and url.strip().isprintable() and " " not in url.strip()
    if not is_plain or parts.scheme not in schemes or not host or len(url) > LONGEST_URL:
        raise Refused(NOT_AN_ADDRESS)
    if parts.username or parts.password or parts.fragment:
        raise Refused("The address must hold no user name, password or #.")
    if not is_ours and is_private_name(host):
        raise Refused(PRIVATE)


def is_private_name(host: str) -> bool:
    """Whether the words alone say that it is not on the internet."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(PRIVATE_ENDS)
