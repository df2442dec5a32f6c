"""Binding an answer to its question: the rating, and the exercises it speaks of."""

import re
from datetime import timedelta

from sqlalchemy import select

from care import occurrences
from care.models import AnswerSource, Occurrence, OccurrenceStatus, Question, Rating, RatingSource
from care.ratings import record_texted, supersede
from reminders.inbound_rows import AnyQuestion
from reminders.incoming import Incoming
from reminders.questions import Ledger, note_exercises, note_rating
from reminders.replies import Reply as Reading
from reminders.replies.cleaning import clean

CORRECTS_WITHIN = timedelta(hours=24)
TAKES_BACK = re.compile(
    r"\b(?:actually|sorry|wait|oops|mistake|wrong|meant|correction|(?:did|have)(?:n'?t| not)"
    r"|en realidad|perdon|me equivoque|no (?:los?|las?) hice|no hice)\b"
)


def answer_rating(incoming: Incoming, ledger: Ledger) -> float | None:
    """Record the pain the client gave, bound to the question that asked for it. None when they gave none.

    One that corrects the last stands in for it and answers that one's question.
    """
    reading = incoming.reading
    if reading.rating is None:
        return None
    question = ledger.number
    corrected = _corrected(incoming, question) if _is_correction(reading) else None
    if corrected is not None:
        question = incoming.session.get(Question, corrected.question_id) if corrected.question_id else None
    elif question is not None:
        note_rating(ledger, question, incoming.now)
    rating_id = _record(incoming, reading.rating, question=question)
    if corrected is not None:
        rating = incoming.session.get_one(Rating, rating_id)
        rating.is_late = corrected.is_late
        supersede(incoming.session, corrected, rating)
    for label, value in reading.ratings:
        _record(incoming, value, label=label[:60])
    return reading.rating


def _record(
    incoming: Incoming, score: float, *, question: AnyQuestion | None = None, label: str | None = None
) -> int:
    return record_texted(
        incoming.arrival.connection,
        incoming.practice_id,
        incoming.texter.id,
        score,
        incoming.now,
        question_id=question.id if question else None,
        reply_id=incoming.reply_id,
        label=label,
        is_late=question is not None and incoming.now > question.bare_until,
    )


def _is_correction(reading: Reading) -> bool:
    return "correct" in reading.rules.get("rating", "")


def _corrected(incoming: Incoming, question: AnyQuestion | None) -> Rating | None:
    """The texted rating a correction speaks of: the newest of the last 24 hours.

    Where a question was asked since, "4.. no wait 6" corrects itself and answers that.
    """
    newest = incoming.session.scalar(
        select(Rating)
        .where(
            Rating.client_id == incoming.texter.id,
            Rating.source == RatingSource.TEXT,
            Rating.label.is_(None),
            Rating.superseded_by_id.is_(None),
            Rating.at > incoming.now - CORRECTS_WITHIN,
        )
        .order_by(Rating.at.desc(), Rating.id.desc())
        .limit(1)
    )
    if newest is None or (question is not None and question.asked_at > newest.at):
        return None
    return newest


def answer_exercises(incoming: Incoming, ledger: Ledger) -> str | None:
    """Close the occurrences a DONE or a "could not" speaks of, or put right what was said of the last.

    Returns "done" or "skipped", "noted" where there was nothing of which it could be true, or None.
    """
    reading = incoming.reading
    intents = set(reading.intents)
    if not intents & {"done", "skipped"}:
        return None
    status = OccurrenceStatus.SKIPPED
    if "done" in intents:
        is_part = reading.is_partial or "skipped" in intents
        status = OccurrenceStatus.PARTIAL if is_part else OccurrenceStatus.DONE
    question = ledger.exercises
    spoken_of = _spoken_of(incoming, question, reading.done_count) or _put_right(incoming, status)
    if not spoken_of:
        return "noted"
    occurrences.answer(
        incoming.session, spoken_of, status, incoming.now, AnswerSource.TEXT, incoming.reply_id
    )
    if question is not None:
        note_exercises(question, incoming.now)
    return "done" if "done" in intents else "skipped"


def _put_right(incoming: Incoming, status: OccurrenceStatus) -> list[Occurrence]:
    """With nothing open, what they said last within a day. "DONE" after all counts at once; that what was
    done was not done must be said as a correction.
    """
    last = occurrences.answered_last(incoming.session, incoming.client, incoming.now - CORRECTS_WITHIN)
    was_done = any(one.status is not OccurrenceStatus.SKIPPED for one in last)
    takes_back = was_done and status is OccurrenceStatus.SKIPPED
    return [] if takes_back and not TAKES_BACK.search(clean(incoming.arrival.said)) else last


def _spoken_of(incoming: Incoming, question: AnyQuestion | None, count: int | None) -> list[Occurrence]:
    """What the text reminded of; else today's due so far. "Twice" closes two rounds: that one first, then
    the oldest.
    """
    reminded: list[Occurrence] = []
    if question is not None and question.message_id is not None:
        reminded = occurrences.of_message(incoming.session, question.message_id)
    if reminded and (count or 1) == 1:
        return reminded
    known = {one.id for one in reminded}
    today = occurrences.due_today(incoming.session, incoming.client, incoming.now)
    found = reminded + [one for one in today if one.id not in known]
    if count is None:
        return found
    rounds = list(dict.fromkeys((one.slot_on, one.slot_time) for one in found))[:count]
    return [one for one in found if (one.slot_on, one.slot_time) in rounds]
