"""A client's calendar, for the calendar on their phone to ask for by itself: `/calendar/<token>.ics`.

The address is the only key. It gives away times, and of visits the practice; not who or what for.
A dead one is not found.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from care import practices
from care.calendar_events import calendar_events
from care.calendar_feeds import digests, find_feed_by, is_over, revise
from care.calendar_visits import visit_events
from care.models import CalendarFeed
from web.client_words import sayer
from web.deps import database, db, real_now
from web.security import keep_private

bp = Blueprint("calendar_feed", __name__)


@bp.get("/calendar/<token>.ics")
def show(token: str) -> ResponseReturnValue:
    feed = find_feed_by(db(), token)
    now = practices.practice_now(feed.client.practice, real_now()) if feed else real_now()
    if feed is None or is_over(db(), feed, now):
        return keep_private(Response("Nothing is here.", 404, mimetype="text/plain"))
    say, zone = sayer(feed.client, feed.client.practice), feed.client.timezone
    events, title = calendar_events(db(), feed.client, now), say("calendar_title")
    visits, visit_title = visit_events(db(), feed.client, feed.given_out, now), say("calendar_visit")
    look = digests(events, zone, title) | digests(visits, zone, visit_title)
    revisions = _revisions(feed, look, now)
    from web.calendar_file import calendar_file  # icalendar costs 3 MB, and calendars are few

    body = calendar_file(events, zone, title, revisions, visits, visit_title)
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return keep_private(answer)


def _revisions(feed: CalendarFeed, look: dict[str, str], now: datetime) -> dict[str, Any]:
    """Kept only where an event looks other than when it was last given out; two that ask at once agree."""
    if revise(feed.given_out, look, now) == feed.given_out:
        return feed.given_out
    with database().sessions.begin() as session:
        kept = session.scalars(
            select(CalendarFeed).where(CalendarFeed.id == feed.id).with_for_update(of=CalendarFeed)
        ).one()
        kept.given_out = revise(kept.given_out, look, now)
        return kept.given_out
