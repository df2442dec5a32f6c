"""Binding an answer to its question: the rating, and the exercises it speaks of."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care import occurrences
from care.models import (
    Client,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reply,
)
from care.ratings import record_rating, supersede
from reminders.replies import Reply as Reading

CORRECTS_WITHIN = timedelta(hours=24)


def answer_rating(
    session: Session, client: Client, question: Question | None, row: Reply, reading: Reading
) -> float | None:
    """Record the pain the client gave, bound to the open question. None when they gave none."""
    if reading.rating is None:
        return None
    corrected = _corrected(session, client, row) if _is_correction(reading) else None
    rating = record_rating(
        session, client, reading.rating, source=RatingSource.TEXT, at=row.at, question=question, reply=row
    )
    if corrected is not None:
        supersede(session, corrected, rating)
    for label, value in reading.ratings:
        record_rating(
            session, client, value, source=RatingSource.TEXT, at=row.at, reply=row, label=label[:60]
        )
    if question is not None:
        question.answered_at = question.answered_at or row.at
        if question.context == "pain_prompt":
            question.status = QuestionStatus.ANSWERED
    session.flush()
    return reading.rating


def _is_correction(reading: Reading) -> bool:
    return "correct" in reading.rules.get("rating", "")


def _corrected(session: Session, client: Client, row: Reply) -> Rating | None:
    """The texted rating a correction speaks of: the newest of the last 24 hours."""
    return session.scalar(
        select(Rating)
        .where(
            Rating.client_id == client.id,
            Rating.source == RatingSource.TEXT,
            Rating.label.is_(None),
            Rating.superseded_by_id.is_(None),
            Rating.at > row.at - CORRECTS_WITHIN,
        )
        .order_by(Rating.at.desc(), Rating.id.desc())
        .limit(1)
    )


def answer_exercises(
    session: Session, client: Client, question: Question | None, row: Reply, reading: Reading
) -> str | None:
    """Close the occurrences a DONE or a "could not" speaks of. Returns "done", "skipped" or None."""
    intents = set(reading.intents)
    if not intents & {"done", "skipped"}:
        return None
    status = OccurrenceStatus.SKIPPED
    if "done" in intents:
        is_part = reading.is_partial or "skipped" in intents
        status = OccurrenceStatus.PARTIAL if is_part else OccurrenceStatus.DONE
    spoken_of = _spoken_of(session, client, question, reading.done_count, row.at)
    occurrences.answer(session, spoken_of, status, row.at, row)
    if question is not None and question.context == "exercise_prompt":
        question.status = QuestionStatus.ANSWERED
        question.answered_at = question.answered_at or row.at
    return "done" if "done" in intents else "skipped"


def _spoken_of(
    session: Session, client: Client, question: Question | None, count: int | None, now: datetime
) -> list[Occurrence]:
    """What the text reminded of; else today's due so far. "Twice" closes two rounds, the oldest first."""
    found: list[Occurrence] = []
    if question is not None and question.message_id is not None:
        found = occurrences.of_message(session, question.message_id)
    today = occurrences.due_today(session, client, now)
    if not found or (count or 1) > 1:
        known = {one.id for one in found}
        found = found + [one for one in today if one.id not in known]
    if count is None:
        return found
    rounds = sorted({(one.slot_on, one.slot_time) for one in found})[:count]
    return [one for one in found if (one.slot_on, one.slot_time) in rounds]
