"""What was measured at completed assessments, as FHIR R4: Observations, and the questions they derive from.

Of a draft nothing leaves the house, and what was not measured makes no resource. Codes are words: no LOINC or
SNOMED code was verified for these, and a wrong code is worse than none.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from care.fhir.answers import PAIN_SCORE, SURVEY
from care.fhir.people import by_user
from care.fhir.shapes import (
    TERMINOLOGY,
    UCUM,
    Resource,
    coding,
    concept,
    id_of,
    instant,
    named,
    reference,
    resource,
)
from care.finding_catalog import CATALOG, METHODS
from care.models import Assessment, Client, Finding, FindingKind, Practice, Visit

EXAM = concept(coding(f"{TERMINOLOGY}/observation-category", "exam", "Exam"))
ACTIVITY_QUESTION = "Patient-specific activity, 0 unable to 10 as before"
CHANGE_QUESTION = "Change as the client sees it, -5 to 5"
SCORE = "{score}"


def finding_resources(
    practice: Practice,
    client: Client,
    assessments: Iterable[Assessment],
    findings: Mapping[int, Sequence[Finding]],
    visits: Mapping[int, Visit],
) -> Iterable[Resource]:
    """By assessment: its questionnaires, then its observations."""
    for assessment in assessments:
        rows = [one for one in findings.get(assessment.id, ()) if one.value is not None]
        if assessment.completed_at is None or not rows:
            continue
        shared = _shared(practice, client, assessment, visits)
        yield from _asked(client, assessment, rows, shared)
        for one in rows:
            if one.kind is FindingKind.RANGE:
                yield _range(client, one, shared)
            elif one.kind is FindingKind.SCORE:
                yield _score(client, one, shared)


def _shared(
    practice: Practice, client: Client, assessment: Assessment, visits: Mapping[int, Visit]
) -> Resource:
    """Whom, when, where and by whom: the same for all of an assessment."""
    visit = visits.get(assessment.visit_id or 0)
    patient = reference("Patient", named(client.token))
    return {
        "subject": patient,
        "encounter": reference("Encounter", named(visit.token) if visit else None),
        "effectiveDateTime": instant(assessment.completed_at),
        "performer": [by_user(practice, assessment.user_id) or patient],
    }


def _asked(
    client: Client, assessment: Assessment, rows: Sequence[Finding], shared: Resource
) -> Iterable[Resource]:
    """The activities and the rating of change: each a questionnaire, and its total an observation."""
    asked = {
        "psfs": (FindingKind.ACTIVITY, ACTIVITY_QUESTION, "PSFS, mean of the activities"),
        "groc": (FindingKind.CHANGE, CHANGE_QUESTION, CHANGE_QUESTION),
    }
    for name, (kind, question, total) in asked.items():
        values = [(one.code, one.value) for one in rows if one.kind is kind and one.value is not None]
        if not values:
            continue
        id = id_of(client.token, f"{name}-asked", assessment.id)
        yield resource(
            "QuestionnaireResponse",
            id,
            status="completed",
            subject=shared["subject"],
            encounter=shared["encounter"],
            authored=shared["effectiveDateTime"],
            source=shared["subject"],
            item=[
                {
                    "linkId": f"{name}-{number}",
                    "text": code if kind is FindingKind.ACTIVITY else question,
                    "answer": [{"valueDecimal": value}],
                }
                for number, (code, value) in enumerate(values, 1)
            ],
        )
        yield resource(
            "Observation",
            id_of(client.token, name, assessment.id),
            status="final",
            category=[SURVEY],
            code=concept(text=total),
            valueQuantity=_quantity(round(fmean(value for _code, value in values), 2), SCORE),
            derivedFrom=[reference("QuestionnaireResponse", id)],
            **shared,
        )


def _range(client: Client, one: Finding, shared: Resource) -> Resource:
    entry = CATALOG.by_code[FindingKind.RANGE, one.code]
    pain = None if one.pain is None else [_pain(one.pain)]
    return resource(
        "Observation",
        id_of(client.token, "finding", one.id),
        status="final",
        category=[EXAM],
        code=concept(text=f"Range of motion: {entry.name}, {one.mode}"),
        valueQuantity=_quantity(one.value, "deg" if entry.unit == "°" else "mm"),
        bodySite=concept(text=f"{one.side} {entry.group}".strip().capitalize()),
        method=concept(text=METHODS[one.method].capitalize()) if one.method in METHODS else None,
        component=pain,
        **shared,
    )


def _pain(score: float) -> Resource:
    return {
        "code": concept(PAIN_SCORE, text="Pain with the movement"),
        "valueQuantity": _quantity(score, SCORE),
    }


def _score(client: Client, one: Finding, shared: Resource) -> Resource:
    """With the scale it stands on, so that two scales are never taken for one."""
    entry = CATALOG.by_code[FindingKind.SCORE, one.code]
    return resource(
        "Observation",
        id_of(client.token, "finding", one.id),
        status="final",
        category=[SURVEY],
        code=concept(text=f"{entry.name}, 0 to {one.maximum:g}"),
        valueQuantity=_quantity(one.value, SCORE),
        **shared,
    )


def _quantity(value: float | None, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}
