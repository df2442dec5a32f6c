"""A plan on paper: which exercises, and on which of the next fourteen days each is due. Facts, no words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from care.models import Assignment, Client, ClientStatus, Practice
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
    """One day of an exercise, with a box for each time it is due; none on a day of rest.

    Nor has a day on which the client's texts are paused any: then nothing is due, and a mark could not be
    entered. Such a day is free: the exercise may be done, and nobody counts it.
    """

    on: date
    times: tuple[time, ...]
    is_free: bool


@dataclass(frozen=True)
class PaperExercise:
    assignment: Assignment
    days: list[PaperDay]

    @property
    def most_a_day(self) -> int:
        return max(len(day.times) for day in self.days)

    @property
    def is_given(self) -> bool:
        """Not one that is over, or that the therapist paused for all of these days."""
        return any(day.times or day.is_free for day in self.days)


@dataclass(frozen=True)
class Handout:
    client: Client
    days: list[date]
    exercises: list[PaperExercise]

    @property
    def has_boxes(self) -> bool:
        return any(one.most_a_day for one in self.exercises)

    @property
    def has_free_days(self) -> bool:
        return any(day.is_free for one in self.exercises for day in one.days)


def paper_of(practice: Practice) -> Paper:
    """What lies in the printers of the practice's country."""
    return Paper.LETTER if practice.country in LETTER_COUNTRIES else Paper.A4


def given_now(session: Session, client: Client) -> list[Assignment]:
    """The running plan, in its order."""
    plan = current_plan(session, client)
    return list_assignments(session, plan) if plan else []


def handout_of(client: Client, given: Sequence[Assignment], first_day: date) -> Handout:
    """What of `given` is done at home from this day of the client's on; what never is in these days is left
    out, and all of it once the client was discharged.
    """
    if client.status is ClientStatus.DISCHARGED:
        given = []
    days = [first_day + timedelta(days=number) for number in range(DAYS)]
    sheets = [PaperExercise(one, [_day(one, client, day) for day in days]) for one in given]
    return Handout(client, days, [sheet for sheet in sheets if sheet.is_given])


def first_paper_day(client: Client, given: Sequence[Assignment], now: datetime) -> date:
    """Today on the client's clock; the plan's first day where that lies ahead."""
    today = today_in(client.timezone, now)
    return max(today, min((one.starts_on for one in given if one.ended_at is None), default=today))


def _day(assignment: Assignment, client: Client, day: date) -> PaperDay:
    schedule = schedule_of(assignment)
    is_given = schedule.is_due_on(day) and is_running_on(assignment, day)
    is_free = is_given and client.is_paused_on(day)
    return PaperDay(day, tuple(sorted(schedule.times)) if is_given and not is_free else (), is_free)
