"""Tidying up behind the engine: what nobody answered in time."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import Practice
from care.occurrences import close_unanswered
from reminders.questions import expire_questions
from reminders.timelines import Timeline


@dataclass
class Swept:
    """How many rows were closed."""

    occurrences: int = 0
    questions: int = 0


def sweep(session: Session, timeline: Timeline) -> Swept:
    """Close what ran out by this moment."""
    practices = session.scalars(select(Practice.id).where(timeline.covers(Practice.id))).all()
    return Swept(
        occurrences=close_unanswered(session, timeline.now, practices),
        questions=expire_questions(session, timeline.now, practices),
    )
