"""What was read off a client's sheets, and when: each time staff entered one, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Select, func, select
from sqlalchemy.orm import Session

from care.models import Client, Occurrence, OccurrenceStatus, PaperTick, User

MARK_WORDS = {
    OccurrenceStatus.DONE: "done",
    OccurrenceStatus.PARTIAL: "partly done",
    OccurrenceStatus.SKIPPED: "left out",
    OccurrenceStatus.UNKNOWN: "without a mark",
}
Change = tuple[OccurrenceStatus | None, OccurrenceStatus]


@dataclass(frozen=True)
class SheetReading:
    """One time a sheet was entered. A correction says what each box said before."""

    at: datetime
    by: str | None
    first_day: date
    last_day: date
    counts: dict[Change, int]

    @property
    def is_correction(self) -> bool:
        return all(was is not None for was, _status in self.counts)

    @property
    def words(self) -> str:
        """ "8 done, 3 without a mark, 1 from done to left out"."""
        first = [(MARK_WORDS[status], count) for (was, status), count in self.counts.items() if was is None]
        later = [
            (f"from {MARK_WORDS[was]} to {MARK_WORDS[status]}", count)
            for (was, status), count in self.counts.items()
            if was is not None
        ]
        return ", ".join(f"{count} {words}" for words, count in first + later)


def list_readings(session: Session, client: Client, limit: int) -> list[SheetReading]:
    """The newest first. Boxes that were written down at one instant are one reading."""
    sheets = sheets_of(client.id).subquery()
    rows = session.execute(
        select(User.name.label("by"), *sheets.c)
        .select_from(sheets)
        .outerjoin(User, User.id == sheets.c.user_id)
        .order_by(sheets.c.at.desc(), sheets.c.status)
        .limit(limit * 2)
    )
    return readings_among(rows)[:limit]


def sheets_of(
    client_id: int | BindParameter[int],
) -> Select[datetime, int | None, OccurrenceStatus | None, OccurrenceStatus, int, date, date]:
    """How many boxes were read as what, and before that as what, by when and whom and of which days."""
    return (
        select(
            PaperTick.at,
            PaperTick.user_id,
            PaperTick.was,
            PaperTick.status,
            func.count().label("boxes"),
            func.min(Occurrence.slot_on).label("first_day"),
            func.max(Occurrence.slot_on).label("last_day"),
        )
        .join(Occurrence, Occurrence.id == PaperTick.occurrence_id)
        .where(PaperTick.client_id == client_id)
        .group_by(PaperTick.at, PaperTick.user_id, PaperTick.was, PaperTick.status)
    )


def readings_among(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[SheetReading]:
    """These figures as readings, in the order they come; each row says `by` whom it was."""
    found: dict[tuple[datetime, str | None], SheetReading] = {}
    for row in rows:
        known = found.get((row.at, row.by))
        found[row.at, row.by] = SheetReading(
            row.at,
            row.by,
            min(row.first_day, known.first_day) if known else row.first_day,
            max(row.last_day, known.last_day) if known else row.last_day,
            (known.counts if known else {}) | {(row.was, row.status): row.boxes},
        )
    return list(found.values())
