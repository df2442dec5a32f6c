"""Pauses of single exercises, which the next version of a plan takes over unless somebody lets them go on."""

from collections.abc import Collection, Sequence
from datetime import date

from care.models import Assignment
from care.plans import NO_PAUSE, Pause, as_new
from care.saying import day_in_words


def carried_pause(running: Sequence[Assignment], exercise_id: int, goes_on: Collection[int]) -> Pause:
    """The pause this exercise has now; none where it is new, or is to go on."""
    if exercise_id in goes_on:
        return NO_PAUSE
    return next((as_new(one).pause for one in running if one.exercise_id == exercise_id), NO_PAUSE)


def pauses_in_words(running: Sequence[Assignment], today: date) -> dict[int, str]:
    """By exercise, those that last on this day or are to come: "Paused", "Paused through Tue 1 Dec"."""
    return {
        one.exercise_id: _in_words(one.paused_from, one.paused_until, today)
        for one in running
        if one.paused_from is not None and (one.paused_until is None or one.paused_until >= today)
    }


def _in_words(from_day: date, until_day: date | None, today: date) -> str:
    said = "Paused"
    if from_day > today:
        said += f" from {day_in_words(from_day, today)}"
    return said if until_day is None else f"{said} through {day_in_words(until_day, today)}"
