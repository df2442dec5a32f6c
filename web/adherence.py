"""Adherence, for admins: who does their exercises, who fell silent, and whom to call first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from care.adherence import Adherence
from care.caseload_lines import CaseloadLine, Wanted, count_lines, list_lines, therapists_of
from care.saying import local_day, number_in_words
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, practice, today
from web.fresh import with_fresh_standings
from web.small_charts import day_strip, sparkline
from web.spreadsheets import spreadsheet

PAGE = 40
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
class Filters:
    """What the address asks for."""

    therapist: str
    is_silent: bool
    sort: str

    @property
    def wanted(self) -> Wanted:
        return Wanted(therapist=self.therapist, is_silent=self.is_silent)

    def url(self, endpoint: str = "adherence.index", **changes: str | None) -> str:
        """The same page with this changed, from its beginning."""
        kept: dict[str, Any] = {
            "therapist": self.therapist or None,
            "silent": "1" if self.is_silent else None,
            "sort": self.sort if self.sort == "name" else None,
        }
        return url_for(endpoint, **(kept | changes))


@bp.get("/adherence")
@admin_only
def index() -> ResponseReturnValue:
    filters, session, user = _filters(), with_fresh_standings(), current_user()
    count = count_lines(session, user, filters.wanted)
    pages = max(1, -(-count // PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render_template(
        "adherence/index.html",
        lines=_lines(session, filters, PAGE, (page - 1) * PAGE),
        count=count,
        has_clients=bool(count) or bool(count_lines(session, user, Wanted())),
        page=page,
        pages=pages,
        page_url=lambda number: filters.url(page=number),
        therapists=therapists_of(session, user.practice_id),
        filters=filters,
        today=today(),
        sparkline=sparkline,
        day_strip=day_strip,
    )


@bp.get("/adherence.csv")
@admin_only
@recently_confirmed
def download() -> ResponseReturnValue:
    """The same lines for a spreadsheet, of all pages."""
    lines = _lines(with_fresh_standings(), _filters())
    return spreadsheet("adherence", COLUMNS, (_cells(line, practice().timezone) for line in lines))


def _filters() -> Filters:
    return Filters(
        therapist=request.args.get("therapist", "").strip()[:80],
        is_silent=request.args.get("silent") == "1",
        sort="name" if request.args.get("sort") == "name" else "call",
    )


def _lines(
    session: Session, filters: Filters, limit: int | None = None, offset: int = 0
) -> list[CaseloadLine]:
    by_name = filters.sort == "name"
    return list_lines(session, current_user(), filters.wanted, by_name=by_name, limit=limit, offset=offset)


def _cells(line: CaseloadLine, zone: str) -> list[str]:
    counts = line.adherence
    return [
        line.name,
        line.therapist,
        "; ".join(line.needs),
        _score(line.first_rating),
        _score(line.latest_rating),
        *(str(count) for count in _counted(counts)),
        str(line.response_asked),
        str(line.response_answered),
        str(line.silent_days),
        _day(line.last_heard_at, zone),
        _day(line.next_visit_at, zone),
    ]


def _counted(counts: Adherence) -> tuple[int, ...]:
    return counts.done, counts.partial, counts.skipped, counts.unknown, counts.due, counts.on_paper


def _score(score: float | None) -> str:
    return "" if score is None else number_in_words(score)


def _day(at: datetime | None, zone: str) -> str:
    return "" if at is None else local_day(at, zone).isoformat()
