"""The caseload summed up for admins: by therapist, by condition, and by exercise.

Of a group of few clients only their number is said (docs/measures.md): a share would tell of one of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session

from care.adherence import Adherence, DayCounts, counts_by_assignment
from care.caseload import RECENT_DAYS
from care.caseload_facts import WEEKS
from care.models import (
    Assignment,
    Client,
    ClientStatus,
    Episode,
    Exercise,
    Occurrence,
    OccurrenceStatus,
    Question,
    Rating,
    Standing,
    User,
)
from care.ratings import NOW
from care.recurrence import A_DAY

# House rules: fewer clients, or fewer ratings, say nothing of a group.
LEAST_CLIENTS, LEAST_RATINGS = 5, 10
# So often a client has to have said no, and never yes, before an exercise counts as dropped.
LEAST_ANSWERS = 3
NOBODY, NO_CONDITION = "", ""
DID = (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL)


@dataclass(frozen=True)
class Group:
    """Some active clients. `name` is the therapist's, or the code of a condition; empty for those without.

    `adherence`, `asked` and `answered` are of 14 days.
    """

    name: str
    clients: int
    silent: int
    adherence: Adherence
    asked: int
    answered: int

    @property
    def is_enough(self) -> bool:
        return self.clients >= LEAST_CLIENTS


@dataclass(frozen=True)
class ExerciseUse:
    """One exercise as the active clients do it: of 14 days, `ratings` with it of 8 weeks.

    `dropped_by` counts the clients who in these days said at least three times that they left it out, and
    never that they did it, even in part: whoever did not answer has dropped nothing. `pain` is the mean of
    the ratings given in answer to a text about it where it was done, None of few. One text asks about all
    exercises of its hour, so it stands with each.
    """

    name: str
    clients: int
    adherence: Adherence
    dropped_by: int
    ratings: int
    raters: int
    pain: float | None

    @property
    def is_enough(self) -> bool:
        return self.clients >= LEAST_CLIENTS


def by_therapist(session: Session, practice_id: int) -> list[Group]:
    """By name; those without a therapist last."""
    rows = session.execute(_lines(practice_id).add_columns(User.name))
    return sorted(_groups(rows), key=lambda group: (group.name == NOBODY, group.name))


def by_condition(session: Session, practice_id: int) -> list[Group]:
    """By the condition of each client's newest episode, the most clients first; those without any last."""
    place = func.row_number().over(
        partition_by=Episode.client_id, order_by=(Episode.started_on.desc(), Episode.id.desc())
    )
    every = select(Episode.client_id, Episode.condition_category, place.label("place"))
    ranked = every.where(Episode.practice_id == practice_id).subquery()
    newest = select(ranked).where(ranked.c.place == 1).subquery()
    rows = session.execute(
        _lines(practice_id)
        .outerjoin(newest, newest.c.client_id == Standing.client_id)
        .add_columns(newest.c.condition_category)
    )
    return sorted(_groups(rows), key=lambda group: (group.name == NO_CONDITION, -group.clients, group.name))


def by_exercise(session: Session, practice_id: int, now: datetime, today: date) -> list[ExerciseUse]:
    """What was due in the last 14 days: dropped by most first, then given to most."""
    active = select(Client.id).where(Client.practice_id == practice_id, Client.status == ClientStatus.ACTIVE)
    counted = counts_by_assignment(session, active, today - (RECENT_DAYS - 1) * A_DAY, today)
    names = select(Assignment.id, Assignment.client_id, Exercise.id, Exercise.name).join(
        Exercise, Exercise.id == Assignment.exercise_id
    )
    by_client: dict[tuple[int, str], dict[int, list[DayCounts]]] = {}
    for assignment_id, client_id, exercise_id, name in session.execute(
        names.where(Assignment.client_id.in_(active))
    ):
        if assignment_id in counted:
            of_exercise = by_client.setdefault((exercise_id, name), {})
            of_exercise.setdefault(client_id, []).append(counted[assignment_id])
    pain = _pain(session, active, now)
    uses = [
        _use(name, [Adherence.total(counts) for counts in clients.values()], pain.get(exercise_id))
        for (exercise_id, name), clients in by_client.items()
    ]
    return sorted(uses, key=lambda use: (-use.dropped_by, -use.clients, use.name))


def _use(name: str, clients: list[Adherence], pain: tuple[int, int, float] | None) -> ExerciseUse:
    ratings, raters, mean = pain or (0, 0, 0.0)
    return ExerciseUse(
        name=name,
        clients=len(clients),
        adherence=Adherence.total(clients),
        dropped_by=sum(_is_dropped(one) for one in clients),
        ratings=ratings,
        raters=raters,
        pain=mean if raters >= LEAST_CLIENTS and ratings >= LEAST_RATINGS else None,
    )


def _is_dropped(counts: Adherence) -> bool:
    return counts.skipped >= LEAST_ANSWERS and not counts.done and not counts.partial


def _pain(session: Session, active: Select[int], now: datetime) -> dict[int, tuple[int, int, float]]:
    """By exercise: how many ratings with it, of how many clients, and their mean."""
    with_it = exists().where(
        Question.id == Rating.question_id,
        Occurrence.reminder_id == Question.reminder_id,
        Occurrence.status.in_(DID),
        Occurrence.assignment_id == Assignment.id,
    )
    each = (
        select(Assignment.exercise_id, Rating.id, Rating.client_id, Rating.score)
        .join(Assignment, Assignment.client_id == Rating.client_id)
        .where(
            Rating.client_id.in_(active),
            Rating.at > now - timedelta(weeks=WEEKS),
            Rating.at <= now,
            Rating.superseded_by_id.is_(None),
            Rating.recall == NOW,
            Rating.label.is_(None),
            with_it,
        )
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(
            each.c.exercise_id,
            func.count(),
            func.count(each.c.client_id.distinct()),
            func.avg(each.c.score),
        ).group_by(each.c.exercise_id)
    )
    return {exercise_id: (ratings, raters, float(mean)) for exercise_id, ratings, raters, mean in rows}


def _lines(practice_id: int) -> Select[bool, dict[str, Any], str]:
    return (
        select(Standing.is_silent, Standing.figures)
        .join(Client, Client.id == Standing.client_id)
        .outerjoin(User, User.id == Client.therapist_id)
        .where(Standing.practice_id == practice_id)
    )


def _groups(rows: Iterable[Row[bool, dict[str, Any], str]]) -> list[Group]:
    found: dict[str, list[tuple[bool, dict[str, Any]]]] = {}
    for is_silent, figures, name in rows:
        found.setdefault(name or "", []).append((is_silent, figures))
    return [
        Group(
            name=name,
            clients=len(lines),
            silent=sum(is_silent for is_silent, _figures in lines),
            adherence=Adherence.total(Adherence(*figures["recent"]) for _silent, figures in lines),
            asked=sum(figures["asked"] for _silent, figures in lines),
            answered=sum(figures["answered"] for _silent, figures in lines),
        )
        for name, lines in found.items()
    ]
