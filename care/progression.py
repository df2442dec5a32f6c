"""More or less of an exercise, one step at a time: a suggestion that a therapist looks at before it counts.

Progress takes one thing up by 10 to 20 %: a stretch its hold, then its times; strength its times, then its
sets. Regress halves the dose. How large a step is and how far a thing goes is in `Thresholds`.
"""

from collections.abc import Callable
from dataclasses import replace
from math import ceil

from care.models import ExerciseType
from care.plans import Dose
from care.thresholds import Thresholds

Step = Callable[[Dose, Thresholds], Dose | None]


def progressed(dose: Dose, type: ExerciseType, limits: Thresholds) -> Dose | None:
    """The next step up, or None where one exercise is meant to go no further."""
    steps = OF_STRENGTH if type is ExerciseType.STRENGTH else OF_OTHERS
    return next((found for step in steps if (found := step(dose, limits)) is not None), None)


def regressed(dose: Dose, type: ExerciseType) -> Dose | None:
    """Half the dose, or None where nothing is left to halve."""
    if dose.duration_seconds > 1:
        return replace(dose, duration_seconds=_rounded(dose.duration_seconds / 2))
    if dose.hold_seconds > 1 and type is not ExerciseType.STRENGTH:
        return replace(dose, hold_seconds=_rounded(dose.hold_seconds / 2))
    if dose.reps > 1:
        return replace(dose, reps=ceil(dose.reps / 2))
    return replace(dose, sets=ceil(dose.sets / 2)) if dose.sets > 1 else None


def _longer_hold(dose: Dose, limits: Thresholds) -> Dose | None:
    if not 0 < dose.hold_seconds < limits.longest_hold:
        return None
    return replace(dose, hold_seconds=_up(dose.hold_seconds, limits.longest_hold, limits))


def _longer(dose: Dose, limits: Thresholds) -> Dose | None:
    if not 0 < dose.duration_seconds < limits.longest_release:
        return None
    return replace(dose, duration_seconds=_up(dose.duration_seconds, limits.longest_release, limits))


def _more_holds(dose: Dose, limits: Thresholds) -> Dose | None:
    """A movement that is not held may be done as often as one for strength."""
    most = limits.most_holds if dose.hold_seconds else limits.most_times
    return replace(dose, reps=_up(dose.reps, most, limits)) if dose.reps < most else None


def _more_times(dose: Dose, limits: Thresholds) -> Dose | None:
    most = limits.most_times
    return replace(dose, reps=_up(dose.reps, most, limits)) if dose.reps < most else None


def _more_sets(dose: Dose, limits: Thresholds) -> Dose | None:
    """A set more of fewer times: all together they grow by the step."""
    if dose.sets >= limits.most_sets:
        return None
    sets = dose.sets + 1
    grown = dose.sets * dose.reps * (100 + limits.progress_percent) / 100
    return replace(dose, sets=sets, reps=ceil(grown / sets))


OF_STRENGTH: tuple[Step, ...] = (_longer, _more_times, _more_sets)
OF_OTHERS: tuple[Step, ...] = (_longer_hold, _longer, _more_holds)


def _up(number: int, most: int, limits: Thresholds) -> int:
    return min(most, max(number + 1, _rounded(number * (100 + limits.progress_percent) / 100)))


def _rounded(number: float) -> int:
    """Seconds and times as people count them: by fives from 20 on."""
    return max(1, round(number / 5) * 5 if number >= 20 else int(number + 0.5))
