"""Texts by month, for admins: how many, how many did not arrive, and what they cost."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from care.saying import local_day
from care.text_months import TextMonth, text_months
from web.confirming import recently_confirmed
from web.deps import admin_only, practice, today
from web.fresh import with_fresh_text_days
from web.spreadsheets import spreadsheet

MILLION = 1_000_000
COLUMNS = ("Month", "Sent", "Did not arrive", "Received", "Parts", "Cost at today's price", "Currency")

bp = Blueprint("text_months", __name__)


@bp.get("/adherence/texts")
@admin_only
def index() -> ResponseReturnValue:
    return render_template(
        "adherence/texts.html", months=[(month, _cost(month)) for month in _months()], price=_price()
    )


@bp.get("/adherence/texts.csv")
@admin_only
@recently_confirmed
def download() -> ResponseReturnValue:
    return spreadsheet("texts-by-month", COLUMNS, map(_cells, _months()))


def _months() -> list[TextMonth]:
    began = local_day(practice().created_at, practice().timezone)
    return text_months(with_fresh_text_days(), practice().id, practice().timezone, today(), began)


def _cost(month: TextMonth) -> str:
    """Without the currency; empty while nobody said what a part costs."""
    price = practice().part_price
    return "" if price is None else f"{month.parts * price / MILLION:.2f}"


def _price() -> str:
    price = practice().part_price
    return "" if price is None else f"{price / MILLION:g} {practice().currency}"


def _cells(month: TextMonth) -> list[str]:
    counts = (month.sent, month.failed, month.received, month.parts)
    cost = _cost(month)
    return [f"{month.first_day:%Y-%m}", *map(str, counts), cost, practice().currency if cost else ""]
