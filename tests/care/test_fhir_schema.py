"""Everything we send against HL7's own JSON schema of FHIR R4, which `make audit` fetches where it can."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.assessments import AssessmentFields, complete, open_draft
from care.brief import brief_for
from care.fhir import export_fhir
from care.finding_catalog import CATALOG
from care.findings import Given, keep_findings
from care.instruments import MEASURES
from care.models import Client, FindingKind, User
from care.phones import PhoneBook
from tests.care.portable_world import make_world
from tests.conftest import ROOT
from tests.making import MONDAY_NOON

SCHEMA = ROOT / "build" / "fhir" / "fhir.schema.json"

pytestmark = pytest.mark.audit


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip("No schema of FHIR R4 here: make audit fetches it where npm is.")
    found: dict[str, Any] = json.loads(Path(SCHEMA).read_text("utf-8"))
    assert found["id"] == "http://hl7.org/fhir/json-schema/4.0"
    return found


def faults(schema: dict[str, Any], resources: list[dict[str, Any]]) -> list[str]:
    """One validator for each kind, so that a fault is told at its field."""
    validators = pytest.importorskip("jsonschema_rs", reason="It comes with schemathesis, in the test extra.")
    of_kind = {
        kind: validators.Draft6Validator(
            {
                "$schema": schema["$schema"],
                "definitions": schema["definitions"],
                "$ref": f"#/definitions/{kind}",
            }
        )
        for kind in {one["resourceType"] for one in resources}
    }
    return [
        f"{one['resourceType']}/{one['id']}: {fault.message}"
        for one in resources
        for fault in of_kind[one["resourceType"]].iter_errors(one)
    ]


def test_the_schema_says_what_is_wrong(schema):
    good = {"resourceType": "Observation", "id": "one", "status": "final", "code": {"text": "Pain"}}

    assert faults(schema, [good]) == []
    assert len(faults(schema, [good | {"status": "done"}, good | {"sides": 2}])) == 2


def test_a_practice_with_everything_in_it_is_valid(session: Session, book: PhoneBook, schema) -> None:
    practice = make_world(session, book)
    user = session.scalars(select(User).where(User.practice_id == practice.id)).first()
    client = session.scalars(select(Client).where(Client.email == "maria@example.com")).one()
    assert user is not None
    draft = open_draft(session, client, user, MONDAY_NOON)
    keep_findings(session, draft, [*everything_found()])
    complete(session, draft, AssessmentFields(), user, MONDAY_NOON, brief_for(session, client, MONDAY_NOON))

    resources = list(export_fhir(session, practice))

    kinds = {one["resourceType"] for one in resources}
    assert kinds >= {
        "Patient",
        "Practitioner",
        "CarePlan",
        "ServiceRequest",
        "Task",
        "Observation",
        "Consent",
    }
    assert faults(schema, resources) == []


def everything_found() -> list[Given]:
    """A finding of each entry that goes out, and a score of each measure."""
    numbers = {FindingKind.RANGE: "active", FindingKind.RESISTED: ""}
    return [
        *(
            Given(one.kind, one.code, one.sides[0], numbers[one.kind], value=3)
            for one in CATALOG.entries
            if one.kind in numbers
        ),
        *(
            Given(one.kind, one.code, one.sides[0], result="unclear", note="Twice")
            for one in CATALOG.entries
            if one.kind is FindingKind.SPECIAL
        ),
        *(Given(FindingKind.SCORE, one.code, value=0, maximum=one.maxima[0]) for one in MEASURES.values()),
        Given(FindingKind.ACTIVITY, "Stairs", value=0),
        Given(FindingKind.CHANGE, "groc", value=-5),
    ]
