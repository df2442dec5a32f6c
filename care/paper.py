"""Ticks from paper: the fourteen days of a sheet as boxes, and what staff read in them, written down.

A sheet has four marks: done, part of it, left out, and none. A box without a mark counts as no answer once
the sheet was entered; until then what a client without a phone did is simply not known (docs/measures.md).
Nothing is overwritten: each reading of a box is a row of its own, and the newest counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from care import occurrences
from care.handouts import DAYS
from care.models import (
    AnswerSource,
    Assignment,
    Client,
    Occurrence,
    OccurrenceStatus,
    PaperTick,
    Rating,
    RatingSource,
    User,
)
from care.ratings import record_rating, supersede, take_back
from care.recurrence import instant_of, today_in

ANSWERED = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL, OccurrenceStatus.SKIPPED)
NO_MARK = OccurrenceStatus.UNKNOWN
MARKS = (*ANSWERED, NO_MARK)
NOON = time(12)


@dataclass(frozen=True)
class Box:
    """One time an exercise was due. What the client said elsewhere stands, and is not read off paper."""

    occurrence: Occurrence

    @property
    def mark(self) -> OccurrenceStatus:
        return self.occurrence.status if self.occurrence.status in ANSWERED else NO_MARK

    @property
    def is_locked(self) -> bool:
        said_elsewhere = self.occurrence.source is None and self.mark is not NO_MARK
        return said_elsewhere or self.occurrence.source in (AnswerSource.TEXT, AnswerSource.WEB)

    @property
    def waits(self) -> bool:
        """It stands on a sheet that nobody has entered."""
        return self.occurrence.is_on_paper and self.occurrence.source is None


@dataclass(frozen=True)
class PaperRow:
    """An exercise and its boxes of each day so far; a day of rest has none."""

    assignment: Assignment
    boxes: dict[date, list[Box]]


@dataclass(frozen=True)
class EnteredSheet:
    """Fourteen days; those after `today` cannot be entered. `pain` is what was read from paper before."""

    client: Client
    days: list[date]
    today: date
    rows: list[PaperRow]
    pain: dict[date, Rating]

    @property
    def boxes(self) -> list[Box]:
        return [box for row in self.rows for boxes in row.boxes.values() for box in boxes]


@dataclass(frozen=True)
class Reading:
    """What staff read off the sheet. `seen` is what their page showed, so that a box they did not touch
    takes nothing back that somebody else entered meanwhile.
    """

    marks: Mapping[int, OccurrenceStatus]
    seen: Mapping[int, OccurrenceStatus]
    pain: Mapping[date, float | None]
    pain_seen: Mapping[date, float | None]


@dataclass(frozen=True)
class Entered:
    """How many boxes and ratings were written down anew."""

    boxes: int
    ratings: int


def sheet_to_enter(session: Session, client: Client, first_day: date, now: datetime) -> EnteredSheet:
    days = [first_day + timedelta(days=number) for number in range(DAYS)]
    today = today_in(client.timezone, now)
    return EnteredSheet(
        client=client,
        days=days,
        today=today,
        rows=_rows(session, client, days[0], min(days[-1], today)),
        pain=_pain(session, client, days),
    )


def first_day_to_enter(session: Session, client: Client, now: datetime) -> date:
    """Where the oldest sheet of the last four weeks begins that nobody has entered; else two weeks back."""
    today = today_in(client.timezone, now)
    oldest = session.scalar(
        select(func.min(Occurrence.slot_on)).where(
            Occurrence.client_id == client.id,
            Occurrence.slot_on.between(today - timedelta(days=2 * DAYS - 1), today),
            Occurrence.status.in_((OccurrenceStatus.OPEN, OccurrenceStatus.UNKNOWN)),
            Occurrence.is_on_paper,
            Occurrence.source.is_(None),
        )
    )
    return oldest or today - timedelta(days=DAYS - 1)


def enter(
    session: Session, client: Client, first_day: date, reading: Reading, user: User, now: datetime
) -> Entered:
    """Write down what was read. The same reading again changes nothing; two at once wait for one another."""
    session.execute(select(Client.id).where(Client.id == client.id).with_for_update(key_share=True))
    sheet = sheet_to_enter(session, client, first_day, now)
    boxes = [box for box in sheet.boxes if not box.is_locked and box.occurrence.id in reading.marks]
    entered = [box for box in boxes if _enter_box(session, box, reading, user, now)]
    ratings = [day for day in reading.pain if _enter_pain(session, sheet, day, reading, user, now)]
    session.flush()
    return Entered(len(entered), len(ratings))


def _rows(session: Session, client: Client, since: date, until: date) -> list[PaperRow]:
    due = session.scalars(
        select(Occurrence)
        .where(Occurrence.client_id == client.id, Occurrence.slot_on.between(since, until))
        .where(Occurrence.status != OccurrenceStatus.CANCELLED)
        .order_by(Occurrence.assignment_id, Occurrence.slot_on, Occurrence.slot_time)
    )
    boxes: dict[int, dict[date, list[Box]]] = {}
    for (assignment_id, day), ones in groupby(due, key=lambda one: (one.assignment_id, one.slot_on)):
        boxes.setdefault(assignment_id, {})[day] = [Box(one) for one in ones]
    given = session.scalars(
        select(Assignment)
        .where(Assignment.id.in_(boxes))
        .options(joinedload(Assignment.exercise))
        .order_by(Assignment.plan_id, Assignment.position, Assignment.id)
    )
    return [PaperRow(one, boxes[one.id]) for one in given]


def _pain(session: Session, client: Client, days: list[date]) -> dict[date, Rating]:
    zone = ZoneInfo(client.timezone)
    after = days[-1] + timedelta(days=1)
    ratings = session.scalars(
        select(Rating)
        .where(
            Rating.client_id == client.id,
            Rating.source == RatingSource.PAPER,
            Rating.superseded_by_id.is_(None),
            Rating.label.is_(None),
            Rating.at >= instant_of(days[0], time(0), zone),
            Rating.at < instant_of(after, time(0), zone),
        )
        .order_by(Rating.at, Rating.id)
    )
    return {today_in(client.timezone, one.at): one for one in ratings}


def _enter_box(session: Session, box: Box, reading: Reading, user: User, now: datetime) -> bool:
    """True when it says something new, or is the first word of an empty box whose time is over."""
    occurrence, mark = box.occurrence, reading.marks[box.occurrence.id]
    is_first = occurrence.source is None
    is_untouched = mark is reading.seen.get(occurrence.id, box.mark) and mark is not box.mark
    is_over = occurrence.closes_at <= now
    is_news = mark is not box.mark or (is_first and box.waits and is_over)
    if is_untouched or not is_news:
        return False
    was = None if is_first else box.mark
    if mark is NO_MARK:
        occurrences.unanswer(occurrence, now)
        if occurrence.is_on_paper and is_over:
            occurrence.source = AnswerSource.PAPER
    else:
        # Nobody knows the hour of a mark on paper, so it stands at the time that it is for.
        occurrences.answer(session, [occurrence], mark, occurrence.due_at, AnswerSource.PAPER)
    session.add(
        PaperTick(
            practice_id=occurrence.practice_id,
            client_id=occurrence.client_id,
            occurrence_id=occurrence.id,
            was=was,
            status=mark,
            user_id=user.id,
            at=now,
        )
    )
    return True


def _enter_pain(
    session: Session, sheet: EnteredSheet, day: date, reading: Reading, user: User, now: datetime
) -> bool:
    if day not in sheet.days or day > sheet.today:
        return False
    before, score = sheet.pain.get(day), reading.pain[day]
    shown = before.score if before is not None else None
    if score == shown or score == reading.pain_seen.get(day, shown):
        return False
    if score is None:
        if before is not None:
            take_back(session, before)
        return before is not None
    at = min(instant_of(day, NOON, ZoneInfo(sheet.client.timezone)), now)
    rating = record_rating(session, sheet.client, score, source=RatingSource.PAPER, at=at, user=user)
    if before is not None:
        supersede(session, before, by=rating)
    return True
