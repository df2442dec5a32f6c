"""What stands behind a figure: the ratings, times due, questions and texts it was counted from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from care.adherence import NEVER_WENT_OUT
from care.frames import frame_of
from care.in_words import reading_in_words, reason_in_words, state_in_words
from care.models import (
    AnswerSource,
    Assignment,
    Client,
    Direction,
    Exercise,
    Message,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Rating,
    RatingSource,
    Reminder,
    ReminderStatus,
    Reply,
)
from care.saying import number_in_words
from care.wire import NEVER_ARRIVED

# What can be asked for, and the headline of its list.
KINDS: Mapping[str, str] = {
    "pain": "Ratings",
    "exercises": "Exercise times",
    "questions": "Questions",
    "words": "Texts from the client",
    "undelivered": "Texts that did not arrive",
}
SOURCES = {
    RatingSource.TEXT: "by text",
    RatingSource.VISIT: "asked at a visit",
    RatingSource.WEB: "on their own page",
    RatingSource.PAPER: "from paper",
}
LEFT_OUT = "left out: the text did not arrive"
ON_PAPER = "on paper, not entered yet"
# Where an answer without a message came from.
FROM = {AnswerSource.WEB: "on their own page", AnswerSource.PAPER: "from paper"}
MOST = 500

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Evidence:
    """One thing that was counted. `body` is the message it came in, or went out with."""

    at: datetime
    what: str
    detail: str = ""
    body: str = ""
    message_id: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Which figure: its kind, the instants between which it counts, one assignment, or one frame of pain."""

    kind: str
    since: datetime | None
    until: datetime
    assignment_id: int | None = None
    frame: str | None = None


def evidence_for(session: Session, client: Client, wanted: Wanted) -> list[Evidence]:
    """Newest first, at most the newest 500, in one query."""
    match wanted.kind:
        case "pain":
            found = _ratings(session, client, wanted)
        case "exercises":
            found = _occurrences(session, client, wanted)
        case "questions":
            found = _questions(session, client, wanted)
        case "undelivered":
            found = _undelivered(session, client, wanted)
        case _:
            found = _texts(session, client, wanted)
    return list(found)


def _ratings(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    rows = session.execute(
        _between(select(Rating, Message), Rating.at, wanted)
        .outerjoin(Reply, Reply.id == Rating.reply_id)
        .outerjoin(Message, Message.id == Reply.message_id)
        .where(Rating.client_id == client.id, Rating.superseded_by_id.is_(None))
    )
    for rating, message in rows:
        frame = frame_of(rating)
        if wanted.frame is None or frame == wanted.frame:
            said = f"{number_in_words(rating.score)}{f', {frame}' if frame else ''}"
            yield _line(rating.at, f"Pain {said}", SOURCES[rating.source], message)


def _occurrences(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    answer, text = aliased(Message), aliased(Message)
    rows = session.execute(
        _between(select(Occurrence, Exercise.name, answer, Reminder.status, text), Occurrence.due_at, wanted)
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .join(Exercise, Exercise.id == Assignment.exercise_id)
        .outerjoin(Reply, Reply.id == Occurrence.reply_id)
        .outerjoin(answer, answer.id == Reply.message_id)
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(text, text.id == Reminder.message_id)
        .where(Occurrence.client_id == client.id, Occurrence.status != OccurrenceStatus.CANCELLED)
        .where(_of(wanted.assignment_id))
    )
    for occurrence, name, answered, status, sent in rows:
        is_lost = status in NEVER_WENT_OUT or (sent is not None and sent.status in NEVER_ARRIVED)
        state = _state_of(occurrence, is_lost)
        detail = "answered" if answered else FROM.get(occurrence.source, "") if occurrence.source else ""
        yield _line(occurrence.due_at, f"{name}: {state}", detail, answered or sent)


def _state_of(occurrence: Occurrence, is_lost: bool) -> str:
    """As it is counted in `care.adherence`."""
    if occurrence.status is not OccurrenceStatus.UNKNOWN:
        return occurrence.status.value
    if is_lost:
        return LEFT_OUT
    waits = occurrence.is_on_paper and occurrence.source is None
    return ON_PAPER if waits else occurrence.status.value


def _of(assignment_id: int | None) -> ColumnElement[bool]:
    return true() if assignment_id is None else Occurrence.assignment_id == assignment_id


def _questions(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    answer = aliased(Message)
    rows = session.execute(
        _between(select(Question, Message, answer), Question.asked_at, wanted)
        .outerjoin(Message, Message.id == Question.message_id)
        .outerjoin(Reply, Reply.question_id == Question.id)
        .outerjoin(answer, answer.id == Reply.message_id)
        .where(Question.client_id == client.id)
        .where(or_(Question.status == QuestionStatus.ANSWERED, Question.closes_at <= wanted.until))
    )
    for question, asked, answered in rows:
        state = "answered" if question.status is QuestionStatus.ANSWERED else "no answer"
        yield _line(question.asked_at, "Question", state, answered or asked)


def _texts(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    rows = session.execute(
        _between(select(Message, Reply), Message.at, wanted)
        .outerjoin(Reply, Reply.message_id == Message.id)
        .where(Message.client_id == client.id, Message.direction == Direction.IN)
    )
    for message, reply in rows:
        yield _line(message.at, "Client wrote", reading_in_words(reply), message)


def _undelivered(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    rows = session.execute(
        _between(select(Reminder, Message), Reminder.due_at, wanted)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.client_id == client.id)
        .where(or_(Reminder.status == ReminderStatus.FAILED, Message.status.in_(NEVER_ARRIVED)))
    )
    for reminder, message in rows:
        why = reason_in_words(reminder.reason) or (state_in_words(message) if message else "")
        yield _line(reminder.due_at, "Text", why or "not delivered", message)


def _between(
    rows: Select[*Columns], column: InstrumentedAttribute[datetime], wanted: Wanted
) -> Select[*Columns]:
    ordered = rows.where(column <= wanted.until).order_by(column.desc()).limit(MOST)
    return ordered if wanted.since is None else ordered.where(column >= wanted.since)


def _line(at: datetime, what: str, detail: str, message: Message | None) -> Evidence:
    if message is None:
        return Evidence(at, what, detail)
    return Evidence(at, what, detail, message.words, message.id)
