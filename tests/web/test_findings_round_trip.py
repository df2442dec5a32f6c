"""A finding goes from the form into its row, onto the page and out as FHIR: 0 is a value."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from care.assessments import AssessmentFields, complete, open_draft
from care.brief import brief_for
from care.fhir import export_fhir
from care.finding_catalog import CATALOG, METHODS, MODES, RESULTS, TONES, TRAITS
from care.findings import Given, is_empty, keep_findings, list_findings
from care.models import FindingKind
from care.thresholds import Thresholds
from tests.care.fhir_checks import faults
from tests.making import MONDAY_8AM, MONDAY_NOON, NEW_YORK, make_client, make_practice, make_user
from web.finding_form import form_of, read_form, shown_findings

RANGE, RESISTED, SPECIAL = FindingKind.RANGE, FindingKind.RESISTED, FindingKind.SPECIAL
PALPATION, ACTIVITY = FindingKind.PALPATION, FindingKind.ACTIVITY


def entries(kind: FindingKind) -> st.SearchStrategy[Any]:
    return st.sampled_from([one for one in CATALOG.entries if one.kind is kind])


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def findings(draw: st.DrawFn) -> Given:
    """One field of the form, as it may be filled in or left empty."""
    kind = draw(st.sampled_from([RANGE, RESISTED, SPECIAL, PALPATION, ACTIVITY]))
    if kind is ACTIVITY:
        return Given(kind, draw(st.sampled_from(["Stairs", "Sleep"])), value=draw(maybe(st.integers(0, 10))))
    entry = draw(entries(kind))
    side = draw(st.sampled_from(entry.sides))
    if kind is RANGE:
        figures = {"value": draw(maybe(st.integers(-45, 200))), "pain": draw(maybe(st.integers(0, 10)))}
        how = {"mode": draw(st.sampled_from(list(MODES))), "method": draw(st.sampled_from(list(METHODS)))}
        return Given(kind, entry.code, side, **how, **figures)
    if kind is RESISTED:
        hurts = draw(st.sampled_from([(), ("painful",)]))
        return Given(kind, entry.code, side, value=draw(maybe(st.integers(0, 5))), traits=hurts)
    note = draw(st.sampled_from(["", "Worse with the arm up"]))
    if kind is SPECIAL:
        return Given(kind, entry.code, side, result=draw(st.sampled_from(["", *RESULTS])), note=note)
    felt = draw(st.lists(st.sampled_from(list(TRAITS)), unique=True, max_size=2))
    return Given(
        kind,
        entry.code,
        side,
        value=draw(maybe(st.integers(0, 4))),
        result=draw(st.sampled_from(["", *TONES])),
        traits=tuple(sorted(felt)),
        note=note,
    )


def typed(given: list[Given]) -> MultiDict[str, str]:
    """The form as a browser sends it, a line for each."""
    form: MultiDict[str, str] = MultiDict()
    for number, one in enumerate(given):
        form.add("line", ":".join((one.kind, one.mode, one.code)))
        form.add(f"f{number}-method", one.method)
        form.add(f"f{number}-note", one.note)
        form.add(f"f{number}-result{one.side}", one.result)
        for trait in one.traits:
            form.add(f"f{number}-traits{one.side}", trait)
        for name, figure in (("value", one.value), ("pain", one.pain)):
            form.add(f"f{number}-{name}{one.side}", "" if figure is None else f"{figure:g}")
    return form


def is_told(one: Given) -> bool:
    """Whether FHIR has something to say of it: a note alone, and a test not done, say nothing."""
    if one.kind is SPECIAL:
        return one.result not in ("", "not_done")
    return one.value is not None or one.pain is not None or bool(one.result or one.traits)


def numbers_in(resource: dict[str, Any]) -> list[float]:
    inside = [resource, *resource.get("component", ())]
    return [one["valueQuantity"]["value"] for one in inside if "valueQuantity" in one]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(findings(), min_size=1, max_size=6, unique_by=lambda one: (one.kind, one.code, one.mode)))
def test_what_was_typed_is_what_is_kept_shown_and_sent(session: Session, given: list[Given]) -> None:
    practice = make_practice(session)
    sam, maria = make_user(session, practice), make_client(session, practice)

    form = read_form(typed(given))
    said = {one.key: one for one in form.given}
    assert form.errors == {}
    assert {key: said[key] for key in (one.key for one in given)} == {one.key: one for one in given}
    assert all(is_empty(one) for key, one in said.items() if key not in {one.key for one in given})

    draft = open_draft(session, maria, sam, MONDAY_8AM)
    keep_findings(session, draft, form.given)
    again = form_of(list_findings(session, draft), [], NEW_YORK, Thresholds())
    assert {one.key: one for one in again.given} == said

    complete(session, draft, AssessmentFields(), sam, MONDAY_NOON, brief_for(session, maria, MONDAY_NOON))
    rows = list_findings(session, draft)
    shown = shown_findings(rows, [], NEW_YORK, Thresholds())
    figures = [figure for lines in shown.values() for line in lines for figure in line.figures]
    assert len(figures) == sum(not is_empty(one) for one in given)

    sent = list(export_fhir(session, practice, maria))
    assert faults(sent) == []
    exams = [one for one in sent if one["resourceType"] == "Observation" and is_exam(one)]
    told = [one for one in given if is_told(one) and one.kind is not ACTIVITY]
    expected = [[figure for figure in (one.value, one.pain) if figure is not None] for one in told]
    assert sorted(map(numbers_in, exams)) == sorted(expected)


def is_exam(one: dict[str, Any]) -> bool:
    return bool(one["category"][0]["coding"][0]["code"] == "exam")
