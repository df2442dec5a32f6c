"""A plan on paper: which exercises, and on which of the next fourteen days each is due. Facts, no words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from care.models import Assignment, Client, Practice
from care.plans import current_plan, is_running_on, list_assignments, schedule_of
from care.recurrence import today_in

DAYS = 14
# Where paper is Letter; everywhere else it is A4 (Unicode CLDR, supplemental data, paperSize).
LETTER_COUNTRIES = frozenset(
    ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")
)


class Paper(StrEnum):
    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True)
class PaperDay:
    """One day of an exercise, with a box for each time it is due; none on a day of rest."""

    on: date
    times: tuple[time, ...]


@dataclass(frozen=True)
class PaperExercise:
    assignment: Assignment
    days: list[PaperDay]

    @property
    def most_a_day(self) -> int:
        return max(len(day.times) for day in self.days)


@dataclass(frozen=True)
class Handout:
    client: Client
    days: list[date]
    exercises: list[PaperExercise]


def paper_of(practice: Practice) -> Paper:
    """What lies in the printers of the practice's country."""
    return Paper.LETTER if practice.country in LETTER_COUNTRIES else Paper.A4


def given_now(session: Session, client: Client) -> list[Assignment]:
    """The running plan, in its order."""
    plan = current_plan(session, client)
    return list_assignments(session, plan) if plan else []


def handout_of(client: Client, given: Sequence[Assignment], first_day: date) -> Handout:
    """What of `given` is due from this day of the client's on; what never is in these days is left out."""
    days = [first_day + timedelta(days=number) for number in range(DAYS)]
    sheets = [PaperExercise(one, [_day(one, client, day) for day in days]) for one in given]
    return Handout(client, days, [sheet for sheet in sheets if sheet.most_a_day])


def first_paper_day(client: Client, given: Sequence[Assignment], now: datetime) -> date:
    """Today on the client's clock; the plan's first day where that lies ahead."""
    today = today_in(client.timezone, now)
    return max(today, min((one.starts_on for one in given if one.ended_at is None), default=today))


def _day(assignment: Assignment, client: Client, day: date) -> PaperDay:
    schedule = schedule_of(assignment)
    is_due = schedule.is_due_on(day) and is_running_on(assignment, day) and not client.is_paused_on(day)
    return PaperDay(day, tuple(sorted(schedule.times)) if is_due else ())
