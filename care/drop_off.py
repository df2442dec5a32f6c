"""How many still do anything at home in each week after they began, for those who began in the same months.

Read off sums kept for each day on which somebody began. They are made anew where they are missing, or no
longer of as many clients as there are: who is erased leaves them too. The definitions: docs/measures.md.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, delete, exists, func, insert, or_, select, union_all
from sqlalchemy.orm import Session

from care.caseload_groups import LEAST_CLIENTS
from care.first_weeks import A_WEEK, WEEKS, Week
from care.models import FirstWeeks, StartDay

MONTHS = 12
COUNTED = (Week.DID, Week.LEFT_OUT, Week.UNKNOWN)


@dataclass(frozen=True)
class CohortWeek:
    """One week after the start, of those for whom it is over and something was due in it."""

    number: int
    did: int
    left_out: int
    unknown: int

    @property
    def due(self) -> int:
        return self.did + self.left_out + self.unknown

    @property
    def is_enough(self) -> bool:
        return self.due >= LEAST_CLIENTS

    @property
    def at_least(self) -> float:
        """The share known to have done something. Only where something was due."""
        return self.did / self.due

    @property
    def at_most(self) -> float:
        """The share if all who did not answer did something: unknown is not dropped."""
        return (self.did + self.unknown) / self.due


@dataclass(frozen=True)
class Cohort:
    """Who began in the same month or quarter, by its first day, with the twelve weeks after."""

    first_day: date
    clients: int
    weeks: tuple[CohortWeek, ...]

    @property
    def is_enough(self) -> bool:
        return self.clients >= LEAST_CLIENTS

    @property
    def has_curve(self) -> bool:
        return self.is_enough and any(week.is_enough for week in self.weeks)


def old_days(session: Session, practice_id: int, since: date) -> list[date]:
    """The days from `since` on whose sums are missing, or are of more or fewer clients than there are."""
    began = _began(practice_id, since).subquery()
    is_kept = and_(StartDay.practice_id == practice_id, StartDay.began_on == began.c.began_on)
    wrong = or_(StartDay.clients.is_(None), StartDay.clients != began.c.clients)
    is_begun = exists().where(FirstWeeks.practice_id == practice_id, FirstWeeks.began_on == StartDay.began_on)
    left_by_all = select(StartDay.began_on).where(StartDay.practice_id == practice_id, ~is_begun)
    return list(
        session.scalars(
            union_all(
                select(began.c.began_on).outerjoin(StartDay, is_kept).where(wrong),
                left_by_all.where(StartDay.began_on >= since),
            )
        )
    )


def sum_up(session: Session, practice_id: int, days: Collection[date]) -> None:
    """Make the sums of these days anew. Who calls holds `care.standings.alone`."""
    rows = session.execute(
        select(FirstWeeks.began_on, FirstWeeks.weeks).where(
            FirstWeeks.practice_id == practice_id, FirstWeeks.began_on.in_(days)
        )
    )
    found: dict[date, list[str]] = {}
    for began_on, weeks in rows:
        found.setdefault(began_on, []).append(weeks)
    session.execute(delete(StartDay).where(StartDay.practice_id == practice_id, StartDay.began_on.in_(days)))
    sums = [
        {"practice_id": practice_id, "began_on": day, "clients": len(of_day)}
        | {"counts": [[week.count(letter) for letter in COUNTED] for week in zip(*of_day, strict=True)]}
        for day, of_day in found.items()
    ]
    if sums:
        session.execute(insert(StartDay), sums)


def cohorts(session: Session, practice_id: int, today: date, months_each: int = 1) -> list[Cohort]:
    """Those who began in the last twelve months, by month or by quarter, the newest first.

    A week counts for a client once it is over: of the newest only the first weeks are known, and of some of
    its clients.
    """
    first_days = _first_days(today, months_each)
    kept = session.execute(
        select(StartDay.began_on, StartDay.clients, StartDay.counts).where(
            StartDay.practice_id == practice_id, StartDay.began_on >= first_days[-1]
        )
    )
    found: dict[date, list[tuple[date, int, list[list[int]]]]] = {day: [] for day in first_days}
    for began_on, clients, counts in kept:
        group = next((day for day in first_days if day <= began_on), None)
        if group is not None:
            found[group].append((began_on, clients, counts))
    return [_cohort(first_day, began, today) for first_day, began in found.items()]


def since(today: date) -> date:
    """The first day that is shown."""
    return _first_days(today, months_each=1)[-1]


def _cohort(first_day: date, began: Iterable[tuple[date, int, list[list[int]]]], today: date) -> Cohort:
    clients, sums = 0, [[0, 0, 0] for _ in range(WEEKS)]
    for began_on, of_day, counts in began:
        clients += of_day
        over = min((today - began_on) // A_WEEK, WEEKS)
        for number in range(max(over, 0)):
            sums[number] = [so_far + more for so_far, more in zip(sums[number], counts[number], strict=True)]
    weeks = tuple(CohortWeek(number, *counts) for number, counts in enumerate(sums, start=1))
    return Cohort(first_day, clients, weeks)


def _began(practice_id: int, first: date) -> Select[date, int]:
    """The days on which somebody began, and how many did."""
    return (
        select(FirstWeeks.began_on, func.count().label("clients"))
        .where(FirstWeeks.practice_id == practice_id, FirstWeeks.began_on >= first)
        .group_by(FirstWeeks.began_on)
    )


def _first_days(today: date, months_each: int) -> list[date]:
    """Of the months or quarters of the last twelve months, the newest first."""
    first = today.replace(month=(today.month - 1) // months_each * months_each + 1, day=1)
    months = [first.year * 12 + first.month - 1 - back for back in range(0, MONTHS, months_each)]
    return [date(month // 12, month % 12 + 1, 1) for month in months]
