"""What the FHIR models let through though R4 forbids it: code sets, exclusive fields, references, ids."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
# The required bindings of the elements we write (HL7 FHIR R4, 4.0.1).
CODES: dict[str, dict[str, str]] = {
    "Patient": {"gender": "male female other unknown"},
    "Encounter": {
        "status": "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
    },
    "CarePlan": {
        "status": "draft active on-hold revoked completed entered-in-error unknown",
        "intent": "proposal plan order option",
    },
    "ServiceRequest": {
        "status": "draft active on-hold revoked completed entered-in-error unknown",
        "intent": "proposal plan directive order original-order reflex-order filler-order"
        " instance-order option",
    },
    "Task": {
        "status": "draft requested received accepted rejected ready cancelled in-progress on-hold failed"
        " completed entered-in-error",
        "intent": "unknown proposal plan order original-order reflex-order filler-order"
        " instance-order option",
    },
    "Observation": {
        "status": "registered preliminary final amended corrected cancelled entered-in-error unknown"
    },
    "QuestionnaireResponse": {"status": "in-progress completed amended entered-in-error stopped"},
    "Communication": {
        "status": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
    },
    "Consent": {"status": "draft proposed active rejected inactive entered-in-error"},
    "Goal": {
        "lifecycleStatus": "proposed planned accepted active on-hold completed cancelled entered-in-error"
        " rejected"
    },
}
# Of the activities of a CarePlan, and what they may be (CarePlanActivityStatus, CarePlanActivityKind).
ACTIVITY = {
    "status": "not-started scheduled in-progress on-hold completed cancelled stopped unknown"
    " entered-in-error",
    "kind": "Appointment CommunicationRequest DeviceRequest MedicationRequest NutritionOrder Task"
    " ServiceRequest VisionPrescription",
}
UCUM = "http://unitsofmeasure.org"
UNITS = {"{score}", "deg", "mm"}
TELECOM = ("phone", "fax", "email", "pager", "url", "sms", "other")


def faults(resources: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each thing that is wrong in this file, models included."""
    there = {f"{one['resourceType']}/{one['id']}" for one in resources}
    found = [] if len(there) == len(resources) else ["Two resources have one id."]
    for one in resources:
        name = f"{one['resourceType']}/{one['id']}"
        found += [f"{name}: {fault}" for fault in _of_the_models(one)]
        found += [f"{name}: {fault}" for fault in _of_our_own(one)]
        found += [f"{name} refers to {ref}" for ref in _references(one) if ref not in there]
    return found


def _of_the_models(one: dict[str, Any]) -> Iterator[str]:
    kind = one["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    try:
        model.model_validate(one)
    except ValueError as wrong:
        yield str(wrong)


def _of_our_own(one: dict[str, Any]) -> Iterator[str]:
    kind = one["resourceType"]
    if not ID.fullmatch(one["id"]):
        yield f"the id {one['id']} has other characters than R4 allows"
    for field, codes in CODES.get(kind, {}).items():
        if one.get(field) not in codes.split():
            yield f"{field} is {one.get(field)!r}"
    for point in one.get("telecom", ()):
        if point["system"] not in TELECOM:
            yield f"telecom has the system {point['system']}"
    for activity in one.get("activity", ()):
        if len({"detail", "reference"} & activity.keys()) != 1:
            yield "an activity has detail and reference, or neither"
        for field, codes in ACTIVITY.items() if "detail" in activity else ():
            if activity["detail"].get(field) not in codes.split():
                yield f"an activity's {field} is {activity['detail'].get(field)!r}"
    said = {"valueQuantity", "valueCodeableConcept", "component", "dataAbsentReason"} & one.keys()
    if kind == "Observation" and len(said - ({"component"} if len(said) > 1 else set())) != 1:
        yield "a value and a reason for its absence, or neither"
    for quantity in _all_named(one, "valueQuantity"):
        if "code" in quantity and "system" not in quantity:
            yield "a unit's code without its system (qty-3)"
        elif quantity.get("system") == UCUM and quantity.get("code") not in UNITS:
            yield f"{quantity.get('code')} is no unit of ours"
    for answers in _all_named(one, "answer"):
        for answer in answers:
            values = [name for name in answer if name.startswith("value")]
            if len(values) != 1:
                yield f"an answer with {len(values)} values"
    if kind == "Consent" and not {"policy", "policyRule"} & one.keys():
        yield "neither policy nor policyRule (ppc-1)"
    if _is_empty_somewhere(one):
        yield "an empty field"
    for moment in _instants(one):
        if datetime.fromisoformat(moment.replace("Z", "+00:00")).tzinfo is None:
            yield f"{moment} has a time and no zone"


def _is_empty_somewhere(value: Any) -> bool:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return not value or any(map(_is_empty_somewhere, inside))
    return value is None or value == ""


def _all_named(value: Any, wanted: str) -> Iterator[Any]:
    """Whatever stands under this name, at any depth."""
    if isinstance(value, dict):
        for name, inside in value.items():
            if name == wanted:
                yield inside
            yield from _all_named(inside, wanted)
    elif isinstance(value, list):
        for inside in value:
            yield from _all_named(inside, wanted)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inside in value.items():
            if name == "reference" and isinstance(inside, str):
                yield inside
            else:
                yield from _references(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _references(inside)


def _instants(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inside in value.values():
            yield from _instants(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _instants(inside)
    elif isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        yield value
