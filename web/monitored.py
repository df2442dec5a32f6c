"""Everybody who is remotely monitored, where the practice counts it: both clocks of each, on one page."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care.errors import NotFound
from care.monitored import list_monitored
from care.monitoring_counts import needed_in_words
from care.thresholds import thresholds_of
from web.deps import current_user, db, now, practice

PAGE = 50

bp = Blueprint("monitored", __name__)


@bp.get("/monitoring")
def index() -> ResponseReturnValue:
    """Admins see all of the practice, therapists those they see. Not found where nothing is counted."""
    if not practice().counts_monitoring:
        raise NotFound
    page = max(request.args.get("page", 1, type=int), 1)
    found = list_monitored(db(), current_user(), practice(), now(), PAGE, (page - 1) * PAGE)
    return render_template(
        "monitoring/index.html",
        rows=found.rows,
        count=found.count,
        page=page,
        pages=max(1, -(-found.count // PAGE)),
        page_url=lambda number: url_for("monitored.index", page=number),
        limits=thresholds_of(practice().thresholds),
        needed=needed_in_words,
        made_at=now(),
    )
