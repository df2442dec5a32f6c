"""Lists of clients show lines kept beforehand: before one is read, what is old of it is counted anew."""

from sqlalchemy.orm import Session

from care.clients import is_visible_to
from care.standings import bring_up_to_date, find_old
from web.deps import current_user, database, db, now


def with_fresh_standings() -> Session:
    """The request's session, in which the standings of all whom the signed-in user sees are right."""
    old = find_old(db(), is_visible_to(current_user()), now())
    if old:
        bring_up_to_date(database().sessions, old, now())
        db().commit()  # nothing was written: a session that reads sees no later than it began
    return db()
