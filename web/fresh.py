"""Lists of clients show lines kept beforehand: before one is read, what is old of it is counted anew."""

from datetime import date

from sqlalchemy.orm import Session

from care.drop_off import old_days, sum_up
from care.standings import alone, bring_up_to_date, find_old_seen_by
from care.text_days import keep_texts, kept_texts
from care.text_months import past_days
from web.deps import current_user, database, db, now, practice, today


def with_fresh_standings() -> Session:
    """The request's session, in which the standings of all whom the signed-in user sees are right."""
    old = find_old_seen_by(db(), current_user(), now())
    if old:
        bring_up_to_date(database().sessions, old, now())
        db().commit()  # nothing was written: a session that reads sees no later than it began
    return db()


def with_fresh_start_days(since: date) -> Session:
    """The request's session, in which the sums of those who began on that day or later are right too."""
    session, practice_id = with_fresh_standings(), practice().id
    if old_days(session, practice_id, since):
        with database().sessions.begin() as writing:
            alone(writing)
            sum_up(writing, practice_id, old_days(writing, practice_id, since))
        session.commit()
    return session


def with_fresh_text_days() -> Session:
    """The request's session, in which the texts of each of the last months' days are counted."""
    session, practice_id, days = db(), practice().id, past_days(practice().timezone, today())
    if len(kept_texts(session, practice_id, days)) < len(days):
        session.commit()
        with database().sessions.begin() as writing:
            keep_texts(writing, practice_id, days)
    return session
