"""Texts of a practice month by month: out and in, what did not arrive, and in how many parts they went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.orm import Session

from care.models import Direction, Message
from care.pain import start_of
from care.wire import NEVER_ARRIVED

MONTHS = 12
# What a provider never sent it does not charge for; one that got lost behind it, it does.
NOT_CHARGED = ("failed", "canceled")


@dataclass(frozen=True)
class TextMonth:
    """A calendar month on the practice's clock. `failed` of those sent never arrived, as far as we were told.

    `parts` are what the provider charges for: those of every text but the ones it never sent.
    """

    first_day: date
    sent: int
    failed: int
    received: int
    parts: int


def text_months(session: Session, practice_id: int, zone: str, today: date) -> list[TextMonth]:
    """The last 12 months through today, the newest first, in one query. A month without a text has zeros."""
    firsts = list(_first_days(today))
    starts = [start_of(day, zone) for day in firsts]
    rows = session.execute(
        select(
            _month_of(starts).label("month"),
            func.sum(_one_if(Message.direction == Direction.OUT)),
            func.sum(_one_if(and_(Message.direction == Direction.OUT, Message.status.in_(NEVER_ARRIVED)))),
            func.sum(_one_if(Message.direction == Direction.IN)),
            func.sum(case((_is_charged(), Message.segments), else_=0)),
        )
        .where(Message.practice_id == practice_id, Message.at >= starts[-1])
        .group_by("month")
    )
    found = {month: tuple(map(int, counts)) for month, *counts in rows}
    return [TextMonth(day, *found.get(number, (0, 0, 0, 0))) for number, day in enumerate(firsts)]


def _first_days(today: date) -> Iterator[date]:
    first = today.replace(day=1)
    for _ in range(MONTHS):
        yield first
        first = first.replace(month=first.month - 1) if first.month > 1 else date(first.year - 1, 12, 1)


def _month_of(starts: Sequence[datetime]) -> ColumnElement[int]:
    """The number of the newest month that had begun."""
    return case(*((Message.at >= start, literal(number)) for number, start in enumerate(starts)))


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _is_charged() -> ColumnElement[bool]:
    return and_(Message.direction == Direction.OUT, Message.status.not_in(NOT_CHARGED))
