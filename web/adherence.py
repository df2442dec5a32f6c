"""Adherence, for admins: who does their exercises, who fell silent, and whom to call first."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.adherence import Adherence
from care.caseload import CELLS, CaseloadRow, call_first, caseload
from care.recurrence import zone_of
from care.saying import local_day, number_in_words
from web.charts import DayCell, DayMark, RatingPoint, Spark, day_strip, sparkline
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, database, db, now, practice, real_now, today

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "Client",
    "Therapist",
    "Why call",
    "First rating",
    "Latest rating",
    "Done, 14 days",
    "Partial",
    "Skipped",
    "Unknown",
    "Due",
    "On paper, not entered",
    "Questions asked, 14 days",
    "Questions answered",
    "Days silent",
    "Last heard",
    "Next visit",
)

bp = Blueprint("adherence", __name__)


@dataclass(frozen=True)
class Line:
    """One client of the table, with the two small pictures that go with the numbers."""

    row: CaseloadRow
    spark: Spark
    cells: tuple[DayCell, ...]

    @property
    def cells_in_words(self) -> str:
        """The strip for who cannot see it."""
        days = self.row.days_28.values()
        done, due = sum(day.done for day in days), sum(day.due for day in days)
        return f"{CELLS} days: {done} of {due} done"


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    therapist: str
    is_silent: bool
    sort: str

    def url(self, endpoint: str = "adherence.index", **changes: str | None) -> str:
        """The same page with this changed."""
        kept: dict[str, Any] = {
            "therapist": self.therapist or None,
            "silent": "1" if self.is_silent else None,
            "sort": self.sort if self.sort == "name" else None,
        }
        return url_for(endpoint, **(kept | changes))


@bp.get("/adherence")
@admin_only
def index() -> ResponseReturnValue:
    filters = _filters()
    rows = caseload(db(), current_user(), now(), today())
    shown = _shown(rows, filters)
    return render_template(
        "adherence/index.html",
        lines=[_line(row) for row in shown],
        has_clients=bool(rows),
        therapists=sorted({row.therapist for row in rows if row.therapist}),
        filters=filters,
        today=today(),
    )


@bp.get("/adherence.csv")
@admin_only
@recently_confirmed
def download() -> ResponseReturnValue:
    """The same lines for a spreadsheet. Data leaves the house, so the audit trail says so."""
    rows = _shown(caseload(db(), current_user(), now(), today()), _filters())
    user, practice_id, zone = current_user(), practice().id, practice().timezone
    with database().sessions.begin() as writing:
        audit.record(writing, practice_id, "export", "adherence", None, real_now(), user)
    answer = Response(_as_csv(rows, zone), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="adherence-{today().isoformat()}.csv"'
    return answer


def _filters() -> Filters:
    return Filters(
        therapist=request.args.get("therapist", "").strip()[:80],
        is_silent=request.args.get("silent") == "1",
        sort="name" if request.args.get("sort") == "name" else "call",
    )


def _shown(rows: Iterable[CaseloadRow], filters: Filters) -> list[CaseloadRow]:
    """Those the filters let through; whom to call first on top, or by name."""
    kept = [
        row
        for row in rows
        if filters.therapist in ("", row.therapist) and (not filters.is_silent or is_silent(row))
    ]
    return kept if filters.sort == "name" else sorted(kept, key=call_first)


def is_silent(row: CaseloadRow) -> bool:
    """Those whose line says so, so that filter and words agree."""
    return any(words.startswith("silent") for words in row.needs)


def _line(row: CaseloadRow) -> Line:
    zone = zone_of(row.client.timezone)
    points = [RatingPoint(at.astimezone(zone).date(), at, score, False) for at, score in row.ratings]
    marks = {
        day: DayMark(one.done, one.partial, one.skipped, one.unknown, one.due + one.open, one.on_paper)
        for day, one in row.days_28.items()
    }
    return Line(row, sparkline(points, today()), day_strip(marks, today(), CELLS))


def _as_csv(rows: Sequence[CaseloadRow], zone: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([neutral(cell) for cell in _cells(row, zone)] for row in rows)
    return out.getvalue()


def _cells(row: CaseloadRow, zone: str) -> list[str]:
    counts = row.adherence
    return [
        row.client.name,
        row.therapist,
        "; ".join(row.needs),
        _score(row.first_rating),
        _score(row.latest_rating),
        *(str(count) for count in _counted(counts)),
        str(row.response_asked),
        str(row.response_answered),
        str(row.silent_days),
        _day(row.last_heard_at, zone),
        _day(row.next_visit_at, zone),
    ]


def _counted(counts: Adherence) -> tuple[int, ...]:
    return counts.done, counts.partial, counts.skipped, counts.unknown, counts.due, counts.on_paper


def neutral(cell: str) -> str:
    """A cell no spreadsheet runs: what looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _score(score: float | None) -> str:
    return "" if score is None else number_in_words(score)


def _day(at: datetime | None, zone: str) -> str:
    return "" if at is None else local_day(at, zone).isoformat()
