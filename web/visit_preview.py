"""The texts an After visit form leads to, word for word, before anything is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from care.consent import has_texting_consent, is_opted_out
from care.in_words import reason_in_words
from care.models import Assignment, Client, Practice, Reminder, ReminderKind
from care.plans import minutes_for
from care.recurrence import Schedule, instant_of, slots_between
from care.saying import day_in_words, time_in_words
from reminders.contact import Drop, Facts, Wait, judge
from reminders.segments import count_parts
from reminders.wording import client_text, visit_values
from web.visit_form import (
    ASK_DAYS,
    VisitForm,
    doses_from,
    read_date,
    read_time,
    schedule_from,
    visit_reminder_at,
)

LOOK_AHEAD = timedelta(days=32)
MERGED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class PreviewText:
    """One text: when it comes on the client's clock, its words, and how much room they take."""

    when: str
    body: str
    room: str


@dataclass(frozen=True)
class Preview:
    """`obstacle` says in a sentence why nothing will go out; the texts are shown all the same."""

    texts: list[PreviewText]
    obstacle: str | None


def preview(
    session: Session,
    client: Client,
    practice: Practice,
    form: VisitForm,
    running: Sequence[Assignment],
    now: datetime,
) -> Preview:
    """The first reminder, the pain question and the visit reminder, as the form now stands."""
    zone = ZoneInfo(client.timezone)
    today = now.astimezone(zone).date()
    schedule = schedule_from(form, running, today)
    obstacle = _obstacle(session, client, practice, now)
    if schedule is None or not form.is_reminded or not form.rows:
        return Preview([], obstacle)
    first = _first_at(schedule, client, practice, now)
    texts = [] if first is None else [_worded(first, now, client, _reminder_body(form, client, practice))]
    texts += _pain_question(form, schedule, client, practice, now)
    texts += _visit_reminder(form, client, practice, now)
    return Preview(texts, obstacle)


def first_text_at(
    session: Session, client: Client, practice: Practice, schedule: Schedule, now: datetime
) -> datetime | None:
    """When the first reminder goes out; None when none will."""
    if not schedule.is_reminded or _obstacle(session, client, practice, now):
        return None
    return _first_at(schedule, client, practice, now)


def in_words(at: datetime, now: datetime, client: Client) -> str:
    """ "today at 6:00pm", on the client's clock."""
    zone = ZoneInfo(client.timezone)
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days, day_in_words(local.date()))
    return f"{day} at {time_in_words(local.time())}"


def _first_at(schedule: Schedule, client: Client, practice: Practice, now: datetime) -> datetime | None:
    """The first slot, moved to the opening of the window where it falls outside."""
    for slot in slots_between(schedule, ZoneInfo(client.timezone), now, now + LOOK_AHEAD):
        verdict = judge(_imagined(slot.due_at), _facts(client, practice), slot.due_at)
        if isinstance(verdict, Wait):
            return verdict.at
        if not isinstance(verdict, Drop):
            return slot.due_at
    return None


def _obstacle(session: Session, client: Client, practice: Practice, now: datetime) -> str | None:
    """Why this client gets no texts just now, in the words of the rules that will decide at sending."""
    if not client.phone:
        return reason_in_words("no_phone")
    is_out = client.phone_hash is not None and is_opted_out(session, client.phone_hash)
    facts = _facts(client, practice, has_consent=has_texting_consent(session, client), is_opted_out=is_out)
    midday = instant_of(
        now.astimezone(ZoneInfo(client.timezone)).date(),
        practice.window_from_time,
        ZoneInfo(client.timezone),
    )
    verdict = judge(_imagined(midday), facts, midday)
    if isinstance(verdict, Drop) and verdict.reason != "outside_window":
        return reason_in_words(verdict.reason)
    return None


def _imagined(due_at: datetime) -> Reminder:
    """A reminder that will never be stored, to ask the rules about."""
    return Reminder(
        kind=ReminderKind.EXERCISE,
        text_key="reminder",
        due_at=due_at,
        expires_at=due_at + timedelta(hours=2),
    )


def _facts(client: Client, practice: Practice, has_consent: bool = True, is_opted_out: bool = False) -> Facts:
    return Facts(
        practice=practice,
        client=client,
        has_consent=has_consent,
        is_opted_out=is_opted_out,
        sent_today=0,
        answered_this_hour=0,
        is_real_gateway=False,
    )


def _reminder_body(form: VisitForm, client: Client, practice: Practice) -> str:
    doses = doses_from(form) or []
    imagined = [
        Assignment(
            exercise=row.exercise,
            sets=dose.sets,
            reps=dose.reps,
            hold_seconds=dose.hold_seconds,
            duration_seconds=dose.duration_seconds,
            side=dose.side,
        )
        for row, dose in zip(form.rows, doses, strict=False)
    ]
    return client_text("reminder", client, practice, min=minutes_for(imagined))


def _pain_question(
    form: VisitForm, schedule: Schedule, client: Client, practice: Practice, now: datetime
) -> list[PreviewText]:
    """Together with that day's reminder where there is one: they are due at the same time."""
    if form.ask not in ASK_DAYS:
        return []
    zone = ZoneInfo(client.timezone)
    on = now.astimezone(zone).date() + timedelta(days=int(form.ask))
    at = instant_of(on, schedule.times[0], zone)
    key = "reminder_pain" if schedule.is_due_on(on) else "pain_now"
    return [_worded(at, now, client, client_text(key, client, practice))]


def _visit_reminder(form: VisitForm, client: Client, practice: Practice, now: datetime) -> list[PreviewText]:
    day, at_time = read_date(form.next_date), read_time(form.next_time)
    if day is None or at_time is None:
        return []
    zone = ZoneInfo(client.timezone)
    starts_at = instant_of(day, at_time, zone)
    at = visit_reminder_at(starts_at, zone)
    if at <= now:
        return []
    return [
        _worded(at, now, client, client_text("visit", client, practice, **visit_values(starts_at, client)))
    ]


def _worded(at: datetime, now: datetime, client: Client, body: str) -> PreviewText:
    parts = count_parts(body)
    texts = "1 text" if parts.parts == 1 else f"{parts.parts} texts"
    return PreviewText(in_words(at, now, client), body, f"{texts}, {parts.units} of {parts.room}")
