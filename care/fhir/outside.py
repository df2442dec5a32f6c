"""What somebody outside the practice gives the client to do, as FHIR R4 CarePlans: as it was told, no more.

Such a plan is written down, not ordered by us, so its exercises are details and no ServiceRequests, and
whether they are done nobody told. The provider is a name alone: there is no record of theirs to point to.
"""

from collections.abc import Iterable

from care.carrying import A_WEEK, told_in_words
from care.fhir.given import PLAN_CATEGORY, narrative
from care.fhir.shapes import (
    Resource,
    concept,
    day,
    id_of,
    named,
    note,
    period,
    present,
    reference,
    resource,
)
from care.models import Client, OutsideProgram
from care.program_reading import OutsideExercise, exercise_from
from care.vocabulary import PRECAUTIONS, REGIONS


def outside_care_plans(client: Client, programs: Iterable[OutsideProgram]) -> Iterable[Resource]:
    """One for each programme. How one stands that is counted no more, only its provider knows."""
    for one in programs:
        exercises = [exercise_from(stored) for stored in one.exercises]
        lines = [f"{exercise.name}: {told_in_words(exercise)}" for exercise in exercises]
        precautions = [f"Precaution: {PRECAUTIONS.get(code, code)}" for code in one.precautions]
        yield resource(
            "CarePlan",
            id_of(client.token, "outside-program", one.id),
            text=narrative(lines),
            status="active" if one.ended_on is None else "unknown",
            intent="plan",
            category=[PLAN_CATEGORY],
            title=f"Home programme of {one.provider}, as told to us",
            subject=reference("Patient", named(client.token)),
            period=period(None, day(one.ended_on)),
            created=day(one.received_on),
            author={"display": one.provider},
            activity=[
                *({"detail": _detail(exercise)} for exercise in exercises),
                *({"detail": _avoided(words)} for words in one.avoid),
            ],
            note=note(*precautions, f"To be read at {one.address}" if one.address else None),
        )


def _detail(one: OutsideExercise) -> Resource:
    repeat = repeat_told(one)
    dose = told_in_words(one) if one.as_json().keys() - {"name", "region"} else None
    return present(
        {
            "kind": "ServiceRequest",
            "code": concept(text=one.name),
            "status": "unknown",
            "doNotPerform": False,
            "scheduledTiming": {"repeat": repeat} if repeat else None,
            "description": ", ".join(filter(None, (dose, REGIONS.get(one.region)))),
        }
    )


def repeat_told(one: OutsideExercise) -> Resource:
    """How often, as `Timing.repeat`. Empty where they did not say."""
    often, days = one.times_per_day, one.days_per_week
    if often is None and days is None:
        return {}
    if days is None or days == A_WEEK:
        return {"frequency": often or 1, "period": 1, "periodUnit": "d"}
    return {"frequency": days * (often or 1), "period": 1, "periodUnit": "wk"}


def _avoided(words: str) -> Resource:
    return {
        "kind": "ServiceRequest",
        "code": concept(text=words),
        "status": "unknown",
        "doNotPerform": True,
    }
