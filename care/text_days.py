"""Texts of a practice day by day, kept so that a year of months need not be counted at each look.

A day is kept once it is over. The database forgets it when one of its texts comes, goes or changes
(`care.marking`); who looks next counts it again. So no sum is ever added to, and none is out of date.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime

from sqlalchemy import Integer, column, delete, func, insert, select, text, values
from sqlalchemy.orm import Session

from care.models import Direction, Message, TextDay
from care.models.base import UtcDateTime
from care.pain import start_of
from care.recurrence import A_DAY
from care.wire import NEVER_ARRIVED

# What a provider never sent it does not charge for; one that got lost behind it, it does.
NOT_CHARGED = ("failed", "canceled")

# From its first instant until before the next day's.
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Texts:
    """How many went out and came in. `failed` of those sent never arrived, as far as we were told.

    `parts` are what the provider charges for: those of every text but the ones it never sent.
    """

    sent: int = 0
    failed: int = 0
    received: int = 0
    parts: int = 0

    def __add__(self, other: "Texts") -> "Texts":
        return Texts(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


NONE = Texts()


def spans_of(days: Iterable[date], zone: str) -> dict[Span, date]:
    """These days on that clock."""
    return {(start_of(day, zone), start_of(day + A_DAY, zone)): day for day in days}


def kept_texts(session: Session, practice_id: int, spans: Collection[Span]) -> dict[Span, Texts]:
    """What is kept of these; one that is not is left out."""
    rows = session.execute(
        select(
            TextDay.starts_at, TextDay.ends_at, TextDay.sent, TextDay.failed, TextDay.received, TextDay.parts
        ).where(TextDay.practice_id == practice_id)
    )
    found = {(starts_at, ends_at): Texts(*counts) for starts_at, ends_at, *counts in rows}
    return {span: found[span] for span in spans if span in found}


def keep_texts(session: Session, practice_id: int, spans: Collection[Span]) -> None:
    """Count those of these days that are not kept, and forget all others: a practice on another clock has
    other days. No text changes meanwhile.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE message IN SHARE MODE"))
    kept = kept_texts(session, practice_id, spans)
    others = delete(TextDay).where(
        TextDay.practice_id == practice_id, TextDay.ends_at.not_in([ends_at for _starts_at, ends_at in kept])
    )
    session.execute(others)
    missing = [span for span in spans if span not in kept]
    counted = texts_between(session, practice_id, missing)
    rows = [
        {"practice_id": practice_id, "starts_at": starts_at, "ends_at": ends_at}
        | vars(counted.get((starts_at, ends_at), NONE))
        for starts_at, ends_at in missing
    ]
    if rows:
        session.execute(insert(TextDay), rows)


def texts_between(session: Session, practice_id: int, spans: Collection[Span]) -> Mapping[Span, Texts]:
    """Counted anew from the texts themselves, in one query. Without a text, a span is not in it."""
    ordered = list(spans)
    if not ordered:
        return {}
    span = (
        values(column("number", Integer), column("starts_at", UtcDateTime), column("ends_at", UtcDateTime))
        .data([(number, *one) for number, one in enumerate(ordered)])
        .cte("span")
    )
    of_span = (Message.at >= span.c.starts_at) & (Message.at < span.c.ends_at)
    rows = session.execute(
        select(span.c.number, Message.direction, Message.status, func.count(), func.sum(Message.segments))
        .join_from(span, Message, of_span & (Message.practice_id == practice_id))
        .group_by(span.c.number, Message.direction, Message.status)
    )
    found: dict[Span, Texts] = defaultdict(Texts)
    for number, *counted in rows:
        found[ordered[number]] += _texts(*counted)
    return found


def _texts(direction: Direction, status: str, count: int, parts: int) -> Texts:
    if direction is Direction.IN:
        return Texts(received=count)
    return Texts(
        sent=count,
        failed=count if status in NEVER_ARRIVED else 0,
        parts=0 if status in NOT_CHARGED else int(parts),
    )
