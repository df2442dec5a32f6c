"""The time machine: what a client will get in the days ahead, lived through by the code that sends, unsent.

Planning lays the days out, and at each moment `preparing` judges and words what is due, as it does when
the moment comes. The rows belong to no session and all happens in a savepoint, so nothing is stored.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from sqlalchemy.orm import Session

from care.models import Client, Practice, ReminderKind, ReminderStatus
from care.phones import PhoneBook
from care.plans import is_running_on, schedule_of
from care.recurrence import today_in
from reminders.agenda import HomeCare, Owed, agenda, home_care
from reminders.batch_rows import AnyReminder, Due
from reminders.claiming import MERGED_KINDS, TOGETHER
from reminders.first_text import FIRST, FIRST_WITH_PAIN
from reminders.knowledge import Knowledge
from reminders.letters import Letter
from reminders.preparing import grouped, letter_of
from reminders.segments import Parts, count_parts
from reminders.texting_facts import TextingFacts, recipient_of, texting_facts

log = structlog.get_logger()

DAYS = 30
A_WEEK = 7
# Every text here goes to the client's own phone, whose hash is on file: none is looked up.
NO_BOOK = PhoneBook(b"unused")
QUESTION_TOO = "reminder_pain"


class PlannedText(NamedTuple):
    """One text to come: the instant, the client's wall clock, what it says, and how many parts it takes.

    `why` names what it is for: the slot, or the follow-up and its day. `moved_from` is when it was due
    on the client's clock, if that is another time, and `reason` why it waits; `kinds` what it combines.
    """

    at: datetime
    local: datetime
    kind: ReminderKind
    body: str
    parts: Parts
    text_key: str
    why: tuple[str, ...]
    kinds: tuple[ReminderKind, ...]
    moved_from: datetime | None = None
    reason: str | None = None


class DroppedText(NamedTuple):
    """One that will not go out as things are, and why; `local` is when it was due."""

    local: datetime
    kind: ReminderKind
    reason: str
    why: str


@dataclass(frozen=True)
class Outlook:
    """The days ahead of one client, soonest first."""

    texts: list[PlannedText]
    dropped: list[DroppedText]

    @property
    def parts(self) -> int:
        return sum(text.parts.parts for text in self.texts)


def upcoming(session: Session, client: Client, now: datetime, days: int = DAYS) -> list[PlannedText]:
    """Every text this client would get in the next days if nothing changes, soonest first."""
    return outlook(session, client, now, days).texts


def outlook(
    session: Session,
    client: Client,
    now: datetime,
    days: int = DAYS,
    *,
    facts: TextingFacts | None = None,
    care: HomeCare | None = None,
    most: int | None = None,
) -> Outlook:
    """What goes out and what does not, as facts and care stand, or as they are said to be; up to the first
    `most` texts where that many are enough.
    """
    if not _has_a_zone(client):
        return Outlook([], [])
    with scratch(session):
        care, facts = care or home_care(session, client), facts or texting_facts(session, client, now)
        try:
            if most is not None and (each_day := _count_each_day(care, client, now)):
                # Those of today may be over.
                soon = _lived_through(session, client, now, 1 + -(-most // each_day), facts, care, most)
                if len(soon.texts) >= most:
                    return soon
            return _lived_through(session, client, now, days, facts, care, most)
        except Exception:
            # As in planning: a row that cannot be laid out hides neither the page nor anybody else's texts.
            log.exception("preview_not_laid_out", client=client.id)
            return Outlook([], [])


def _lived_through(
    session: Session,
    client: Client,
    now: datetime,
    days: int,
    facts: TextingFacts,
    care: HomeCare,
    most: int | None,
) -> Outlook:
    until = now + timedelta(days=days)
    # What comes a little later may travel with the last.
    owed = agenda(session, client, now, until + TOGETHER, care=care)
    known = _knowledge(session, client, owed, facts)
    return _Rehearsal(session, client, known, owed, now, until).run(most)


def _count_each_day(care: HomeCare, client: Client, now: datetime) -> int:
    """How many texts the exercises of every day of the next week bring: how far to look for the next few."""
    today = today_in(client.timezone, now)
    week = [today + timedelta(days=number) for number in range(A_WEEK + 1)]
    times: set[time] = set()
    for one in care.assignments:
        schedule = schedule_of(one)
        if one.is_reminded and all(schedule.is_due_on(day) and is_running_on(one, day) for day in week):
            times.update(schedule.times)
    return len(times)


def _knowledge(session: Session, client: Client, owed: Sequence[Owed], facts: TextingFacts) -> Knowledge:
    """What `learn` would find of these reminders, without asking again. `_Rehearsal` knows the exercises."""
    recipient = recipient_of(client)
    phones = {client.phone_hash} if client.phone_hash else set()
    visits = [one.visit for one in owed if one.visit is not None]
    return Knowledge(
        clients={client.id: recipient},
        practices={client.practice_id: session.get_one(Practice, client.practice_id)},
        senders={},
        consenting={client.id} if facts.has_consent else set(),
        opted_out=phones if facts.is_opted_out else set(),
        sent_today={client.id: facts.sent_today},
        answers={},
        awaiting_enrolment={client.id} if facts.awaits_enrolment else set(),
        assignments={},
        unanswered={one.reminder.id for one in owed if one.is_unanswered},
        ran_out={one.reminder.id for one in owed if one.ran_out},
        visits={visit.id: visit for visit in visits},
        alerts={},
        private=phones if facts.is_private else set(),
    )


def _has_a_zone(client: Client) -> bool:
    """Planning parks a client whose zone nobody knows, and so nothing goes out."""
    try:
        ZoneInfo(client.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


@contextmanager
def scratch(session: Session) -> Iterator[None]:
    """Whatever is done in it is undone: rows, and objects of the session as well."""
    trial = session.begin_nested()
    try:
        yield
    finally:
        trial.rollback()


class _Rehearsal:
    """The days ahead, from one moment at which something is due to the next."""

    def __init__(
        self,
        session: Session,
        client: Client,
        known: Knowledge,
        owed: Sequence[Owed],
        now: datetime,
        until: datetime,
    ) -> None:
        self._session, self._client_id, self._known = session, client.id, known
        self._zone = ZoneInfo(client.timezone)
        spread = timedelta(minutes=known.practices[client.practice_id].spread_minutes)
        self._usual_wait = max(spread, TOGETHER)
        # By `send_at`, as the agenda is.
        self._waiting = [one.reminder for one in owed]
        self._exercises = {one.reminder.id: one.exercises for one in owed}
        self._sent_on = {now.astimezone(self._zone).date(): known.sent_today.get(client.id, 0)}
        self._now, self._until = now, until
        self._texts: list[PlannedText] = []
        self._dropped: list[DroppedText] = []

    def run(self, most: int | None = None) -> Outlook:
        while self._waiting and (most is None or len(self._texts) < most):
            at = max(self._now, self._waiting[0].send_at)
            if at >= self._until:
                break
            self._live_through(at)
        return Outlook(self._texts, self._dropped)

    def _live_through(self, at: datetime) -> None:
        """One drain. What is released waits on, with its later time."""
        local = at.astimezone(self._zone)
        claimed = self._claim(at)
        self._know(claimed, at, local.date())
        for together in grouped(claimed):
            letter = self._letter(together, at)
            if letter is not None:
                self._texts.append(self._text(letter, at, local))
        self._sent_on[local.date()] = self._known.sent_today.get(self._client_id, 0)
        for one in claimed:
            if one.status in (ReminderStatus.SKIPPED, ReminderStatus.CANCELLED, ReminderStatus.FAILED):
                self._dropped.append(
                    DroppedText(one.due_at.astimezone(self._zone), one.kind, one.reason or "", one.dedupe_key)
                )
            elif one.status is ReminderStatus.PLANNED:
                insort(self._waiting, one, key=attrgetter("send_at"))

    def _claim(self, at: datetime) -> list[Due]:
        """What `claiming` would take at this moment: what is due, and what joins it."""
        due = self._take_until(at)
        if any(one.kind in MERGED_KINDS for one in due):
            soon = self._take_until(at + TOGETHER)
            due += [one for one in soon if one.kind in MERGED_KINDS]
            self._waiting[:0] = [one for one in soon if one.kind not in MERGED_KINDS]
        for one in due:
            one.status = ReminderStatus.SENDING
        return due

    def _take_until(self, at: datetime) -> list[Due]:
        end = bisect_right(self._waiting, at, key=attrgetter("send_at"))
        taken, self._waiting = self._waiting[:end], self._waiting[end:]
        return taken

    def _know(self, claimed: Sequence[Due], at: datetime, day: date) -> None:
        """What will be known at that moment, when nothing else has happened."""
        known, client_id = self._known, self._client_id
        known.sent_today = {client_id: self._sent_on.get(day, 0)}
        known.assignments = {}
        for one in claimed:
            rounds = self._exercises[one.id]
            open_then = [assignment for assignment, closes_at in rounds if closes_at > at]
            if open_then:
                known.assignments[one.id] = open_then
            elif rounds:
                known.unanswered.discard(one.id)
                known.ran_out.add(one.id)
        if client_id in known.awaiting_enrolment and not any(
            one.kind is ReminderKind.ENROL for one in [*claimed, *self._waiting]
        ):
            known.awaiting_enrolment.discard(client_id)

    def _letter(self, together: Sequence[AnyReminder], at: datetime) -> Letter | None:
        """As in `prepare`: one that cannot be worded stops none of the others."""
        try:
            return letter_of(self._session, together, self._known, NO_BOOK, at, is_real=False)
        except Exception:
            log.exception("preview_not_worded", client=self._client_id)
            for one in together:
                one.status, one.reason = ReminderStatus.FAILED, "could_not_be_worded"
            return None

    def _text(self, letter: Letter, at: datetime, local: datetime) -> PlannedText:
        first = letter.first
        kinds = tuple(dict.fromkeys(one.kind for one in letter.reminders))
        is_exercise = ReminderKind.EXERCISE in kinds
        asks_too = is_exercise and ReminderKind.PAIN_QUESTION in kinds
        usual = "reminder" if is_exercise else first.text_key
        text_key = QUESTION_TOO if asks_too else usual
        if letter.tells_link:
            text_key = FIRST_WITH_PAIN if asks_too else FIRST
        moved_from, reason = self._shift(letter.reminders, at)
        return PlannedText(
            at=at,
            local=local,
            kind=ReminderKind.EXERCISE if is_exercise else first.kind,
            body=letter.body,
            parts=count_parts(letter.body),
            text_key=text_key,
            why=tuple(one.dedupe_key for one in letter.reminders),
            kinds=kinds,
            moved_from=moved_from,
            reason=reason,
        )

    def _shift(self, reminders: Sequence[AnyReminder], at: datetime) -> tuple[datetime | None, str | None]:
        """When its earliest part was due, if that is not now, and why it waited."""
        first = min(reminders, key=lambda one: one.due_at)
        if at - first.due_at <= self._usual_wait:
            return None, None
        return first.due_at.astimezone(self._zone), first.reason or "outside_window"
