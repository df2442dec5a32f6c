"""A client's story, newest first: visits, plan changes, texts both ways, ratings, and what was dropped."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from care.course_facts import PlanFacts, plan_facts
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
    Visit,
    VisitStatus,
)
from care.paper_history import readings_among
from care.plan_changes import changes_among
from care.saying import moment_in_words, number_in_words, short_day
from care.timeline_rows import story_rows

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


Told = Row[*tuple[Any, ...]]


class TimelineEntry(NamedTuple):
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
    known: PlanFacts | None = None,
) -> list[TimelineEntry]:
    """The newest `limit` entries of these kinds (all when None). `known` where it is.

    A rating that came in a text is told by that text, unless texts are left out.
    """
    wanted = set(KINDS if kinds is None else kinds)
    rows = story_rows(session, client, wanted, limit)
    found = [entry for row in rows if row.kind in _TELLING for entry in _TELLING[row.kind](row, client)]
    found += _paper(row for row in rows if row.kind == "paper")
    if wanted & {"plan", "rating"}:
        known = known or plan_facts(session, client)
        found += _plan(known, limit) if "plan" in wanted else []
        with_texted = "message_in" not in wanted
        found += _ratings(known, limit, with_texted=with_texted) if "rating" in wanted else []
    return sorted(found, key=lambda entry: (entry.at, -AT_ONCE.index(entry.kind)), reverse=True)[:limit]


def _visit(row: Told, _client: Client) -> Iterator[TimelineEntry]:
    """Planned ones too: the next visit stands on top."""
    visit: Visit = row.Visit
    body = ". ".join(part for part in (visit.complaint, visit.note) if part)
    yield TimelineEntry(visit.starts_at, "visit", VISITS[visit.status], body, _by(row.by), "visit", visit.id)


def _plan(known: PlanFacts, limit: int) -> Iterator[TimelineEntry]:
    for change in changes_among(known.versions, known.client.timezone)[-limit:]:
        yield TimelineEntry(
            change.at, "plan", change.words, change.detail, _by(change.by), "plan", change.plan_id
        )


def _message(row: Told, _client: Client) -> Iterator[TimelineEntry]:
    """What came in or went out. A text that was refused or is in doubt is told once, as dropped."""
    message: Message = row.Message
    came_in = message.direction is Direction.IN
    yield TimelineEntry(
        message.at,
        row.kind,
        "Client wrote" if came_in else "We wrote",
        message.words,
        reading_in_words(row.Reply) if came_in else state_in_words(message),
        "message",
        message.id,
    )


def _ratings(known: PlanFacts, limit: int, with_texted: bool) -> Iterator[TimelineEntry]:
    wanted = (rating for rating in reversed(known.ratings) if with_texted or rating.reply_id is None)
    for rating in islice(wanted, limit):
        detail = ", ".join(part for part in (frame_of(rating), SOURCES[rating.source]) if part)
        title = f"Rating {number_in_words(rating.score)}"
        yield TimelineEntry(rating.at, "rating", title, "", detail, "rating", rating.id)


def _paper(rows: Iterable[Told]) -> Iterator[TimelineEntry]:
    """A sheet that was entered, or put right, in one line: what was read, by whom, of which days."""
    for entry in readings_among(rows):
        title = "Sheet put right" if entry.is_correction else "Sheet entered"
        days = f"{short_day(entry.first_day)} to {short_day(entry.last_day)}"
        yield TimelineEntry(entry.at, "paper", title, entry.words, f"{days}, {_by(entry.by)}", "paper_tick")


def _consent(row: Told, _client: Client) -> Iterator[TimelineEntry]:
    event: ConsentEvent = row.ConsentEvent
    is_given = event.action is ConsentAction.GIVEN
    title = f"Consent to {event.purpose.value} {'given' if is_given else 'withdrawn'}"
    source = event.source.value.replace("_", " ")
    detail = ", ".join(part for part in (source, _by(row.by)) if part)
    yield TimelineEntry(event.at, "consent", title, event.wording, detail, "consent_event", event.id)


def _attention(row: Told, client: Client) -> Iterator[TimelineEntry]:
    item: AttentionItem = row.AttentionItem
    at = item.closed_at or item.acknowledged_at
    when = moment_in_words(at, client.timezone) if at else ""
    detail = " ".join(part for part in (attention_in_words(item), _by(row.by), when) if part)
    yield TimelineEntry(
        item.raised_at, "attention", ATTENTION[item.kind], item.note, detail, "attention_item", item.id
    )
    if item.escalated_at is not None:
        words = handed_on_in_words(item, client.timezone)
        yield TimelineEntry(item.escalated_at, "attention", "Handed on", words, "", "attention_item", item.id)
    for entry in log_of(item):
        title = "Exercise texts held" if entry["held"] else "Exercise texts start again"
        detail = _by(entry.get("by")) or "after a sign of danger"
        yield TimelineEntry(
            entry["at"], "attention", title, entry.get("note", ""), detail, "attention_item", item.id
        )


def _assessment(row: Told, _client: Client) -> Iterator[TimelineEntry]:
    assessment: Assessment = row.Assessment
    if assessment.completed_at is not None:
        yield TimelineEntry(
            assessment.completed_at,
            "assessment",
            "Assessment completed",
            assessment.impression,
            _by(row.by),
            "assessment",
            assessment.id,
        )


def _dropped(row: Told, _client: Client) -> Iterator[TimelineEntry]:
    """A text that did not go out, or may not have arrived, with the reason as a sentence. Also what a STOP,
    or a number that is not in use, took back before it was due.
    """
    reminder: Reminder = row.Reminder
    yield TimelineEntry(
        reminder.due_at,
        "dropped",
        f"{TEXTS[reminder.kind]} {DROPS[reminder.status]}",
        (row.text.words if row.text else "") or reminder.body or "",
        reason_in_words(reminder.reason),
        "reminder",
        reminder.id,
    )


def _by(name: str | None) -> str:
    return f"by {name}" if name else ""


_TELLING: dict[str, Callable[[Told, Client], Iterator[TimelineEntry]]] = {
    "visit": _visit,
    "message_in": _message,
    "message_out": _message,
    "consent": _consent,
    "attention": _attention,
    "assessment": _assessment,
    "dropped": _dropped,
}
