"""The care given, as FHIR R4: Encounter, CarePlan, ServiceRequest and Task."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from care.fhir.bodies import body_site
from care.fhir.people import by_user
from care.fhir.shapes import (
    SNOMED,
    TERMINOLOGY,
    Resource,
    coding,
    concept,
    day,
    id_of,
    instant,
    named,
    note,
    period,
    present,
    reference,
    resource,
)
from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    ExerciseType,
    Goal,
    Occurrence,
    OccurrenceStatus,
    Plan,
    PlanStatus,
    Practice,
    Visit,
    VisitStatus,
)
from care.plan_words import dose_in_words

AMBULATORY = coding(f"{TERMINOLOGY}/v3-ActCode", "AMB", "ambulatory")
PLAN_CATEGORY = concept(
    coding("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan", "Assess-plan")
)
# Both SNOMED codes: the first as in HL7's Physical Activity guide.
EXERCISE_THERAPY = coding(SNOMED, "229065009", "Exercise therapy")
STRETCHING = coding(SNOMED, "229070002", "Stretching exercises")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ENCOUNTER_STATUS = {
    VisitStatus.PLANNED: "planned",
    VisitStatus.HAPPENED: "finished",
    VisitStatus.MISSED: "cancelled",
    VisitStatus.CANCELLED: "cancelled",
}
# What nobody answered stays requested: nobody knows that it was not done.
TASK_STATUS = {
    OccurrenceStatus.OPEN: ("requested", None),
    OccurrenceStatus.DONE: ("completed", "done"),
    OccurrenceStatus.PARTIAL: ("completed", "partly done"),
    OccurrenceStatus.SKIPPED: ("failed", "skipped by the client"),
    OccurrenceStatus.UNKNOWN: ("requested", "no reply"),
    OccurrenceStatus.CANCELLED: ("cancelled", "no longer due"),
}


def encounters(practice: Practice, client: Client, visits: Sequence[Visit]) -> Iterable[Resource]:
    for visit in visits:
        who = by_user(practice, visit.user_id)
        starts = instant(visit.starts_at)
        is_missed = visit.status is VisitStatus.MISSED
        yield resource(
            "Encounter",
            named(visit.token),
            status=ENCOUNTER_STATUS[visit.status],
            **{"class": AMBULATORY},
            type=[{"text": "Missed visit"}] if is_missed else None,
            subject=reference("Patient", named(client.token)),
            participant=[{"individual": who}] if who else None,
            period={"start": starts},
            reasonCode=[{"text": visit.complaint}] if visit.complaint else None,
            serviceProvider=reference("Organization", named(practice.token)),
        )


def care_plans(
    practice: Practice,
    client: Client,
    plans: Sequence[Plan],
    assignments: Mapping[int, Sequence[Assignment]],
    goals: Sequence[Goal],
    visits: Mapping[int, Visit],
) -> Iterable[Resource]:
    """One for each version of the home care, with what it asks for as references to its requests."""
    for plan in plans:
        given = assignments.get(plan.id, ())
        yield resource(
            "CarePlan",
            id_of(client.token, "plan", plan.id),
            text=narrative(
                [f"{one.exercise.name}: {dose_in_words(one, one.exercise.laterality)}" for one in given]
            ),
            status="active" if plan.status is PlanStatus.ACTIVE else "completed",
            intent="plan",
            category=[PLAN_CATEGORY],
            title=f"Home care plan, version {plan.version}",
            subject=reference("Patient", named(client.token)),
            encounter=_encounter(plan.visit_id, visits),
            period=period(instant(plan.created_at), instant(plan.ended_at)),
            created=instant(plan.created_at),
            author=by_user(practice, plan.created_by_id),
            goal=[reference("Goal", id_of(client.token, "goal", goal.id)) for goal in goals],
            activity=[{"reference": _request(client, one.id)} for one in given],
            note=note(plan.note),
        )


def service_requests(
    practice: Practice,
    client: Client,
    plans: Mapping[int, Plan],
    assignments: Iterable[Assignment],
    visits: Mapping[int, Visit],
) -> Iterable[Resource]:
    """One exercise given to the client: what, how much, and when."""
    for one in assignments:
        exercise, plan = one.exercise, plans[one.plan_id]
        is_stretch = exercise.type is ExerciseType.STRETCH
        yield resource(
            "ServiceRequest",
            id_of(client.token, "assignment", one.id),
            basedOn=[reference("CarePlan", id_of(client.token, "plan", plan.id))],
            status="active" if one.status is AssignmentStatus.ACTIVE else "completed",
            intent="order",
            code=concept(STRETCHING if is_stretch else EXERCISE_THERAPY, text=exercise.name),
            subject=reference("Patient", named(client.token)),
            encounter=_encounter(plan.visit_id, visits),
            occurrenceTiming={"repeat": repeat_of(one)},
            authoredOn=instant(one.created_at),
            requester=by_user(practice, plan.created_by_id),
            performer=[reference("Patient", named(client.token))],
            bodySite=[body_site(exercise.body_region, one.side)],
            note=note(one.note, one.end_reason),
            patientInstruction=f"{exercise.name}: {dose_in_words(one, exercise.laterality)}",
        )


def repeat_of(assignment: Assignment) -> Resource:
    """The schedule as `Timing.repeat`: how often a day, on which days, at what time of the client's clock."""
    every = assignment.every_days
    days = [] if every or len(assignment.weekdays) == len(WEEKDAYS) else assignment.weekdays
    return present(
        {
            "boundsPeriod": period(day(assignment.starts_on), day(assignment.ends_on)),
            "frequency": len(assignment.times),
            "period": every or 1,
            "periodUnit": "d",
            "dayOfWeek": [WEEKDAYS[number] for number in sorted(days)],
            "timeOfDay": [f"{clock}:00" for clock in assignment.times],
        }
    )


def tasks(
    client: Client, assignments: Mapping[int, Assignment], occurrences: Iterable[Occurrence]
) -> Iterable[Resource]:
    """One for each time an exercise was due, with what the client said of it."""
    for one in occurrences:
        status, means = TASK_STATUS[one.status]
        assignment = assignments[one.assignment_id]
        is_answered = one.status in (OccurrenceStatus.DONE, OccurrenceStatus.PARTIAL)
        yield resource(
            "Task",
            id_of(client.token, "occurrence", one.id),
            basedOn=[_request(client, one.assignment_id)],
            status=status,
            businessStatus={"text": means} if means else None,
            intent="order",
            code={"text": "Home exercise"},
            focus=_request(client, one.assignment_id),
            **{"for": reference("Patient", named(client.token))},
            executionPeriod={"end": instant(one.answered_at)} if is_answered and one.answered_at else None,
            authoredOn=instant(one.due_at),
            owner=reference("Patient", named(client.token)),
            restriction={"period": {"start": instant(one.due_at), "end": instant(one.closes_at)}},
            input=_amounts(assignment),
            output=_amounts(assignment) if one.status is OccurrenceStatus.DONE else None,
        )


def _amounts(assignment: Assignment) -> list[Resource]:
    """Sets and repetitions. Only what was done whole has them as output: how much a part was, nobody said."""
    wanted = (("sets", assignment.sets), ("repetitions", assignment.reps))
    return [{"type": {"text": name}, "valueInteger": count} for name, count in wanted if count]


def _request(client: Client, assignment: int) -> Resource:
    return {"reference": f"ServiceRequest/{id_of(client.token, 'assignment', assignment)}"}


def _encounter(visit_id: int | None, visits: Mapping[int, Visit]) -> Resource | None:
    visit = visits.get(visit_id or 0)
    return reference("Encounter", named(visit.token) if visit else None)


def narrative(lines: Sequence[str]) -> Resource:
    """What a plan asks for, a paragraph each, for people to read."""
    inside = "".join(f"<p>{escape(line)}</p>" for line in lines) or "<p>Home care without exercises.</p>"
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'}
