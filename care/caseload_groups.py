"""The caseload summed up for admins: by therapist, by condition, and by exercise.

Of a group of few clients only their number is said (docs/measures.md): a share would tell of one of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from care.adherence import Adherence
from care.models import Exercise, ExerciseStanding, Standing, User

# House rules: fewer clients, or fewer ratings, say nothing of a group.
LEAST_CLIENTS, LEAST_RATINGS = 5, 10
# So often a client has to have said no, and never yes, before an exercise counts as dropped.
LEAST_ANSWERS = 3
NOBODY, NO_CONDITION = "", ""
COUNTS = ("done", "partial", "skipped", "unknown", "on_paper")


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
    sums = _sums(practice_id, Standing.therapist_id).subquery()
    named = select(User.name, sums).outerjoin(User, User.id == sums.c.therapist_id)
    groups = [_group(name, figures) for name, _id, *figures in session.execute(named)]
    return sorted(groups, key=lambda group: (group.name == NOBODY, group.name))


def by_condition(session: Session, practice_id: int) -> list[Group]:
    """By the condition of each client's newest episode, the most clients first; those without any last."""
    rows = session.execute(_sums(practice_id, Standing.condition))
    groups = [_group(condition, figures) for condition, *figures in rows]
    return sorted(groups, key=lambda group: (group.name == NO_CONDITION, -group.clients, group.name))


def by_exercise(session: Session, practice_id: int) -> list[ExerciseUse]:
    """What was due in the last 14 days: dropped by most first, then given to most."""
    one = ExerciseStanding
    is_dropped = and_(one.skipped >= LEAST_ANSWERS, one.done == 0, one.partial == 0)
    sums = (
        select(
            one.exercise_id,
            _count_if(one.times > 0).label("clients"),
            _count_if(is_dropped).label("dropped_by"),
            *_added_up(one, (*COUNTS, "ratings", "score_sum")),
            _count_if(one.ratings > 0).label("raters"),
        )
        .where(one.practice_id == practice_id)
        .group_by(one.exercise_id)
        .subquery()
    )
    named = select(Exercise.name, sums).join(Exercise, Exercise.id == sums.c.exercise_id)
    uses = [_use(row) for row in session.execute(named.where(sums.c.clients > 0)).mappings()]
    return sorted(uses, key=lambda use: (-use.dropped_by, -use.clients, use.name))


def _use(row: RowMapping) -> ExerciseUse:
    is_said = row["raters"] >= LEAST_CLIENTS and row["ratings"] >= LEAST_RATINGS
    return ExerciseUse(
        name=row["name"],
        clients=row["clients"],
        adherence=Adherence(**{name: int(row[name]) for name in COUNTS}),
        dropped_by=row["dropped_by"],
        ratings=int(row["ratings"]),
        raters=row["raters"],
        pain=float(row["score_sum"]) / int(row["ratings"]) if is_said else None,
    )


def _sums(practice_id: int, group: InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    """Of each group: clients, the silent, exercises and questions. An index holds all of it."""
    return (
        select(
            group,
            func.count().label("clients"),
            _count_if(Standing.is_silent.is_(True)).label("silent"),
            *_added_up(Standing, (*COUNTS, "asked", "answered")),
        )
        .where(Standing.practice_id == practice_id)
        .group_by(group)
    )


def _group(name: str | None, figures: Sequence[int]) -> Group:
    clients, silent, *counts, asked, answered = map(int, figures)
    adherence = Adherence(**dict(zip(COUNTS, counts, strict=True)))
    return Group(name or "", clients, silent, adherence, asked, answered)


def _added_up(table: type[Standing | ExerciseStanding], names: Iterable[str]) -> Iterator[ColumnElement[Any]]:
    return (func.sum(getattr(table, name)).label(name) for name in names)


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)
