"""The private address of a client's calendar: making it, finding whose it is, and taking it back.

Whoever has the address sees when the client is due and when their visits are, and nothing else of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload

from care.calendar_events import CalendarEvent
from care.calendar_visits import VisitEvent
from care.client_links import LIVES_ON, lives_until
from care.models import CalendarFeed, Client
from care.tokens import TOKEN


def find_feed(session: Session, client: Client) -> CalendarFeed | None:
    """The client's feed that was not taken back."""
    return session.scalar(feeds_that_work(client).limit(1))


def feeds_that_work(client: Client) -> Select[CalendarFeed]:
    """Those not taken back, newest first, for this or another question."""
    standing = select(CalendarFeed).where(
        CalendarFeed.client_id == client.id, CalendarFeed.revoked_at.is_(None)
    )
    return standing.order_by(CalendarFeed.id.desc())


def feed_for(session: Session, client: Client, now: datetime) -> CalendarFeed:
    """The client's feed; a new one where there is none."""
    return find_feed(session, client) or _make(session, client, now, {})


def renew_feed(session: Session, client: Client, now: datetime) -> CalendarFeed:
    """A new address; every earlier one stops working. What was given out is remembered: it is the same
    calendar.
    """
    before = find_feed(session, client)
    revoke_feeds(session, client, now)
    return _make(session, client, now, before.given_out if before else {})


def revoke_feeds(session: Session, client: Client, now: datetime) -> None:
    session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.client_id == client.id, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def find_feed_by(session: Session, token: str) -> CalendarFeed | None:
    """A feed by the token of its address, its client and practice loaded. None for one that is none, or was
    taken back.
    """
    if not TOKEN.fullmatch(token):
        return None
    return session.scalar(
        select(CalendarFeed)
        .where(CalendarFeed.token == token, CalendarFeed.revoked_at.is_(None))
        .options(joinedload(CalendarFeed.client).joinedload(Client.practice))
    )


def is_over(session: Session, feed: CalendarFeed, now: datetime) -> bool:
    """Two weeks past the plan's end, like the client's page."""
    return lives_until(session, feed.client, feed.created_at + LIVES_ON) <= now


def digests(events: Sequence[CalendarEvent | VisitEvent], zone: str, title: str) -> dict[str, str]:
    """What each event looks like, in a few letters: another look is another revision."""
    return {one.uid: blake2b(repr((one, zone, title)).encode(), digest_size=12).hexdigest() for one in events}


def revise(given_out: Mapping[str, Any], events: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """What each event looks like by its digest, how often it changed, and when it last did.

    An event that is gone keeps its place, so that it counts on where it comes back.
    """
    revised = dict(given_out)
    for uid, digest in events.items():
        known = given_out.get(uid)
        if known is None or known["digest"] != digest:
            sequence = known["sequence"] + 1 if known else 0
            revised[uid] = {"digest": digest, "sequence": sequence, "at": now.isoformat(timespec="seconds")}
    return revised


def _make(session: Session, client: Client, now: datetime, given_out: dict[str, Any]) -> CalendarFeed:
    feed = CalendarFeed(
        practice_id=client.practice_id, client_id=client.id, created_at=now, given_out=given_out
    )
    session.add(feed)
    session.flush()
    return feed
