"""The texts a client is going to get, day by day in words, what they cost, and what stands in their way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy.orm import Session

from care.clock_changes import clock_change_in_words, clock_changes, place_of
from care.in_words import foretold_in_words, reason_in_words
from care.models import Client, Practice, Reminder, ReminderKind
from care.recurrence import instant_of, today_in, zone_of
from care.saying import counted, day_in_words, time_in_words
from reminders.contact import Drop, Facts, judge, window_of
from reminders.preview import DAYS, DroppedText, Outlook, PlannedText, outlook
from reminders.segments import Parts
from reminders.texting_facts import TextingFacts, texting_facts

MILLION = 1_000_000
FIRST_DAYS = 7
KINDS = {
    ReminderKind.ENROL: "First text",
    ReminderKind.EXERCISE: "Exercise reminder",
    ReminderKind.PAIN_QUESTION: "Pain question",
    ReminderKind.MESSAGE: "Message",
    ReminderKind.VISIT: "Visit reminder",
    ReminderKind.NUDGE: "Nudge",
}


class ComingText(NamedTuple):
    """One text: its time on the client's clock, what it is and says, and why it comes then.

    `same_as` names the first day with the very same words, so that a page need not repeat them.
    """

    at: datetime
    clock: str
    what: str
    body: str
    room: str
    note: str
    same_as: str = ""


@dataclass
class ComingDay:
    """`marks` are what else the day brings: the clocks change, a pause begins, a text is dropped."""

    on: date
    name: str
    texts: list[ComingText] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ComingTexts:
    """`obstacle` says in a sentence why nothing goes out just now; `cost` is None while there is no price."""

    first_days: list[ComingDay]
    later_days: list[ComingDay]
    count: int
    parts: int
    cost: str | None
    zone_note: str
    obstacle: str | None

    @property
    def total(self) -> str:
        """ "32 texts in 30 days, 33 parts, about 0.26 USD"."""
        texts = f"{counted(self.count, 'text')} in {DAYS} days, {counted(self.parts, 'part')}"
        return f"{texts}, about {self.cost}" if self.cost else texts

    @property
    def first_text(self) -> ComingText | None:
        return next((text for day in [*self.first_days, *self.later_days] for text in day.texts), None)


def coming_texts(
    session: Session, client: Client, practice: Practice, now: datetime, *, as_if_agreed: bool = False
) -> ComingTexts:
    """The next 30 days. `as_if_agreed` shows what a client who has not said yes would get."""
    facts = texting_facts(session, client, now)
    seen = outlook(session, client, now, facts=facts.as_if_agreed() if as_if_agreed else facts)
    days = list(_days(seen, client, practice, now))
    first = today_in(client.timezone, now) + timedelta(days=FIRST_DAYS)
    return ComingTexts(
        first_days=[day for day in days if day.on < first],
        later_days=[day for day in days if day.on >= first],
        count=len(seen.texts),
        parts=seen.parts,
        cost=cost_in_words(seen.parts, practice),
        zone_note=_zone_note(client, practice),
        obstacle=obstacle(client, practice, facts, now),
    )


def cost_in_words(parts: int, practice: Practice) -> str | None:
    """An estimate: what the provider bills may differ."""
    if practice.part_price is None:
        return None
    return f"{parts * practice.part_price / MILLION:.2f} {practice.currency}"


def room_in_words(parts: Parts) -> str:
    """ "1 text, 124 of 160"; characters that no plain text holds are named, as they cost more parts."""
    texts = counted(parts.parts, "text")
    odd = ", special characters" if parts.encoding != "GSM-7" else ""
    return f"{texts}, {parts.units} of {parts.room}{odd}"


def first_reminder_at(session: Session, client: Client, now: datetime) -> datetime | None:
    """When the first exercise reminder goes out; None when none will."""
    texts = outlook(session, client, now).texts
    return next((text.at for text in texts if text.kind is ReminderKind.EXERCISE), None)


def in_words(at: datetime, now: datetime, client: Client) -> str:
    """ "today at 6:00pm", on the client's clock."""
    zone = zone_of(client.timezone)
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days, day_in_words(local.date()))
    return f"{day} at {time_in_words(local.time())}"


def obstacle(client: Client, practice: Practice, known: TextingFacts, now: datetime) -> str | None:
    """Why this client gets no texts just now, in the words of the rules that will decide at sending."""
    if not client.phone:
        return reason_in_words("no_phone")
    zone = zone_of(client.timezone)
    open_at = instant_of(now.astimezone(zone).date(), window_of(practice, client).from_time, zone)
    facts = Facts(
        practice=practice,
        client=client,
        has_consent=known.has_consent,
        is_opted_out=known.is_opted_out,
        sent_today=0,
        answered_this_hour=0,
        is_real_gateway=False,
        is_private=known.is_private,
    )
    imagined = Reminder(
        kind=ReminderKind.EXERCISE,
        text_key="reminder",
        due_at=open_at,
        expires_at=open_at + timedelta(hours=2),
    )
    verdict = judge(imagined, facts, open_at)
    if isinstance(verdict, Drop) and verdict.reason != "outside_window":
        return reason_in_words(verdict.reason)
    return None


def _days(seen: Outlook, client: Client, practice: Practice, now: datetime) -> Iterator[ComingDay]:
    """Every day on which something goes out, is dropped, or is to be known."""
    days: dict[date, ComingDay] = {}

    today = today_in(client.timezone, now)

    def day_of(on: date) -> ComingDay:
        if on not in days:
            days[on] = ComingDay(on, _day_name(on, today))
        return days[on]

    first_said: dict[str, str] = {}
    for text in seen.texts:
        day = day_of(text.local.date())
        day.texts.append(_text(text, first_said.get(text.body, "")))
        first_said.setdefault(text.body, day_in_words(day.on))
    for on, words in [*_dropped(seen.dropped), *_clock_marks(client, now), *_pause_marks(client, now)]:
        day_of(on).marks.append(words)
    yield from (days[on] for on in sorted(days))


def _text(text: PlannedText, same_as: str) -> ComingText:
    return ComingText(
        at=text.at,
        clock=time_in_words(text.local.time()),
        what=_what(text),
        body=text.body,
        room=room_in_words(text.parts),
        note=_note(text),
        same_as=same_as,
    )


def _what(text: PlannedText) -> str:
    if len(text.kinds) > 1:
        return "Exercise reminder and pain question in one"
    if len(text.why) > 1:
        return f"{KINDS[text.kind]}, {len(text.why)} in one"
    return KINDS.get(text.kind, "Text")


def _note(text: PlannedText) -> str:
    """Why it comes later than it is due."""
    if text.moved_from is None:
        return ""
    due = time_in_words(text.moved_from.time())
    if text.moved_from.date() != text.local.date():
        due = f"{day_in_words(text.moved_from.date())} {due}"
    return f"Due {due}. {foretold_in_words(text.reason or 'outside_window')}"


def _dropped(dropped: Sequence[DroppedText]) -> Iterator[tuple[date, str]]:
    """What goes out on no account, those of a day and a reason in one line."""

    def key(one: DroppedText) -> tuple[date, str, str]:
        return one.local.date(), one.reason, one.kind.value

    for (on, reason, _), same in groupby(sorted(dropped, key=key), key=key):
        several = list(same)
        clocks = " and ".join(dict.fromkeys(time_in_words(one.local.time()) for one in several))
        what = KINDS.get(several[0].kind, "Text").lower()
        yield on, f"Not sent, {what} {clocks}: {foretold_in_words(reason)}"


def _clock_marks(client: Client, now: datetime) -> Iterator[tuple[date, str]]:
    zone = zone_of(client.timezone)
    for change in clock_changes(zone, now, now + timedelta(days=DAYS)):
        on = change.at.astimezone(zone).date()
        words = clock_change_in_words(change, zone)
        yield on, f"{words[0].upper()}{words[1:]}."


def _pause_marks(client: Client, now: datetime) -> Iterator[tuple[date, str]]:
    today = today_in(client.timezone, now)
    last = today + timedelta(days=DAYS)
    if client.paused_from is None or (client.paused_until is not None and client.paused_until < today):
        return
    if client.paused_from <= last:
        until = (
            f"through {day_in_words(client.paused_until)}"
            if client.paused_until
            else "until somebody resumes them"
        )
        yield max(client.paused_from, today), f"Texts are paused {until}."


def _zone_note(client: Client, practice: Practice) -> str:
    if client.timezone == practice.timezone:
        return ""
    return f"Times are {client.first_name}'s, in {place_of(client.timezone)} ({client.timezone})."


def _day_name(on: date, today: date) -> str:
    names = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    return f"{names[on]}, {day_in_words(on)}" if on in names else day_in_words(on)
