"""The API is what its description says: tried with whatever the description allows, and a little beyond."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import Session

from care import api_tokens
from care.models import Role
from tests.making import MONDAY_8AM, make_client, make_exercise, make_practice, make_user
from web.api.openapi import document

OPERATIONS = frozenset(
    f"{method.upper()} {path}" for path, verbs in document("")["paths"].items() for method in verbs
)
# Rules beyond what a schema can say answer 422, so "valid" data may be refused; with a sentence.
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture
def token(session: Session) -> str:
    practice = make_practice(session)
    admin = make_user(session, practice, role=Role.ADMIN)
    make_client(session, practice, therapist_id=admin.id)
    make_exercise(session, practice)
    token = api_tokens.make_token(session, admin, "Fuzzer", api_tokens.SCOPES, MONDAY_8AM)
    session.commit()
    return token


def try_everything(app: Flask, token: str, examples: int) -> set[str]:
    """Calls within the description and outside of it. Returns what was tried, as in OPERATIONS."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    modes = schemathesis.GenerationMode
    tried = set()

    for found in schema.get_all_operations():
        operation = found.ok()
        strategies = [operation.as_strategy(generation_mode=one) for one in (modes.POSITIVE, modes.NEGATIVE)]

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(*strategies))
        def run(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=CHECKS)

        run()
        tried.add(f"{operation.method.upper()} {operation.path}")
    return tried


def test_every_answer_is_one_the_description_names(app: Flask, token: str) -> None:
    assert try_everything(app, token, 3) == OPERATIONS


@pytest.mark.audit
def test_twenty_thousand_calls_bring_no_other_answer(app: Flask, token: str) -> None:
    assert try_everything(app, token, 20_000 // len(OPERATIONS) + 1) == OPERATIONS


def test_the_description_needs_no_token_and_holds_every_call(app: Flask) -> None:
    said = app.test_client().get("/api/v1/openapi.json").get_json()

    served = {
        f"{method} {str(rule).removeprefix('/api/v1').replace('<int:row_id>', '{row_id}')}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and "<name>" not in str(rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert said["openapi"].startswith("3.1")
    assert served - {"GET /openapi.json"} <= OPERATIONS
