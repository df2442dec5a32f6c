"""What else is counted: times due, questions, the client's texts, lost ones, alerts and missed visits."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, not_, or_, select, true
from sqlalchemy.orm import Session, aliased

from care.adherence import counted_as
from care.asking import is_settled
from care.attention import stood_between
from care.evidence_lines import Evidence, Wanted, line_of
from care.in_words import ATTENTION, attention_in_words, reading_in_words, reason_in_words, state_in_words
from care.models import (
    AnswerSource,
    Assignment,
    AttentionItem,
    AttentionKind,
    Client,
    Direction,
    Exercise,
    Message,
    Occurrence,
    OccurrenceStatus,
    Question,
    QuestionStatus,
    Reminder,
    Reply,
    Visit,
    VisitStatus,
)
from care.recurrence import today_in
from care.undelivered import list_undelivered

# What is not counted among the due, in words.
NOT_DUE = {"undelivered": "left out: the text did not arrive", "on_paper": "on paper, not entered yet"}
# Where an answer without a message came from.
FROM = {AnswerSource.WEB: "on their own page", AnswerSource.PAPER: "from paper"}
# The names that `counted` may have, and what counts under them (`care.adherence.DayCounts`).
ANSWERED = ("done", "partial", "skipped")
COUNTED = {
    "due": (*ANSWERED, "unknown"),
    "answered": ANSWERED,
    **{name: (name,) for name in (*ANSWERED, "unknown", *NOT_DUE)},
}


def occurrences_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """Times due on the client's days from the first through the last, as `care.adherence` counts them."""
    answer = aliased(Message)
    counts = counted_as().label("counts")
    rows = session.execute(
        select(Occurrence, Exercise.name, answer, Message, counts)
        .join(Assignment, Assignment.id == Occurrence.assignment_id)
        .join(Exercise, Exercise.id == Assignment.exercise_id)
        .outerjoin(Reply, Reply.id == Occurrence.reply_id)
        .outerjoin(answer, answer.id == Reply.message_id)
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Occurrence.client_id == client.id, Occurrence.status != OccurrenceStatus.CANCELLED)
        .where(_on_days(client, wanted), _was_closed(wanted), _of(wanted))
        .order_by(Occurrence.id)
    )
    names = COUNTED.get(wanted.counted or "")
    for occurrence, name, answered, sent, counted in rows:
        if names is None or counted in names:
            source = FROM.get(occurrence.source, "") if occurrence.source else ""
            state = NOT_DUE.get(counted, counted)
            detail = "answered" if answered else source
            yield line_of(occurrence.due_at, f"{name}: {state}", detail, answered or sent)


def _on_days(client: Client, wanted: Wanted) -> ColumnElement[bool]:
    zone = client.timezone
    days = ((today_in(zone, since), today_in(zone, until)) for since, until in wanted.spans)
    return or_(*(Occurrence.slot_on.between(first, last) for first, last in days))


def _was_closed(wanted: Wanted) -> ColumnElement[bool]:
    """Not those that were still open when the figure was counted, whatever became of them since."""
    answered_later = or_(
        Occurrence.answered_at > wanted.until,
        and_(Occurrence.status == OccurrenceStatus.UNKNOWN, Occurrence.source.is_(None)),
    )
    was_open = and_(Occurrence.closes_at > wanted.until, answered_later)
    return and_(Occurrence.status != OccurrenceStatus.OPEN, not_(was_open))


def _of(wanted: Wanted) -> ColumnElement[bool]:
    return Occurrence.assignment_id.in_(wanted.assignment_ids) if wanted.assignment_ids else true()


def questions_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """Those that were answered or whose window has closed, one line each, with the first answer."""
    answer = aliased(Message)
    rows = session.execute(
        select(Question, Message, answer)
        .outerjoin(Message, Message.id == Question.message_id)
        .outerjoin(Reply, Reply.question_id == Question.id)
        .outerjoin(answer, answer.id == Reply.message_id)
        .where(Question.client_id == client.id, wanted.covers(Question.asked_at), is_settled(wanted.until))
        .order_by(Question.id, Reply.id)
    )
    told = set()
    for question, asked, answered in rows:
        if question.id not in told:
            told.add(question.id)
            state = "answered" if question.status is QuestionStatus.ANSWERED else "no answer"
            yield line_of(question.asked_at, "Question", state, answered or asked)


def texts_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """What the client wrote, by text or on their own page."""
    rows = session.execute(
        select(Message, Reply)
        .outerjoin(Reply, Reply.message_id == Message.id)
        .where(Message.client_id == client.id, Message.direction == Direction.IN, wanted.covers(Message.at))
        .order_by(Message.id)
    )
    for message, reply in rows:
        yield line_of(message.at, "Client wrote", reading_in_words(reply), message)
    notes = select(AttentionItem).where(
        AttentionItem.client_id == client.id,
        AttentionItem.kind == AttentionKind.QUESTION,
        AttentionItem.message_id.is_(None),
        AttentionItem.note != "",
        wanted.covers(AttentionItem.raised_at),
    )
    for item in session.scalars(notes.order_by(AttentionItem.id)):
        yield Evidence(item.raised_at, "Client wrote", "on their page", item.note, item_id=item.id)


def undelivered_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    for reminder, message in list_undelivered(session, client.id, wanted.since, wanted.until):
        why = reason_in_words(reminder.reason) or (state_in_words(message) if message else "")
        yield line_of(reminder.due_at, "Text", why or "not delivered", message)


def alerts_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    """Each with the message that raised it, and how it stands now."""
    rows = session.execute(
        stood_between(client.id, wanted.since, wanted.until)
        .outerjoin(Message, Message.id == AttentionItem.message_id)
        .add_columns(Message)
    )
    for item, message in rows:
        body = message.words if message else item.details.get("what") or item.note
        yield Evidence(
            item.raised_at,
            ATTENTION[item.kind],
            attention_in_words(item),
            body,
            item.message_id,
            item.id,
        )


def missed_behind(session: Session, client: Client, wanted: Wanted) -> Iterator[Evidence]:
    rows = session.scalars(
        select(Visit)
        .where(Visit.client_id == client.id, Visit.status == VisitStatus.MISSED)
        .where(wanted.covers(Visit.starts_at))
    )
    for visit in rows:
        yield Evidence(
            visit.starts_at, "Visit missed", "", ". ".join(filter(None, (visit.complaint, visit.note)))
        )
