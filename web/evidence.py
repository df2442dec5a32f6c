"""Behind a figure: every rating, time due, question or text it was counted from, with the client's words."""

from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from care.clients import get_client
from care.errors import NotFound
from care.evidence import KINDS, Wanted, evidence_for
from care.recurrence import today_in
from web.deps import current_user, db, now
from web.looking import record_look

bp = Blueprint("evidence", __name__)


@bp.get("/clients/<int:client_id>/behind/<kind>")
def show(client_id: int, kind: str) -> ResponseReturnValue:
    """`since` and `until` are instants, `assignment` is one exercise, `frame` one kind of rating."""
    if kind not in KINDS:
        raise NotFound
    client = get_client(db(), client_id, seen_by=current_user())
    record_look(client)
    wanted = Wanted(
        kind=kind,
        since=_instant("since"),
        until=_instant("until") or now(),
        assignment_id=request.args.get("assignment", type=int),
        frame=request.args.get("frame"),
    )
    return render_template(
        "evidence/show.html",
        client=client,
        wanted=wanted,
        title=KINDS[kind],
        lines=evidence_for(db(), client, wanted),
        today=today_in(client.timezone, now()),
    )


def _instant(name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
