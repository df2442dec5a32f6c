"""A client's story, newest first: visits, plan changes, texts both ways, ratings, and what was dropped."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, defer

from care.course_facts import CourseFacts, course_facts
from care.frames import frame_of
from care.holding import log_of
from care.in_words import (
    ATTENTION,
    attention_in_words,
    handed_on_in_words,
    reading_in_words,
    reason_in_words,
    state_in_words,
)
from care.models import (
    Assessment,
    AssessmentStatus,
    AttentionItem,
    Client,
    ConsentAction,
    ConsentEvent,
    Direction,
    Message,
    RatingSource,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Reply,
    User,
    Visit,
    VisitStatus,
)
from care.paper_history import list_readings
from care.plan_changes import changes_among
from care.saying import moment_in_words, number_in_words, short_day
from care.wire import ABSENT

KINDS = (
    "visit",
    "plan",
    "message_in",
    "message_out",
    "rating",
    "paper",
    "consent",
    "attention",
    "assessment",
    "dropped",
)
# What is told first of things at the same instant: a text before the red flag it raised.
AT_ONCE = (*(kind for kind in KINDS if kind != "rating"), "rating")
DIRECTIONS = {"message_in": Direction.IN, "message_out": Direction.OUT}
DROPPED = (ReminderStatus.SKIPPED, ReminderStatus.FAILED, ReminderStatus.UNSURE)
# Taken back by a change that the story tells itself, and laid out again as it is now.
TOLD_OTHERWISE = ("plan_changed", "visit_changed", "held")

VISITS = {
    VisitStatus.PLANNED: "Visit planned",
    VisitStatus.HAPPENED: "Visit",
    VisitStatus.MISSED: "Visit missed",
    VisitStatus.CANCELLED: "Visit cancelled",
}
DROPS = {
    ReminderStatus.SKIPPED: "not sent",
    ReminderStatus.CANCELLED: "not sent",
    ReminderStatus.FAILED: "failed",
    ReminderStatus.UNSURE: "may not have arrived",
}
SOURCES = {
    RatingSource.TEXT: "by text",
    RatingSource.VISIT: "asked at a visit",
    RatingSource.WEB: "on the client's page",
    RatingSource.PAPER: "from paper",
}
TEXTS = {
    ReminderKind.ENROL: "Welcome text",
    ReminderKind.EXERCISE: "Exercise text",
    ReminderKind.PAIN_QUESTION: "Pain question",
    ReminderKind.MESSAGE: "Message",
    ReminderKind.VISIT: "Visit text",
    ReminderKind.NUDGE: "Nudge",
    ReminderKind.ANSWER: "Answer",
    ReminderKind.SAFETY: "Safety text",
    ReminderKind.ALERT: "Alert",
}


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. `link_kind` and `link_id` name the row it can be followed to."""

    at: datetime
    kind: str
    title: str
    body: str = ""
    detail: str = ""
    link_kind: str | None = None
    link_id: int | None = None


def timeline(
    session: Session,
    client: Client,
    kinds: Collection[str] | None = None,
    limit: int = 60,
    known: CourseFacts | None = None,
) -> list[TimelineEntry]:
    """The newest `limit` entries of these kinds (all when None), one query a kind. `known` where it is.

    A rating that came in a text is told by that text, unless texts are left out.
    """
    wanted = set(KINDS if kinds is None else kinds)
    found = [
        entry
        for kind, entries in _SOURCES.items()
        if kind in wanted
        for entry in entries(session, client, limit)
    ]
    if directions := [one for kind, one in DIRECTIONS.items() if kind in wanted]:
        found += _messages(session, client, limit, directions)
    if wanted & {"plan", "rating"}:
        known = known or course_facts(session, client)
        found += _plan(known, limit) if "plan" in wanted else []
        with_texted = "message_in" not in wanted
        found += _ratings(known, limit, with_texted=with_texted) if "rating" in wanted else []
    return sorted(found, key=lambda entry: (entry.at, -AT_ONCE.index(entry.kind)), reverse=True)[:limit]


def _visits(session: Session, client: Client, limit: int) -> Iterator[TimelineEntry]:
    """Planned ones too: the next visit stands on top."""
    rows = session.execute(
        select(Visit, User.name)
        .outerjoin(User, User.id == Visit.user_id)
        .where(Visit.client_id == client.id)
        .order_by(Visit.starts_at.desc())
        .limit(limit)
    )
    for visit, user in rows:
        body = ". ".join(part for part in (visit.complaint, visit.note) if part)
        yield TimelineEntry(
            visit.starts_at, "visit", VISITS[visit.status], body, _by(user), "visit", visit.id
        )


def _plan(known: CourseFacts, limit: int) -> Iterator[TimelineEntry]:
    for change in changes_among(known.versions, known.client.timezone)[-limit:]:
        yield TimelineEntry(
            change.at, "plan", change.words, change.detail, _by(change.by), "plan", change.plan_id
        )


def _messages(
    session: Session, client: Client, limit: int, directions: Collection[Direction]
) -> Iterator[TimelineEntry]:
    """What came in and went out. A text that was refused or is in doubt is told once, as dropped."""
    dropped = select(Reminder.message_id).where(
        Reminder.client_id == client.id, Reminder.status.in_(DROPPED), Reminder.message_id.is_not(None)
    )
    rows = session.execute(
        select(Message, Reply)
        .outerjoin(Reply, Reply.message_id == Message.id)
        .where(Message.client_id == client.id, Message.status != ABSENT)
        .where(Message.direction.in_(directions))
        .where(or_(Message.direction == Direction.IN, Message.id.not_in(dropped)))
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(limit)
    )
    for message, reply in rows:
        came_in = message.direction is Direction.IN
        yield TimelineEntry(
            message.at,
            "message_in" if came_in else "message_out",
            "Client wrote" if came_in else "We wrote",
            message.words,
            reading_in_words(reply) if came_in else state_in_words(message),
            "message",
            message.id,
        )


def _ratings(known: CourseFacts, limit: int, with_texted: bool) -> Iterator[TimelineEntry]:
    wanted = (rating for rating in reversed(known.ratings) if with_texted or rating.reply_id is None)
    for rating in islice(wanted, limit):
        detail = ", ".join(part for part in (frame_of(rating), SOURCES[rating.source]) if part)
        title = f"Rating {number_in_words(rating.score)}"
        yield TimelineEntry(rating.at, "rating", title, "", detail, "rating", rating.id)


def _paper(session: Session, client: Client, limit: int) -> Iterator[TimelineEntry]:
    """A sheet that was entered, or put right, in one line: what was read, by whom, of which days."""
    for entry in list_readings(session, client, limit):
        title = "Sheet put right" if entry.is_correction else "Sheet entered"
        days = f"{short_day(entry.first_day)} to {short_day(entry.last_day)}"
        yield TimelineEntry(entry.at, "paper", title, entry.words, f"{days}, {_by(entry.by)}", "paper_tick")


def _consent(session: Session, client: Client, limit: int) -> Iterator[TimelineEntry]:
    rows = session.execute(
        select(ConsentEvent, User.name)
        .outerjoin(User, User.id == ConsentEvent.user_id)
        .where(ConsentEvent.client_id == client.id)
        .order_by(ConsentEvent.at.desc())
        .limit(limit)
    )
    for event, user in rows:
        is_given = event.action is ConsentAction.GIVEN
        title = f"Consent to {event.purpose.value} {'given' if is_given else 'withdrawn'}"
        source = event.source.value.replace("_", " ")
        detail = ", ".join(part for part in (source, _by(user)) if part)
        yield TimelineEntry(event.at, "consent", title, event.wording, detail, "consent_event", event.id)


def _attention(session: Session, client: Client, limit: int) -> Iterator[TimelineEntry]:
    rows = session.execute(
        select(AttentionItem, User.name)
        .outerjoin(
            User, User.id == func.coalesce(AttentionItem.closed_by_id, AttentionItem.acknowledged_by_id)
        )
        .where(AttentionItem.client_id == client.id)
        .order_by(AttentionItem.raised_at.desc())
        .limit(limit)
    )
    for item, user in rows:
        at = item.closed_at or item.acknowledged_at
        when = moment_in_words(at, client.timezone) if at else ""
        detail = " ".join(part for part in (attention_in_words(item), _by(user), when) if part)
        yield TimelineEntry(
            item.raised_at, "attention", ATTENTION[item.kind], item.note, detail, "attention_item", item.id
        )
        if item.escalated_at is not None:
            words = handed_on_in_words(item, client.timezone)
            yield TimelineEntry(
                item.escalated_at, "attention", "Handed on", words, "", "attention_item", item.id
            )
        for entry in log_of(item):
            title = "Exercise texts held" if entry["held"] else "Exercise texts start again"
            detail = _by(entry.get("by")) or "after a sign of danger"
            yield TimelineEntry(
                entry["at"], "attention", title, entry.get("note", ""), detail, "attention_item", item.id
            )


def _assessments(session: Session, client: Client, limit: int) -> Iterator[TimelineEntry]:
    rows = session.execute(
        select(Assessment, User.name)
        .outerjoin(User, User.id == Assessment.user_id)
        .where(Assessment.client_id == client.id, Assessment.status == AssessmentStatus.COMPLETED)
        .options(defer(Assessment.brief))
        .order_by(Assessment.completed_at.desc())
        .limit(limit)
    )
    for assessment, user in rows:
        if assessment.completed_at is not None:
            yield TimelineEntry(
                assessment.completed_at,
                "assessment",
                "Assessment completed",
                assessment.impression,
                _by(user),
                "assessment",
                assessment.id,
            )


def _dropped(session: Session, client: Client, limit: int) -> Iterator[TimelineEntry]:
    """Texts that did not go out, or may not have arrived, with the reason as a sentence. Also what a STOP,
    or a number that is not in use, took back before it was due.
    """
    was_taken_back = and_(Reminder.status == ReminderStatus.CANCELLED, Reminder.reason.not_in(TOLD_OTHERWISE))
    rows = session.execute(
        select(Reminder, Message)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.client_id == client.id, or_(Reminder.status.in_(DROPPED), was_taken_back))
        .order_by(Reminder.due_at.desc())
        .limit(limit)
    )
    for reminder, message in rows:
        title = f"{TEXTS[reminder.kind]} {DROPS[reminder.status]}"
        yield TimelineEntry(
            reminder.due_at,
            "dropped",
            title,
            (message.words if message else "") or reminder.body or "",
            reason_in_words(reminder.reason),
            "reminder",
            reminder.id,
        )


def _by(name: str | None) -> str:
    return f"by {name}" if name else ""


_SOURCES: dict[str, Callable[[Session, Client, int], Iterator[TimelineEntry]]] = {
    "visit": _visits,
    "paper": _paper,
    "consent": _consent,
    "attention": _attention,
    "assessment": _assessments,
    "dropped": _dropped,
}
