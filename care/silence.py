"""Silence: who left our questions open, since when, and who has spoken again.

Only questions that reached a phone count, and only those asked since the client was last heard, last gave
consent, and was last paused: a time in which we asked nothing, or nothing could arrive, is no silence.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, and_, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    Client,
    ClientStatus,
    ConsentAction,
    ConsentEvent,
    Direction,
    Message,
    NumberState,
    Occurrence,
    OptOut,
    Practice,
    Question,
    QuestionStatus,
    Rating,
)
from care.pausing import PAUSED_FOR_SILENCE
from care.recurrence import A_DAY, today_in
from care.thresholds import BOUNDS, Thresholds, thresholds_of

# No silence is counted longer than the longest a practice may choose.
LONGEST = timedelta(days=BOUNDS["silence_pause_days"][1] + 2)
# Who was asked every week and never in between was not silent for the whole week.
BEFORE_FIRST_QUESTION = A_DAY
NOT_ARRIVED = ("undelivered", "failed", "canceled")
ENDED_BY_WORD = "The client was heard from again."


@dataclass(frozen=True)
class Silence:
    """One client's questions in a row without a word since, oldest first. `days` are on their clock."""

    client_id: int
    asked: tuple[datetime, ...]
    since: datetime
    days: int
    limits: Thresholds

    @property
    def needs_call(self) -> bool:
        return self.days >= self.limits.silence_days or len(self.asked) >= self.limits.silence_questions

    @property
    def needs_nudge(self) -> bool:
        return self.days >= self.limits.silence_days

    @property
    def needs_pause(self) -> bool:
        return self.days >= self.limits.silence_pause_days


def silences(session: Session, is_looked_at: ColumnElement[bool], now: datetime) -> list[Silence]:
    """All that are long enough to do something about, of clients who still get texts, in three statements.

    `is_looked_at` is a condition on `Client`: whose turn it is.
    """
    rows = _asked_in_vain(session, is_looked_at, now)
    asked = {client_id: list(some) for client_id, some in groupby(rows, key=lambda row: row.client_id)}
    people = _people(session, is_looked_at, asked.keys())
    found = (_silence(people.get(client_id), some, now) for client_id, some in asked.items())
    return [silence for silence in found if silence is not None and silence.needs_call]


def heard_again(session: Session, is_looked_at: ColumnElement[bool], now: datetime) -> list[int]:
    """Clients whose texts are paused for silence, and who have been heard since."""
    heard = _heard(session, now - LONGEST, and_(Client.pause_reason == PAUSED_FOR_SILENCE, is_looked_at))
    rows = session.execute(
        select(Client.id, Client.timezone, Client.paused_from, heard.c.heard_at).join(
            heard, heard.c.client_id == Client.id
        )
    )
    return [
        client_id
        for client_id, zone, paused_from, heard_at in rows
        if paused_from is not None and today_in(zone, heard_at) >= paused_from
    ]


def close_silences(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    """Close the items about silence that a word has ended. `which` is a condition on `AttentionItem`."""
    after = AttentionItem.raised_at
    whose = AttentionItem.client_id
    spoke = or_(
        exists().where(Message.client_id == whose, Message.direction == Direction.IN, Message.at > after),
        exists().where(Rating.client_id == whose, Rating.at > after),
        exists().where(Occurrence.client_id == whose, Occurrence.answered_at > after),
    )
    closed = session.execute(
        update(AttentionItem)
        .where(
            AttentionItem.kind == AttentionKind.SILENCE,
            AttentionItem.status != AttentionStatus.CLOSED,
            which,
            spoke,
        )
        .values(status=AttentionStatus.CLOSED, closed_at=now, note=ENDED_BY_WORD)
        .execution_options(synchronize_session=False)
    )
    return int(closed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


@dataclass(frozen=True)
class _Person:
    timezone: str
    paused_from: date | None
    paused_until: date | None
    limits: Thresholds

    def counts(self, asked_at: datetime, now: datetime) -> bool:
        """Whether a question was asked after the last pause; none does while a pause goes on."""
        if self.paused_from is None or self.paused_from > today_in(self.timezone, now):
            return True
        return self.paused_until is not None and today_in(self.timezone, asked_at) > self.paused_until


def _silence(person: _Person | None, rows: Sequence[Row[Any]], now: datetime) -> Silence | None:
    """None when there is none: nothing counts, or nothing was asked lately."""
    asked = tuple(row.asked_at for row in rows if person is not None and person.counts(row.asked_at, now))
    if person is None or not asked:
        return None
    if now - asked[-1] > timedelta(days=person.limits.silence_days + 1):
        return None
    since = max(rows[0].heard_at, asked[0] - BEFORE_FIRST_QUESTION)
    days = today_in(person.timezone, now) - today_in(person.timezone, since)
    return Silence(rows[0].client_id, asked, since, days.days, person.limits)


def _asked_in_vain(session: Session, is_looked_at: ColumnElement[bool], now: datetime) -> Iterable[Row[Any]]:
    """The questions nobody answered since their client was last heard: by client, oldest first."""
    heard = _heard(session, now - LONGEST, and_(_is_texted(), is_looked_at))
    arrived = or_(Message.id.is_(None), Message.status.not_in(NOT_ARRIVED))
    return session.execute(
        select(Question.client_id, Question.asked_at, heard.c.heard_at)
        .join(heard, heard.c.client_id == Question.client_id)
        .outerjoin(Message, Message.id == Question.message_id)
        .where(
            Question.status == QuestionStatus.EXPIRED,
            Question.asked_at > heard.c.heard_at,
            Question.asked_at <= now,
            arrived,
        )
        .order_by(Question.client_id, Question.asked_at)
    )


def _people(
    session: Session, is_looked_at: ColumnElement[bool], wanted: Collection[int]
) -> dict[int, _Person]:
    practices: dict[int, dict[str, Any]] = dict(
        session.execute(select(Practice.id, Practice.thresholds)).all()
    )
    rows = session.execute(
        select(
            Client.id,
            Client.practice_id,
            Client.timezone,
            Client.paused_from,
            Client.paused_until,
            Client.thresholds,
        ).where(_is_texted(), is_looked_at)
    )
    return {
        id: _Person(zone, paused_from, paused_until, thresholds_of(practices[practice_id], own))
        for id, practice_id, zone, paused_from, paused_until, own in rows
        if id in wanted
    }


def _is_texted() -> ColumnElement[bool]:
    """Whose silence would be one: nothing of theirs or ours keeps the questions back."""
    return and_(
        Client.status == ClientStatus.ACTIVE,
        Client.number_state == NumberState.OK,
        Client.phone_hash.is_not(None),
        Client.texts_held_at.is_(None),
        ~exists().where(OptOut.phone_hash == Client.phone_hash),
        ~exists().where(Practice.id == Client.practice_id, Practice.is_texting_paused),
    )


def _heard(session: Session, earliest: datetime, which: ColumnElement[bool]) -> CTE:
    """When each of these clients last said anything, or agreed to texts; `earliest` when not since then.

    Worked out once for each client: left to itself, SQLite does it again for every question.
    """
    heard = (
        select(
            Client.id.label("client_id"),
            _latest_of(session, earliest, *_words(earliest)).label("heard_at"),
        )
        .where(which)
        .cte("heard")
    )
    return heard.prefix_with("MATERIALIZED")


def _words(earliest: datetime) -> Iterator[ColumnElement[Any]]:
    wanted = (
        (Message.at, Message.client_id, and_(Message.direction == Direction.IN, Message.at > earliest)),
        (Rating.at, Rating.client_id, Rating.at > earliest),
        (Occurrence.answered_at, Occurrence.client_id, Occurrence.due_at > earliest),
        (ConsentEvent.at, ConsentEvent.client_id, ConsentEvent.action == ConsentAction.GIVEN),
    )
    for at, whose, condition in wanted:
        last = select(func.max(at)).where(whose == Client.id, condition)
        yield last.correlate(Client).scalar_subquery()


def _latest_of(session: Session, earliest: datetime, *moments: ColumnElement[Any]) -> ColumnElement[datetime]:
    """The greatest of them, where one that is missing counts as the earliest."""
    kind = Message.at.type
    floor = literal(earliest, kind)
    greatest = func.max if session.get_bind().dialect.name == "sqlite" else func.greatest
    return greatest(floor, *(func.coalesce(one, floor, type_=kind) for one in moments), type_=kind)
