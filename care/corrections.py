"""A person's reading of a client's message, in place of ours: what it changes, and the trace it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from care import occurrences
from care.errors import Refused
from care.in_words import meaning_in_words
from care.models import (
    AnswerSource,
    Client,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reply,
    User,
)
from care.ratings import record_rating, supersede, take_back
from care.recurrence import instant_of, today_in


class Means(StrEnum):
    """What a person may say that a message means."""

    RATING = "rating"
    DONE = "done"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    NO_RATING = "no_rating"
    QUESTION = "question"


ANSWERS = {
    Means.DONE: OccurrenceStatus.DONE,
    Means.PARTIAL: OccurrenceStatus.PARTIAL,
    Means.SKIPPED: OccurrenceStatus.SKIPPED,
}
ANSWERABLE = (OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN)


@dataclass(frozen=True)
class Meaning:
    """One reading a person chose; `score` with a rating alone."""

    means: Means
    score: float | None = None

    @property
    def words(self) -> str:
        return meaning_in_words(self.means, self.score)


def confirm(session: Session, reply: Reply, user: User, now: datetime) -> None:
    """A person read it the same way. The first one's name stays."""
    if reply.confirmed_at is None:
        reply.confirmed_by_id, reply.confirmed_at = user.id, now
    session.flush()


def correct(
    session: Session, client: Client, reply: Reply, meaning: Meaning, user: User, now: datetime
) -> Rating | None:
    """Let a person's reading stand in place of what is recorded for this message. Returns the rating of a
    later message that stands all the same, where the client has corrected this one.

    A rating supersedes the message's rating, and leaves what it says of the exercises; done, partly and
    not done answer the exercises again, and leave the rating. "No rating" takes the rating back, and a
    question takes back both. What was read first stays in the row, and each correction is kept after it.
    """
    later = None
    match meaning.means:
        case Means.RATING:
            later = _rate(session, client, reply, meaning.score, user)
        case Means.NO_RATING:
            _take_back_ratings(session, reply, now)
        case Means.QUESTION:
            _take_back_ratings(session, reply, now)
            _unanswer(session, reply, now)
        case means:
            _answer_exercises(session, client, reply, ANSWERS[means])
    entry = {"at": now.isoformat(), "by": user.name, "means": meaning.means.value, "score": meaning.score}
    reply.corrections = [*reply.corrections, entry]
    reply.confirmed_by_id, reply.confirmed_at = user.id, now
    session.flush()
    return later


def standing_ratings(session: Session, reply: Reply) -> list[Rating]:
    """The ratings this message gave that nobody has corrected, oldest first."""
    wanted = select(Rating).where(Rating.reply_id == reply.id, Rating.superseded_by_id.is_(None))
    return list(session.scalars(wanted.order_by(Rating.id)))


def answered_by(session: Session, reply: Reply) -> list[Occurrence]:
    """The exercises this message answered."""
    wanted = select(Occurrence).where(Occurrence.reply_id == reply.id)
    return list(session.scalars(wanted.order_by(Occurrence.due_at, Occurrence.id)))


def _rate(session: Session, client: Client, reply: Reply, score: float | None, user: User) -> Rating | None:
    if score is None:
        raise Refused("Choose a number from 0 to 10.")
    question = session.get(Question, reply.question_id) if reply.question_id else None
    before = _unlabelled(session, reply)
    later = _corrected_by_the_client(session, reply, before)
    rating = record_rating(
        session,
        client,
        score,
        source=RatingSource.TEXT,
        at=reply.at,
        question=question,
        reply=reply,
        user=user,
    )
    rating.is_late = any(one.is_late for one in before)
    for one in before:
        if one.superseded_by_id is None or one.superseded_by_id == one.id:
            supersede(session, one, rating)
    if later is not None:
        supersede(session, rating, later)
    if question is not None:
        question.status = QuestionStatus.ANSWERED
        question.answered_at = question.answered_at or reply.at
    return later


def _unlabelled(session: Session, reply: Reply) -> list[Rating]:
    """All ratings of the pain as a whole that this message was ever read as, oldest first."""
    wanted = select(Rating).where(Rating.reply_id == reply.id, Rating.label.is_(None))
    return list(session.scalars(wanted.order_by(Rating.id)))


def _corrected_by_the_client(session: Session, reply: Reply, before: Sequence[Rating]) -> Rating | None:
    """The rating of a later message that stands in for this one's: "I meant 4" holds, however we read 7."""
    ids = [one.superseded_by_id for one in before if one.superseded_by_id]
    wanted = select(Rating).where(Rating.id.in_(ids), Rating.reply_id != reply.id)
    return session.scalar(wanted.order_by(Rating.id.desc()).limit(1))


def _take_back_ratings(session: Session, reply: Reply, now: datetime) -> None:
    standing = standing_ratings(session, reply)
    for rating in standing:
        # What this one had stood in for was never corrected, so it counts again.
        session.execute(
            update(Rating)
            .where(
                Rating.superseded_by_id == rating.id,
                or_(Rating.reply_id.is_(None), Rating.reply_id != reply.id),
            )
            .values(superseded_by_id=None)
        )
        take_back(session, rating)
    if standing and reply.question_id is not None:
        _reopen(session, reply.question_id, now)


def _reopen(session: Session, question_id: int, now: datetime) -> None:
    """A pain question that has no answer left waits for one again, or is past."""
    question = session.get_one(Question, question_id)
    answers = select(Rating.id).where(Rating.question_id == question_id, Rating.superseded_by_id.is_(None))
    if question.context != "pain_prompt" or session.scalar(answers.limit(1)) is not None:
        return
    question.status = QuestionStatus.OPEN if question.closes_at > now else QuestionStatus.EXPIRED
    question.answered_at = None


def _answer_exercises(session: Session, client: Client, reply: Reply, status: OccurrenceStatus) -> None:
    spoken_of = answered_by(session, reply) or _spoken_of(session, client, reply)
    occurrences.answer(session, spoken_of, status, reply.at, AnswerSource.TEXT, reply)
    question = session.get(Question, reply.question_id) if reply.question_id else None
    if question is not None and question.context == "exercise_prompt":
        question.status = QuestionStatus.ANSWERED
        question.answered_at = question.answered_at or reply.at


def _spoken_of(session: Session, client: Client, reply: Reply) -> list[Occurrence]:
    """What the text it answers reminded of; else what was due that day, up to the message."""
    question = session.get(Question, reply.question_id) if reply.question_id else None
    if question is not None and question.message_id is not None:
        found = occurrences.of_message(session, question.message_id)
        if found:
            return found
    zone = ZoneInfo(client.timezone)
    midnight = instant_of(today_in(client.timezone, reply.at), time(0), zone)
    return list(
        session.scalars(
            select(Occurrence)
            .where(
                Occurrence.client_id == client.id,
                Occurrence.status.in_(ANSWERABLE),
                Occurrence.due_at >= midnight,
                Occurrence.due_at <= reply.at,
            )
            .order_by(Occurrence.due_at)
        )
    )


def _unanswer(session: Session, reply: Reply, now: datetime) -> None:
    """As if nobody had said anything of these: open while they may still be answered, else unknown."""
    for one in answered_by(session, reply):
        occurrences.unanswer(one, now)
