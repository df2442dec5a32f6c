"""Reading and writing the portable format as files or streams."""

import json
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import select

from care.fhir import export_fhir
from care.models import Practice
from care.portable import client_by_reference, export_records, import_records
from homestretch.installation import Installation, ensure_sender


def write(installation: Installation, client: str | None, to: TextIO) -> None:
    """One record a line: the whole installation, or one client by reference."""
    with installation.database.reading() as session:
        for record in export_records(session, None, client):
            to.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_fhir(installation: Installation, client: str | None, to: TextIO) -> None:
    """One FHIR R4 resource a line: every practice, or one client by reference."""
    with installation.database.reading() as session:
        found = None if client is None else client_by_reference(session, client)
        wanted = select(Practice).order_by(Practice.id)
        if found is not None:
            wanted = wanted.where(Practice.id == found.practice_id)
        for practice in session.scalars(wanted).all():
            for resource in export_fhir(session, practice, found):
                to.write(json.dumps(resource, ensure_ascii=False) + "\n")


def read(installation: Installation, file: str, now: datetime) -> dict[str, Any]:
    """All records or none. Returns how many of each kind came in."""
    source = nullcontext(sys.stdin) if file == "-" else Path(file).open(encoding="utf-8")  # noqa: SIM115 (closed below)
    with source as lines, installation.database.sessions.begin() as session:
        counts = import_records(session, installation.book, lines, now)
        ensure_sender(session, installation.settings)
    return counts.as_dict()
