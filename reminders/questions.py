"""Open questions: which one an answer belongs to, and when one closes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.models import Client, Question, QuestionStatus


def open_question(session: Session, client: Client, now: datetime) -> Question | None:
    """The newest question that still takes an answer."""
    return session.scalar(
        select(Question)
        .where(
            Question.client_id == client.id,
            Question.status == QuestionStatus.OPEN,
            Question.asked_at <= now,
            Question.closes_at > now,
        )
        .order_by(Question.asked_at.desc(), Question.id.desc())
        .limit(1)
    )


def expire_questions(session: Session, now: datetime, practice_ids: Sequence[int]) -> int:
    """Close questions nobody answered in time. No answer is not zero and not missed."""
    closed = session.execute(
        update(Question)
        .where(
            Question.status == QuestionStatus.OPEN,
            Question.closes_at <= now,
            # "+ 0" keeps SQLite from walking through all a practice ever had instead of what is open.
            (Question.practice_id + 0).in_(practice_ids),
        )
        .values(status=QuestionStatus.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    return int(closed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
