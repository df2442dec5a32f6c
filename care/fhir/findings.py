"""What was measured at completed assessments, as FHIR R4: Observations, and the questions they derive from.

Of a draft nothing leaves the house, and what was not measured or not done makes no resource. Where no LOINC
or SNOMED code was verified the words stand alone: a wrong code is worse than none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from care.finding_catalog import (
    CATALOG,
    GRADES,
    METHODS,
    PAINFUL,
    STRENGTH_MOST,
    TENDERNESS_MOST,
    TONES,
    TRAITS,
    Entry,
)
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
        yield from (_observation(client, one, shared) for one in rows if one.kind in SAYING)


def _is_said(one: Finding) -> bool:
    """0 is a value. A note alone, or a mark that says "not done", is no observation."""
    if one.kind is FindingKind.SPECIAL:
        return one.result in RESULTS
    if one.kind is FindingKind.POSTURE:
        return one.result in GRADES
    if one.kind is FindingKind.PALPATION:
        return one.value is not None or one.result in TONES or bool(one.traits)
    return one.value is not None or one.pain is not None or PAINFUL in one.traits


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


def _observation(client: Client, one: Finding, shared: Resource) -> Resource:
    """The frame is the same for all; what each kind says stands in it."""
    entry = CATALOG.by_code[one.kind, one.code]
    return resource(
        "Observation",
        id_of(client.token, "finding", one.id),
        status="final",
        category=[SURVEY if one.kind is FindingKind.SCORE else EXAM],
        note=note(one.note),
        **shared,
        **SAYING[one.kind](entry, one),
    )


def _range(entry: Entry, one: Finding) -> Resource:
    return {
        "code": concept(text=f"Range of motion: {entry.name}, {one.mode}"),
        "valueQuantity": _quantity(one.value, "deg" if entry.unit == "°" else "mm"),
        "bodySite": _site(entry.group, one),
        "method": concept(text=METHODS[one.method].capitalize()) if one.method in METHODS else None,
        "component": None if one.pain is None else [_part("Pain with the movement", one.pain, PAIN_SCORE)],
    }


def _resisted(entry: Entry, one: Finding) -> Resource:
    """Strength, and whether it hurt: what was not told is absent, so "painful" alone has no number."""
    hurts = {"code": concept(text="Painful"), "valueBoolean": PAINFUL in one.traits}
    strength = [] if one.value is None else [_part(f"Strength, 0 to {STRENGTH_MOST}", one.value)]
    return {
        "code": concept(text=f"Resisted test: {entry.name}"),
        "bodySite": _site(entry.group, one),
        "component": [*strength, hurts],
    }


def _special(entry: Entry, one: Finding) -> Resource:
    return {
        "code": concept(text=f"Special test: {entry.name}, {entry.group}"),
        "valueCodeableConcept": concept(RESULTS[one.result], text=one.result.capitalize()),
        "bodySite": _site(entry.group, one),
    }


def _palpation(entry: Entry, one: Finding) -> Resource:
    """Tenderness, tone and what else was felt. A mark that was not set says nothing, so it is absent."""
    parts = [] if one.value is None else [_part(f"Tenderness, 0 to {TENDERNESS_MOST}", one.value)]
    if one.result in TONES:
        tone = concept(text=TONES[one.result].capitalize())
        parts.append({"code": concept(text="Tone"), "valueCodeableConcept": tone})
    parts += [
        {"code": concept(text=words.capitalize()), "valueBoolean": True}
        for trait, words in TRAITS.items()
        if trait in one.traits
    ]
    return {
        "code": concept(text=f"Palpation: {entry.name}"),
        "bodySite": _site(entry.code, one),
        "component": parts,
    }


def _posture(entry: Entry, one: Finding) -> Resource:
    """Written down, not scored. Its side stands with its name, since its groups are no body regions."""
    return {
        "code": concept(text=", ".join(filter(None, (f"Posture: {entry.name}", one.side)))),
        "valueCodeableConcept": concept(text=GRADES[one.result].capitalize()),
    }


def _score(entry: Entry, one: Finding) -> Resource:
    """With the scale it stands on, so that two scales are never taken for one."""
    code = [SCORE_CODES[one.code]] if one.code in SCORE_CODES else []
    return {
        "code": concept(*code, text=f"{entry.name}, 0 to {one.maximum:g}"),
        "valueQuantity": _quantity(one.value, SCORE),
    }


SAYING: Mapping[FindingKind, Callable[[Entry, Finding], Resource]] = {
    FindingKind.RANGE: _range,
    FindingKind.RESISTED: _resisted,
    FindingKind.SPECIAL: _special,
    FindingKind.PALPATION: _palpation,
    FindingKind.POSTURE: _posture,
    FindingKind.SCORE: _score,
}


def _site(region: str, one: Finding) -> Resource:
    site = body_site(REGION_OF.get(region, region), one.side or None)
    return site | {"text": f"{site['text'][:1].upper()}{site['text'][1:]}"}


def _part(words: str, value: float, *codes: Resource) -> Resource:
    return {"code": concept(*codes, text=words), "valueQuantity": _quantity(value, SCORE)}


def _quantity(value: float | None, unit: str) -> Resource | None:
    return None if value is None else {"value": value, "unit": unit, "system": UCUM, "code": unit}
