"""Reading and writing the portable format as files or streams."""

import json
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from care.portable import export_records, import_records
from homestretch.installation import Installation, ensure_sender


def write(installation: Installation, client: str | None, to: TextIO) -> None:
    """One record a line: the whole installation, or one client by reference."""
    with installation.database.reading() as session:
        for record in export_records(session, None, client):
            to.write(json.dumps(record, ensure_ascii=False) + "\n")


def read(installation: Installation, file: str, now: datetime) -> dict[str, Any]:
    """All records or none. Returns how many of each kind came in."""
    source = nullcontext(sys.stdin) if file == "-" else Path(file).open(encoding="utf-8")  # noqa: SIM115 (closed below)
    with source as lines, installation.database.sessions.begin() as session:
        counts = import_records(session, installation.book, lines, now)
        ensure_sender(session, installation.settings)
    return counts.as_dict()
