"""Texts of a practice month by month: out and in, what did not arrive, and in how many parts they went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy.orm import Session

from care.recurrence import A_DAY
from care.text_days import NONE, Span, Texts, kept_texts, spans_of, texts_between

MONTHS = 12


@dataclass(frozen=True)
class TextMonth(Texts):
    """A calendar month on the practice's clock."""

    first_day: date = date.min


@lru_cache(maxsize=64)
def past_days(zone: str, today: date) -> Mapping[Span, date]:
    """The days of the last 12 months that are over."""
    first = _first_days(today)[-1]
    return spans_of((first + number * A_DAY for number in range((today - first).days)), zone)


def text_months(
    session: Session, practice_id: int, zone: str, today: date, since: date | None = None
) -> list[TextMonth]:
    """The last 12 months through today, the newest first. A month without a text has zeros; before `since`,
    when the practice began, there are none to count, and those months are left out.

    Days that are over come from what is kept; today, and what is not kept, is counted.
    """
    past = past_days(zone, today)
    kept = kept_texts(session, practice_id, past)
    days = dict(past) | spans_of([today], zone)
    counted = texts_between(session, practice_id, [span for span in days if span not in kept])
    months = dict.fromkeys(_first_days(today), NONE)
    for span, day in days.items():
        months[day.replace(day=1)] += kept.get(span) or counted.get(span, NONE)
    return [
        TextMonth(**vars(texts), first_day=first)
        for first, texts in months.items()
        if since is None or first >= since.replace(day=1) or texts != NONE
    ]


def _first_days(today: date) -> list[date]:
    this = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(this, this - MONTHS, -1)]
