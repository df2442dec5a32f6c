"""How to end the texts, said in the first one and then about once a month."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.models import Client, Practice
from care.recurrence import today_in
from care.thresholds import thresholds_of
from reminders.batch_rows import AnyClient, AnyReminder
from reminders.contact import IN_ANSWER
from reminders.segments import count_parts
from reminders.wording import text

# Texts that say it in their own words.
SAY_IT_THEMSELVES = frozenset({"enrol", "restarted", "help", "help_no_phone"})


def with_stop_line(
    body: str,
    first: AnyReminder,
    client: AnyClient,
    practice: Practice,
    told: dict[int, datetime],
    now: datetime,
) -> str:
    """The text, with how to end them where that is due; `told` keeps whom this batch has told, and when.

    The line waits for a text it fits into, but the very first one carries it at any length.
    """
    if first.text_key in SAY_IT_THEMSELVES:
        told[client.id] = now
        return body
    if first.kind in IN_ANSWER or not _is_due(client, practice, told, now):
        return body
    longer = f"{body} {text('stop_line', client.language)}"
    is_first = client.stop_told_at is None and client.id not in told
    if not is_first and count_parts(longer).parts > 1:
        return body
    told[client.id] = now
    return longer


def keep_told(session: Session, told: Collection[int], now: datetime) -> None:
    """Write down which clients were told. One that somebody is changing at this moment is told once more
    instead: waiting for their row with a batch in hand could wait for ever.
    """
    if not told:
        return
    free = select(Client.id).where(Client.id.in_(told)).order_by(Client.id)
    free = free.with_for_update(key_share=True, skip_locked=True)
    session.execute(
        update(Client).where(Client.id.in_(free)).values(stop_told_at=now),
        execution_options={"synchronize_session": False},
    )


def _is_due(client: AnyClient, practice: Practice, told: Mapping[int, datetime], now: datetime) -> bool:
    """By days of the client, so that a clock change does not put a text of the same hour off by a day."""
    last = told.get(client.id, client.stop_told_at)
    if last is None:
        return True
    days = today_in(client.timezone, now) - today_in(client.timezone, last)
    return days.days >= _days_between(tuple(practice.thresholds.items()))


@lru_cache(maxsize=64)
def _days_between(thresholds: tuple[tuple[str, Any], ...]) -> int:
    return thresholds_of(dict(thresholds)).stop_line_days
