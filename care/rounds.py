"""How long an exercise, and one round of several, takes at home."""

from collections.abc import Sequence
from dataclasses import dataclass

from care.models import Assignment, Laterality, Side

SHORTEST_ROUND = 2
SECONDS_BETWEEN = 15
SECONDS_A_TIME = 3


@dataclass(frozen=True, slots=True)
class Sided:
    laterality: Laterality


@dataclass(frozen=True, slots=True)
class Round:
    """As much of an assignment as says how long it takes, for those who ask for thousands at once."""

    exercise: Sided
    sets: int
    reps: int
    hold_seconds: int
    duration_seconds: int
    side: Side


def round_of(assignment: Assignment) -> Round:
    """For what is asked about many times over."""
    return Round(
        Sided(assignment.exercise.laterality),
        assignment.sets,
        assignment.reps,
        assignment.hold_seconds,
        assignment.duration_seconds,
        assignment.side,
    )


def minutes_for(assignments: Sequence[Assignment | Round]) -> int:
    """About how long one round takes, in minutes: holds or durations, both sides, and a breath between.

    At least 2, with getting into place: so "{min} minutes" is right in every language and every own wording.
    """
    return max(SHORTEST_ROUND, round(sum(map(seconds_for, assignments)) / 60))


def seconds_for(one: Assignment | Round) -> int:
    """One exercise done once, with getting into place."""
    is_twice = one.side is Side.BOTH and one.exercise.laterality is Laterality.EACH_SIDE
    return seconds_of_dose(one.sets, one.reps, one.hold_seconds, one.duration_seconds, is_each_side=is_twice)


def seconds_of_dose(
    sets: int, reps: int, hold_seconds: int, duration_seconds: int, *, is_each_side: bool
) -> int:
    """A repetition takes its time, else its hold, else 3 s (our choice), as the words of a dose tell it. Both
    sides take it twice, and getting into place 15 s more (our choice).
    """
    each = duration_seconds or hold_seconds or SECONDS_A_TIME
    return each * reps * sets * (2 if is_each_side else 1) + SECONDS_BETWEEN
