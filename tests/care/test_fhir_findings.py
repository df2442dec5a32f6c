"""What was measured as FHIR R4: valid, with its side, method and scale, and absent where nothing was."""

import pytest
from sqlalchemy.orm import Session

from care.assessments import AssessmentFields, complete, open_draft
from care.brief import brief_for
from care.fhir import export_fhir
from care.finding_catalog import CATALOG
from care.findings import Given, keep_findings
from care.models import Client, FindingKind, Practice, User
from tests.care.fhir_checks import faults
from tests.making import MONDAY_8AM, MONDAY_NOON, make_client, make_practice, make_user

RANGE, ACTIVITY, RESISTED = FindingKind.RANGE, FindingKind.ACTIVITY, FindingKind.RESISTED


@pytest.fixture
def practice(session: Session) -> Practice:
    return make_practice(session)


@pytest.fixture
def sam(session: Session, practice: Practice) -> User:
    return make_user(session, practice)


@pytest.fixture
def maria(session: Session, practice: Practice) -> Client:
    return make_client(session, practice)


def exported(session: Session, practice: Practice, client: Client, kind: str) -> list[dict]:
    resources = list(export_fhir(session, practice, client))
    assert faults(resources) == []
    return [one for one in resources if one["resourceType"] == kind]


def assess(session: Session, client: Client, user: User, *given: Given) -> None:
    draft = open_draft(session, client, user, MONDAY_8AM)
    keep_findings(session, draft, given)
    brief = brief_for(session, client, MONDAY_NOON)
    complete(session, draft, AssessmentFields(), user, MONDAY_NOON, brief)


def test_a_range_goes_out_with_its_side_method_and_pain(session, practice, maria, sam):
    assess(session, maria, sam, Given(RANGE, "shoulder_flexion", "left", "active", "goniometer", 150, pain=0))

    [range_] = exported(session, practice, maria, "Observation")

    assert range_["code"]["text"] == "Range of motion: Shoulder flexion, active"
    assert (range_["valueQuantity"]["value"], range_["valueQuantity"]["code"]) == (150, "deg")
    assert (range_["bodySite"]["text"], range_["method"]["text"]) == ("Shoulder, left", "Goniometer")
    assert range_["bodySite"]["coding"][0]["code"] == "16982005"
    assert range_["component"][0]["valueQuantity"]["value"] == 0
    assert range_["effectiveDateTime"] == "2026-03-02T17:00:00Z"
    assert range_["performer"][0]["reference"].startswith("Practitioner/")


def test_activities_are_a_questionnaire_and_their_mean_an_observation_of_it(session, practice, maria, sam):
    activities = Given(ACTIVITY, "Stairs", value=0), Given(ACTIVITY, "Sleep", value=5)
    assess(session, maria, sam, *activities, Given(FindingKind.CHANGE, "groc", value=-2))

    asked = exported(session, practice, maria, "QuestionnaireResponse")
    totals = exported(session, practice, maria, "Observation")

    assert [(item["text"], item["answer"][0]["valueDecimal"]) for item in asked[0]["item"]] == [
        ("Stairs", 0),
        ("Sleep", 5),
    ]
    assert [one["valueQuantity"]["value"] for one in totals] == [2.5, -2]
    assert [one["derivedFrom"][0]["reference"] for one in totals] == [
        f"QuestionnaireResponse/{one['id']}" for one in asked
    ]


def test_a_score_names_the_scale_it_stands_on(session, practice, maria, sam):
    assess(session, maria, sam, Given(FindingKind.SCORE, "ndi", value=12, maximum=50))

    [score] = exported(session, practice, maria, "Observation")

    assert score["code"]["text"] == "NDI, 0 to 50"


def test_the_peg_score_has_its_code_and_the_others_words_alone(session, practice, maria, sam):
    scores = (
        Given(FindingKind.SCORE, "peg", value=0, maximum=10),
        Given(FindingKind.SCORE, "odi", value=9, maximum=100),
    )
    assess(session, maria, sam, *scores)

    peg, odi = exported(session, practice, maria, "Observation")

    assert (peg["code"]["coding"][0]["code"], peg["valueQuantity"]["value"]) == ("91147-9", 0)
    assert "coding" not in odi["code"]


def test_a_resisted_test_says_strength_and_whether_it_hurt(session, practice, maria, sam):
    weak = Given(RESISTED, "shoulder_abduction", "left", value=0, traits=("painful",), note="Arm drops")
    only_sore = Given(RESISTED, "shoulder_flexion", "right", traits=("painful",))
    assess(session, maria, sam, weak, only_sore)

    first, second = exported(session, practice, maria, "Observation")

    assert first["code"]["text"] == "Resisted test: Shoulder abduction"
    strength, hurts = first["component"]
    assert (strength["valueQuantity"]["value"], hurts["valueBoolean"]) == (0, True)
    assert first["note"] == [{"text": "Arm drops"}]
    assert [one["code"]["text"] for one in second["component"]] == ["Painful"]


@pytest.mark.parametrize(
    ("result", "code"), [("positive", "POS"), ("negative", "NEG"), ("unclear", "IND"), ("not_done", None)]
)
def test_a_special_test_says_its_result_and_one_not_done_says_nothing(
    session, practice, maria, sam, result, code
):
    assess(session, maria, sam, Given(FindingKind.SPECIAL, "sacroiliac_gaenslen", "left", result=result))

    found = exported(session, practice, maria, "Observation")

    assert [one["valueCodeableConcept"]["coding"][0]["code"] for one in found] == ([code] if code else [])
    assert [one["bodySite"]["coding"][0]["code"] for one in found] == (["39723000"] if code else [])


def test_palpation_says_what_was_felt_and_nothing_of_what_was_not(session, practice, maria, sam):
    felt = Given(
        FindingKind.PALPATION,
        "neck",
        "left",
        value=0,
        result="raised",
        traits=("taut_band",),
        note="By the blade",
    )
    only_warm = Given(FindingKind.PALPATION, "knee", "right", traits=("warm",))
    assess(session, maria, sam, felt, only_warm, Given(FindingKind.PALPATION, "hip", "left", note="Later"))

    neck, knee = exported(session, practice, maria, "Observation")

    assert (neck["code"]["text"], neck["bodySite"]["text"]) == ("Palpation: Neck", "Neck, left")
    tenderness, tone, band = neck["component"]
    assert (tenderness["code"]["text"], tenderness["valueQuantity"]["value"]) == ("Tenderness, 0 to 4", 0)
    assert tone["valueCodeableConcept"]["text"] == "Raised tone"
    assert (band["code"]["text"], band["valueBoolean"]) == ("Taut band", True)
    assert neck["note"] == [{"text": "By the blade"}]
    assert [one["code"]["text"] for one in knee["component"]] == ["Warm"]


def test_posture_says_how_marked_it_is_and_that_it_is_not_there(session, practice, maria, sam):
    raised = Given(FindingKind.POSTURE, "head_and_shoulders_raised_shoulder", "right", result="marked")
    forward = Given(FindingKind.POSTURE, "head_and_shoulders_forward_head", result="absent")
    assess(session, maria, sam, raised, forward)

    found = exported(session, practice, maria, "Observation")

    assert [(one["code"]["text"], one["valueCodeableConcept"]["text"]) for one in found] == [
        ("Posture: Raised shoulder, right", "Marked"),
        ("Posture: Forward head", "Not there"),
    ]


def test_pain_with_a_movement_that_was_not_measured_is_told_without_a_number_of_degrees(
    session, practice, maria, sam
):
    assess(session, maria, sam, Given(RANGE, "knee_flexion", "left", "active", "goniometer", pain=0))

    [range_] = exported(session, practice, maria, "Observation")

    assert "valueQuantity" not in range_
    assert range_["component"][0]["valueQuantity"]["value"] == 0


def test_every_movement_and_test_of_the_catalog_is_valid(session, practice, maria, sam):
    said = {
        RANGE: {"value": 3, "mode": "active"},
        RESISTED: {"value": 3},
        FindingKind.SPECIAL: {"result": "positive"},
        FindingKind.PALPATION: {"result": "lowered", "traits": ("referral", "texture")},
        FindingKind.POSTURE: {"result": "mild"},
    }
    all_of_them = [
        Given(one.kind, one.code, one.sides[0], **said[one.kind])
        for one in CATALOG.entries
        if one.kind in said
    ]
    assess(session, maria, sam, *all_of_them)

    found = exported(session, practice, maria, "Observation")

    assert len(found) == len(all_of_them)
    assert all("_" not in one.get("bodySite", {"text": ""})["text"] for one in found)


def test_a_draft_stays_in_the_house(session, practice, maria, sam):
    draft = open_draft(session, maria, sam, MONDAY_8AM)
    keep_findings(session, draft, [Given(ACTIVITY, "Stairs", value=3)])

    assert exported(session, practice, maria, "Observation") == []


def test_what_was_not_measured_makes_no_observation(session, practice, maria, sam):
    assess(session, maria, sam, Given(RANGE, "shoulder_flexion", "left", "active", "goniometer"))

    assert exported(session, practice, maria, "Observation") == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"valueQuantity": {"value": 3, "code": "deg"}}, "a unit's code without its system (qty-3)"),
        (
            {"valueQuantity": {"value": 3, "system": "http://unitsofmeasure.org", "code": "degrees"}},
            "degrees is no unit of ours",
        ),
    ],
)
def test_the_checks_find_a_unit_that_means_nothing(changes, fault):
    observation = {
        "resourceType": "Observation",
        "id": "one",
        "status": "final",
        "code": {"text": "Range"},
    } | changes

    assert any(fault in one for one in faults([observation]))


def test_the_checks_find_an_answer_with_two_values():
    answer = {"valueDecimal": 3, "valueBoolean": True}
    asked = {
        "resourceType": "QuestionnaireResponse",
        "id": "one",
        "status": "completed",
        "item": [{"linkId": "1", "answer": [answer]}],
    }

    assert any("an answer with 2 values" in one for one in faults([asked]))
