"""What was done at home, week by week from the first day of an episode."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from sqlalchemy import Date, Integer, Select, bindparam, select
from sqlalchemy.orm import Session

from care.adherence import Adherence, counted_as
from care.models import Message, Occurrence, OccurrenceStatus, Reminder

A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Week:
    """Seven of the client's own days from `starts_on`; a week nothing was due in has no share."""

    starts_on: date
    adherence: Adherence


def weeks_done(session: Session, client_id: int, since: date, until: date) -> list[Week]:
    """Of the client's own days, both ends included; the last week may be a short one."""
    asked = {"client": client_id, "since": since, "until": until}
    # An episode has thousands, so past the mapper, and counted here: sorting them to be grouped takes longer.
    turns = session.connection().execute(_turns(), asked).all()
    counts = Counter(((day - since).days // 7, name) for day, name in turns)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for (week, name), count in counts.items():
        found[week][name] = count
    weeks = (until - since).days // 7 + 1
    return [Week(since + number * A_WEEK, Adherence(**found[number])) for number in range(weeks)]


@cache
def _turns() -> Select[date, str]:
    """Built once: that takes longer than asking."""
    return (
        select(Occurrence.slot_on, counted_as())
        .outerjoin(Reminder, Reminder.id == Occurrence.reminder_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(
            Occurrence.client_id == bindparam("client", type_=Integer),
            Occurrence.slot_on.between(bindparam("since", type_=Date), bindparam("until", type_=Date)),
            Occurrence.status != OccurrenceStatus.CANCELLED,
        )
    )
