"""Whether the lines kept of the caseload are the ones a count says, and counting them all anew."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.db import Database
from care.models import Client, Practice
from care.practices import practice_now
from care.standings import bring_up_to_date, differing, doubt_all, find_old


def compare(session: Session, now: datetime, most: int | None = None) -> tuple[int, list[int]]:
    """How many lines were looked at, and whose are wrong; with `most`, so many of each practice."""
    looked_at, wrong = 0, []
    for practice in session.scalars(select(Practice)).all():
        count, ids = differing(session, practice.id, practice_now(practice, now), most)
        looked_at += count
        wrong += ids
    return looked_at, wrong


def recount(database: Database, now: datetime) -> tuple[int, int]:
    """Count everybody anew. Returns how many lines were made, and how many had been wrong."""
    with database.reading() as session:
        _looked_at, wrong = compare(session, now)
    with database.sessions.begin() as session:
        doubt_all(session)
        clocks = [(one.id, practice_now(one, now)) for one in session.scalars(select(Practice))]
    made = 0
    for practice_id, at in clocks:
        with database.reading() as session:
            old = find_old(session, Client.practice_id == practice_id, at)
        made += bring_up_to_date(database.sessions, old, at)
    return made, len(wrong)
