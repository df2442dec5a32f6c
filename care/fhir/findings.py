"""What was measured at completed assessments, as FHIR R4: Observations, and the questions they derive from.

Of a draft nothing leaves the house, and what was not measured or not done makes no resource. Where no LOINC
or SNOMED code was verified the words stand alone: a wrong code is worse than none.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from care.fhir.answers import PAIN_SCORE, SURVEY
from care.fhir.bodies import body_site
from care.fhir.people import by_user
from care.fhir.shapes import (
    LOINC,
    TERMINOLOGY,
    UCUM,
    Resource,
    coding,
    concept,
    id_of,
    instant,
    named,
    note,
    reference,
    resource,
)
from care.finding_catalog import CATALOG, METHODS, PAINFUL, STRENGTH_MOST, Entry
from care.models import Assessment, Client, Finding, FindingKind, Practice, Visit

EXAM = concept(coding(f"{TERMINOLOGY}/observation-category", "exam", "Exam"))
ACTIVITY_QUESTION = "Patient-specific activity, 0 unable to 10 as before"
CHANGE_QUESTION = "Change as the client sees it, -5 to 5"
SCORE = "{score}"
# Scores whose LOINC code was verified (care/finding_catalog.py has all).
SCORE_CODES = {"peg": coding(LOINC, "91147-9")}
# What a special test says, as HL7 names it; one that was not done says nothing.
_INTERPRETATIONS = f"{TERMINOLOGY}/v3-ObservationInterpretation"
RESULTS = {
    "positive": coding(_INTERPRETATIONS, "POS", "Positive"),
    "negative": coding(_INTERPRETATIONS, "NEG", "Negative"),
    "unclear": coding(_INTERPRETATIONS, "IND", "Indeterminate"),
}
# Groups of the catalog that are a body region by another name.
REGION_OF = {
    "jaw": "head_jaw",
    "wrist": "wrist_hand",
    "sacroiliac": "pelvis_si",
    "great toe": "foot",
    "low back": "low_back",
}


def finding_resources(
    practice: Practice,
    client: Client,
    assessments: Iterable[Assessment],
    findings: Mapping[int, Sequence[Finding]],
    visits: Mapping[int, Visit],
) -> Iterable[Resource]:
    """By assessment: its questionnaires, then its observations."""
    for assessment in assessments:
        rows = [one for one in findings.get(assessment.id, ()) if _is_said(one)]
        if assessment.completed_at is None or not rows:
            continue
        shared = _shared(practice, client, assessment, visits)
        yield from _asked(client, assessment, rows, shared)
        for one in rows:
            if one.kind is FindingKind.RANGE:
                yield _range(client, one, shared)
            elif one.kind is FindingKind.RESISTED:
                yield _resisted(client, one, shared)
            elif one.kind is FindingKind.SPECIAL:
                yield _special(client, one, shared)
            elif one.kind is FindingKind.SCORE:
                yield _score(client, one, shared)


def _is_said(one: Finding) -> bool:
    """0 is a value. A resisted test may say that it hurts and nothing more."""
    if one.kind is FindingKind.SPECIAL:
        return one.result in RESULTS
    return one.value is not None or (one.kind is FindingKind.RESISTED and PAINFUL in one.traits)


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
        bodySite=_site(entry, one),
        method=concept(text=METHODS[one.method].capitalize()) if one.method in METHODS else None,
        component=pain,
        **shared,
    )


def _site(entry: Entry, one: Finding) -> Resource:
    site = body_site(REGION_OF.get(entry.group, entry.group), one.side or None)
    return site | {"text": f"{site['text'][:1].upper()}{site['text'][1:]}"}


def _resisted(client: Client, one: Finding, shared: Resource) -> Resource:
    """Strength, and whether it hurt: what was not told is absent, so "painful" alone has no number."""
    entry = CATALOG.by_code[FindingKind.RESISTED, one.code]
    hurts = {"code": concept(text="Painful"), "valueBoolean": PAINFUL in one.traits}
    strength = {
        "code": concept(text=f"Strength, 0 to {STRENGTH_MOST}"),
        "valueQuantity": _quantity(one.value, SCORE),
    }
    return resource(
        "Observation",
        id_of(client.token, "finding", one.id),
        status="final",
        category=[EXAM],
        code=concept(text=f"Resisted test: {entry.name}"),
        bodySite=_site(entry, one),
        component=[hurts] if one.value is None else [strength, hurts],
        note=note(one.note),
        **shared,
    )


def _special(client: Client, one: Finding, shared: Resource) -> Resource:
    entry = CATALOG.by_code[FindingKind.SPECIAL, one.code]
    return resource(
        "Observation",
        id_of(client.token, "finding", one.id),
        status="final",
        category=[EXAM],
        code=concept(text=f"Special test: {entry.name}, {entry.group}"),
        valueCodeableConcept=concept(RESULTS[one.result], text=one.result.capitalize()),
        bodySite=_site(entry, one),
        note=note(one.note),
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
        code=concept(
            *([SCORE_CODES[one.code]] if one.code in SCORE_CODES else []),
            text=f"{entry.name}, 0 to {one.maximum:g}",
        ),
        valueQuantity=_quantity(one.value, SCORE),
        **shared,
    )


def _quantity(value: float | None, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}
