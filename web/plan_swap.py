"""What may take the place of an exercise in a running plan: those most like it, or what a search finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from care.alternatives import alternatives
from care.exercises import list_exercises, warnings_for
from care.models import Client, Exercise, Precaution
from web.plan_form import PlanForm
from web.visit_desk import MOST_SUGGESTIONS, SHORTEST_QUERY, first_matches


@dataclass(frozen=True)
class Choice:
    """One exercise offered, and a sentence for each precaution of the client's that it asks care with."""

    exercise: Exercise
    warnings: list[str]


def choices_for(
    session: Session, client: Client, form: PlanForm, precautions: Sequence[Precaution]
) -> list[Choice]:
    """For the exercise the form is about to swap, without those in the plan; none while it swaps nothing.

    Before anything is searched for, those most like it that ask for no care with this client.
    """
    if form.swapping is None:
        return []
    taken = taken_by(form)
    if len(form.query) >= SHORTEST_QUERY:
        found = first_matches(session, client.practice_id, form.query)
        offered = [one for one in found if one.id not in taken]
    else:
        before = form.rows[form.swapping].row.exercise
        library = list_exercises(session, client.practice_id)
        offered = alternatives(before, library, precautions, taken)[:MOST_SUGGESTIONS]
    return [Choice(one, warnings_for(one, precautions)) for one in offered]


def taken_by(form: PlanForm) -> set[int]:
    """What the plan holds already, before and after the changes; what was swapped may come back."""
    others = {one.assignment.exercise_id for number, one in enumerate(form.rows) if number != form.swapping}
    return others | {one.row.exercise.id for one in form.rows}
