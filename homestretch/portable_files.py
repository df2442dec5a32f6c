"""Reading and writing files: the portable format, FHIR, and exercises of other libraries."""

import json
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.clock import utc_now
from care.errors import Refused
from care.fhir import export_fhir
from care.foreign_exercises import LARGEST_FILE, read_foreign
from care.library_import import Imported, import_exercises
from care.models import Practice
from care.portable import client_by_reference, export_records, import_records
from care.practices import find_practice, list_practices
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


def import_exercises_from(
    installation: Installation, file: Path, practice_name: str | None
) -> tuple[Imported, int]:
    """Exercises of another library for one practice; the second number says how many could not be read."""
    found = read_foreign(_words_of(file))
    with installation.database.sessions.begin() as session:
        practice = _practice(session, practice_name)
        return import_exercises(session, practice, found.exercises, utc_now()), found.left_out


def _words_of(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Refused("This file is larger than 8 MB. Import a part of it at a time.")
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not JSON.") from None
    except OSError as error:
        raise Refused(f"{file} could not be read: {error.strerror}.") from None


def _practice(session: Session, name: str | None) -> Practice:
    if name is not None:
        practice = find_practice(session, name)
        if practice is None:
            raise Refused(f"There is no practice called {name}.")
        return practice
    practices = list_practices(session)
    if len(practices) != 1:
        raise Refused("Say whose library it is for: --practice NAME.")
    return practices[0]
