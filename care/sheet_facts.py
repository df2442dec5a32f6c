"""What stands on a client's own page beside their exercises, in one statement: they wait for the page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from care.calendar_feeds import feeds_that_work
from care.models import CalendarFeed, Client, OptOut, Visit
from care.visits import coming_visits


@dataclass(frozen=True)
class SheetFacts:
    """`gets_texts` unless there is no phone, or it asked for no more of them."""

    next_visit: Visit | None
    feed: CalendarFeed | None
    gets_texts: bool


def sheet_facts(session: Session, client: Client, now: datetime) -> SheetFacts:
    coming = coming_visits(client.id, now).with_only_columns(Visit.id).limit(1).scalar_subquery()
    feed = feeds_that_work(client).with_only_columns(CalendarFeed.id).limit(1).scalar_subquery()
    has_opted_out = exists().where(OptOut.phone_hash == Client.phone_hash)
    visit, found, is_opted_out = session.execute(
        select(Visit, CalendarFeed, has_opted_out)
        .select_from(Client)
        .outerjoin(Visit, Visit.id == coming)
        .outerjoin(CalendarFeed, CalendarFeed.id == feed)
        .where(Client.id == client.id)
    ).one()
    return SheetFacts(visit, found, client.phone_hash is not None and not is_opted_out)
