"""Records for other systems, as FHIR R4: one client for who treats them, the whole practice for admins."""

import json
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from care import audit
from care.clients import get_client
from care.db import Database
from care.fhir import export_fhir
from care.models import Practice
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, database, db, practice, real_now, today

NDJSON = "application/fhir+ndjson"

bp = Blueprint("fhir", __name__)


@bp.get("/clients/<int:client_id>/fhir.ndjson")
@recently_confirmed
def client(client_id: int) -> ResponseReturnValue:
    """One resource a line. Data leaves the house, so the audit trail says so."""
    found = get_client(db(), client_id, current_user())
    _record("client", found.id)
    lines = [_line(one) for one in export_fhir(db(), practice(), found)]
    return _download(lines, f"client-{today().isoformat()}.ndjson")


@bp.get("/settings/fhir.ndjson")
@admin_only
@recently_confirmed
def whole() -> ResponseReturnValue:
    """Everybody, written line by line: a large practice does not stand in memory at once."""
    of = practice()
    _record("practice", of.id)
    return _download(_lines(database(), of.id), f"practice-{today().isoformat()}.ndjson")


def _lines(database: Database, practice_id: int) -> Iterator[str]:
    with database.reading() as session:
        of = session.get_one(Practice, practice_id)
        for one in export_fhir(session, of):
            yield _line(one)


def _line(resource: dict[str, object]) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n"


def _download(lines: Iterable[str], name: str) -> Response:
    answer = Response(lines, mimetype=NDJSON)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _record(subject: str, subject_id: int) -> None:
    user = current_user()
    with database().sessions.begin() as writing:
        audit.record(writing, user.practice_id, "export", subject, subject_id, real_now(), user)
