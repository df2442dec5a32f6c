"""A table as CSV that no spreadsheet runs, with a line in the audit trail, since data leaves the house."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from care import audit
from web.deps import current_user, database, practice, real_now, today

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The file under that name and today's date. The export is on record before it is handed over."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    user, practice_id = current_user(), practice().id
    with database().sessions.begin() as writing:
        audit.record(writing, practice_id, "export", "adherence", None, real_now(), user)
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{today().isoformat()}.csv"'
    return answer


def neutral(cell: str) -> str:
    """A cell no spreadsheet runs: what looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
