"""How many still exercise in each week after they began, for admins: curves, a table, and CSV."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from care.drop_off import Cohort, CohortWeek, cohorts, since
from care.first_weeks import WEEKS
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, today
from web.drop_off_chart import curve
from web.fresh import with_fresh_start_days
from web.showing import month
from web.spreadsheets import spreadsheet

QUARTER = "quarter"
COLUMNS = ("Began", "Clients", "Week", "Something due", "Did something", "Left all out", "Unknown")

bp = Blueprint("drop_off", __name__)


@bp.get("/adherence/weeks")
@admin_only
def index() -> ResponseReturnValue:
    found = [(_name(one), one) for one in _cohorts()]
    return render_template(
        "adherence/weeks.html",
        cohorts=[(name, one) for name, one in found if one.clients],
        curves=[(name, one, curve(one.weeks)) for name, one in found if one.has_curve],
        weeks=range(1, WEEKS + 1),
        is_by_quarter=_is_by_quarter(),
    )


@bp.get("/adherence/weeks.csv")
@admin_only
@recently_confirmed
def download() -> ResponseReturnValue:
    """A row for each week. Of few, the number of clients alone, as on the page."""
    rows = (row for one in _cohorts() for row in _rows(one))
    return spreadsheet("drop-off-by-week", COLUMNS, rows)


def _is_by_quarter() -> bool:
    return request.args.get("by") == QUARTER


def _cohorts() -> list[Cohort]:
    session = with_fresh_start_days(since(today()))
    return cohorts(session, current_user().practice_id, today(), months_each=3 if _is_by_quarter() else 1)


def _name(cohort: Cohort) -> str:
    """March 2026, or January to March 2026."""
    first = cohort.first_day
    if not _is_by_quarter():
        return f"{month(first)} {first.year}"
    return f"{month(first)} to {month(first.replace(month=first.month + 2))} {first.year}"


def _rows(cohort: Cohort) -> Iterator[list[str]]:
    """None of a month in which nobody began."""
    began = [f"{cohort.first_day:%Y-%m}", str(cohort.clients)]
    if cohort.is_enough:
        yield from ([*began, *_cells(week)] for week in cohort.weeks if week.due)
    elif cohort.clients:
        yield began


def _cells(week: CohortWeek) -> list[str]:
    numbers: list[Any] = [week.number, week.due]
    if week.is_enough:
        numbers += [week.did, week.left_out, week.unknown]
    return [str(number) for number in numbers]
