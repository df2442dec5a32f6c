"""Delivery, for admins: do texts go out, do they arrive, and if not, what is to be done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from care.models import AttentionItem, AttentionKind, AttentionStatus, Client, Direction, Reminder
from care.provider_codes import ProviderCode, explain
from care.saying import counted
from care.wire import NEVER_ARRIVED
from reminders import flow
from reminders.flow import Lateness, TextCount
from reminders.provider import ProviderState, last_known
from reminders.timelines import Timeline
from web import health
from web.deps import admin_only, db, now, practice, real_now, settings, today
from web.messages import KIND_WORDS

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
MOST_IN_DOUBT = 20
A_MINUTE = 60

PROVIDER_WORDS = {
    ProviderState.LOCKED_OUT: (
        "The provider does not let us in.",
        "No text goes out, and those that are due wait. Check the account in the provider's console, then "
        "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    ),
    ProviderState.UNREACHABLE: (
        "The provider cannot be reached.",
        "Texts wait and are tried again by themselves. If it lasts, look at this machine's line out.",
    ),
    ProviderState.NO_ANSWER: (
        "The provider does not answer.",
        "Texts were handed over, and nobody says what became of them. They are not sent twice; those in "
        "doubt are listed below.",
    ),
}
STOPPED = (
    "The part that sends has stopped.",
    "Nothing goes out until it runs again. Tell whoever runs this installation.",
)

LACKS_KEY = (
    "A process of this installation lacks a key.",
    "Texts that it cannot open wait, all others go out, and nothing is lost. Whoever runs this installation "
    "restarts every process with the whole list of HOMESTRETCH_FIELD_KEYS; homestretch doctor names the "
    "process and the key.",
)

bp = Blueprint("delivery", __name__)


@dataclass(frozen=True)
class Outcome:
    """How many texts of the last day and week stand like this."""

    words: str
    day: int
    week: int


@dataclass(frozen=True)
class Failure:
    """One reason why texts did not arrive, and how often."""

    code: ProviderCode
    day: int
    week: int


@dataclass(frozen=True)
class Doubt:
    """A text nobody knows the end of. `item_id` is its place in the inbox, once it is there."""

    reminder: Reminder
    client: Client | None
    what: str
    item_id: int | None


@bp.get("/delivery")
@admin_only
def index() -> ResponseReturnValue:
    moment = Timeline(now(), practice_id=practice().id)
    since, recent = moment.now - WEEK, moment.now - DAY
    week, day = flow.texts_of_both(db(), moment, since, recent)
    late_week, late_day = flow.lateness_of_both(db(), moment, since, recent)
    waiting = flow.queue(db(), moment)
    doubts = _doubts(flow.list_in_doubt(db(), practice().id, MOST_IN_DOUBT))
    return render_template(
        "delivery/index.html",
        is_quiet=not (week or doubts or waiting.due or waiting.next_hour),
        troubles=_troubles(),
        waiting=waiting,
        held=flow.held_until(db(), moment),
        overdue=_overdue_in_words(moment),
        outcomes=_outcomes(day, week),
        failures=_failures(day, week),
        doubts=doubts,
        late_day=lateness_in_words(late_day),
        late_week=lateness_in_words(late_week),
        zone=practice().timezone,
        today=today(),
    )


def lateness_in_words(late: Lateness) -> str:
    """Like 190 of 192 reminders within a minute of the time, the latest 12 minutes after it."""
    if not late.total:
        return "Nothing went out."
    in_time = late.within[flow.LATENESS_STEPS.index(A_MINUTE)]
    if in_time == late.total:
        return f"{'All ' if in_time > 1 else ''}{counted(in_time, 'reminder')} within a minute of the time."
    of = f"{in_time} of {counted(late.total, 'reminder')} within a minute of the time"
    return f"{of}, the latest {duration_in_words(late.longest)} after it."


def duration_in_words(seconds: float) -> str:
    """40 seconds, 12 minutes, 3 hours, 2 days: the largest unit there are two of, or nearly."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            return counted(round(seconds / size), name)
    return counted(round(seconds), "second")


def _troubles() -> list[tuple[str, str]]:
    """What keeps all texts back, each with what to do."""
    troubles = [STOPPED] if health.has_stopped(health.ticked_at(db()), real_now()) else []
    troubles += [LACKS_KEY] if health.lacks_key(db(), real_now()) else []
    fact = None if settings().is_simulated else last_known(db())
    if fact is not None and health.is_bad(fact, real_now()):
        troubles.append(PROVIDER_WORDS[fact.state])
    return troubles


def _overdue_in_words(moment: Timeline) -> str:
    since = flow.oldest_overdue(db(), moment)
    age = moment.now - since if since else timedelta(0)
    return duration_in_words(age.total_seconds()) if age >= timedelta(minutes=1) else ""


def _outcomes(day: Sequence[TextCount], week: Sequence[TextCount]) -> list[Outcome]:
    of_day, of_week = (Counter[str](), Counter[str]())
    for counts, texts in ((of_day, day), (of_week, week)):
        for one in texts:
            counts[_ending(one)] += one.count
    endings = ("Arrived", "Sent, no receipt yet", "Did not arrive", "On the way or in doubt", "Came in")
    return [Outcome(words, of_day[words], of_week[words]) for words in endings]


def _ending(one: TextCount) -> str:
    if one.direction is Direction.IN:
        return "Came in"
    if one.status in flow.ARRIVED:
        return "Arrived"
    if one.status in NEVER_ARRIVED:
        return "Did not arrive"
    return "On the way or in doubt" if one.status in flow.NOT_TAKEN_YET else "Sent, no receipt yet"


def _failures(day: Sequence[TextCount], week: Sequence[TextCount]) -> list[Failure]:
    """What happens most often comes first."""
    of_day, of_week = (_by_code(texts) for texts in (day, week))
    return [Failure(explain(code), of_day[code], count) for code, count in of_week.most_common()]


def _by_code(texts: Sequence[TextCount]) -> Counter[int | None]:
    counts = Counter[int | None]()
    for one in texts:
        if one.direction is Direction.OUT and one.status in NEVER_ARRIVED:
            counts[one.error_code] += one.count
    return counts


def _doubts(found: Sequence[tuple[Reminder, Client | None]]) -> list[Doubt]:
    if not found:
        return []
    items = db().execute(
        select(AttentionItem.reminder_id, AttentionItem.id).where(
            AttentionItem.practice_id == practice().id,
            AttentionItem.status.in_([AttentionStatus.OPEN, AttentionStatus.ACKNOWLEDGED]),
            AttentionItem.kind == AttentionKind.UNSURE_TEXT,
        )
    )
    places = {row[0]: row[1] for row in items}
    return [Doubt(one, client, KIND_WORDS[one.kind.value], places.get(one.id)) for one, client in found]
