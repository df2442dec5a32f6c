"""What could stand in the place of an exercise that does not suit a client."""

from collections.abc import Collection, Iterable, Sequence

from care.exercises import warnings_for
from care.models import Exercise, Precaution


def alternatives(
    exercise: Exercise, library: Iterable[Exercise], precautions: Sequence[Precaution], taken: Collection[int]
) -> list[Exercise]:
    """For the same region or muscles and no precaution of the client's, the most alike first.

    Neither what is retired nor what is taken already. A suggestion: the therapist decides.
    """
    fitting = [
        other
        for other in library
        if other.id not in {exercise.id, *taken}
        and not other.is_retired
        and _has_in_common(exercise, other)
        and not warnings_for(other, precautions)
    ]
    return sorted(fitting, key=lambda other: _distance(exercise, other))


def _has_in_common(exercise: Exercise, other: Exercise) -> bool:
    return other.body_region == exercise.body_region or bool(_shared(exercise, other))


def _shared(exercise: Exercise, other: Exercise) -> set[str]:
    return set(exercise.target_muscles) & set(other.target_muscles)


def _distance(exercise: Exercise, other: Exercise) -> tuple[bool, int, bool, int, str]:
    return (
        other.type is not exercise.type,
        -len(_shared(exercise, other)),
        other.body_region != exercise.body_region,
        abs(other.level - exercise.level),
        other.name,
    )
