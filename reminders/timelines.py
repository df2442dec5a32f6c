"""Whose clock a piece of work runs on: real practices share one, each sample practice has its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from care.models import Practice, Reminder
from care.wire import lane_of


@dataclass(frozen=True)
class Timeline:
    """A moment, and the practices for which it is now: one alone, or all but `others`.

    `lanes` narrows what is sent at this moment; planning and sweeping look at every lane.
    """

    now: datetime
    practice_id: int | None = None
    others: Sequence[int] = ()
    lanes: Collection[int] | None = None

    def covers(self, practice_column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """The condition that a row belongs to these practices."""
        if self.practice_id is not None:
            return practice_column == self.practice_id
        return practice_column.not_in(self.others)

    def sends(self) -> ColumnElement[bool]:
        """The condition that a reminder is one to send at this moment."""
        covered = self.covers(Reminder.practice_id)
        return covered if self.lanes is None else covered & Reminder.lane.in_(self.lanes)


def timelines(session: Session, now: datetime, lanes: Collection[int] | None = None) -> list[Timeline]:
    """Everybody's present: the real one first, then each moved sample practice's own.

    With `lanes`, only what they hold.
    """
    samples = session.execute(
        select(Practice.id, Practice.clock_offset_seconds).where(Practice.is_sample)
    ).all()
    own = [
        Timeline(now + timedelta(seconds=offset), practice_id=id)
        for id, offset in samples
        if lanes is None or lane_of(id) in lanes
    ]
    return [Timeline(now, others=[id for id, _ in samples], lanes=lanes), *own]
