"""What was read off a client's sheets, and when: each time staff entered one, in words."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
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
    rows = session.execute(
        select(
            PaperTick.at,
            User.name,
            PaperTick.was,
            PaperTick.status,
            func.count(),
            func.min(Occurrence.slot_on),
            func.max(Occurrence.slot_on),
        )
        .join(Occurrence, Occurrence.id == PaperTick.occurrence_id)
        .outerjoin(User, User.id == PaperTick.user_id)
        .where(PaperTick.client_id == client.id)
        .group_by(PaperTick.at, User.name, PaperTick.was, PaperTick.status)
        .order_by(PaperTick.at.desc(), PaperTick.status)
        .limit(limit * 2)
    )
    found: dict[tuple[datetime, str | None], SheetReading] = {}
    for at, by, was, status, count, first, last in rows:
        known = found.get((at, by))
        found[at, by] = SheetReading(
            at,
            by,
            min(first, known.first_day) if known else first,
            max(last, known.last_day) if known else last,
            (known.counts if known else {}) | {(was, status): count},
        )
    return list(found.values())[:limit]
