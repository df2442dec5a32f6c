"""Behind a figure: every rating, time due, question or text it was counted from, with the client's words."""

from datetime import datetime
from itertools import zip_longest
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care.clients import get_client
from care.errors import NotFound
from care.evidence import KINDS, evidence_for
from care.evidence_lines import EVER, Span, Wanted
from care.recurrence import A_DAY, today_in
from web.deps import current_user, db, now
from web.looking import record_look

# So many lines stand on one page.
AT_ONCE = 300

bp = Blueprint("evidence", __name__)


@bp.get("/clients/<int:client_id>/behind/<kind>")
def show(client_id: int, kind: str) -> ResponseReturnValue:
    """`since` and `until` are instants, in pairs where a figure was counted from two spans of time.

    `assignment`s are exercises of a plan, `exercise` one of the library, `frame` one kind of rating,
    `rating`s those alone, `counted` what of adherence, and `page` which of several pages.
    """
    if kind not in KINDS:
        raise NotFound
    client = get_client(db(), client_id, seen_by=current_user())
    record_look(client)
    wanted = Wanted(
        kind=kind,
        spans=_spans(),
        assignment_ids=tuple(request.args.getlist("assignment", type=int)),
        exercise_id=request.args.get("exercise", type=int),
        frame=request.args.get("frame"),
        rating_ids=tuple(request.args.getlist("rating", type=int)),
        counted=request.args.get("counted"),
    )
    lines = evidence_for(db(), client, wanted)
    page = max(request.args.get("page", 1, type=int), 1)
    first = (page - 1) * AT_ONCE
    return render_template(
        "evidence/show.html",
        client=client,
        wanted=wanted,
        title=KINDS[kind],
        count=len(lines),
        lines=lines[first : first + AT_ONCE],
        first=first,
        newer=_address(client.id, kind, page - 1) if first else None,
        older=_address(client.id, kind, page + 1) if len(lines) > first + AT_ONCE else None,
        is_from_long_ago=wanted.until < now() - A_DAY,
        has_beginning=wanted.since > EVER,
        today=today_in(client.timezone, now()),
    )


def _address(client_id: int, kind: str, page: int) -> str:
    """The same figure, another page of what stands behind it."""
    asked: dict[str, Any] = request.args.to_dict(flat=False) | {"page": page}
    return url_for("evidence.show", client_id=client_id, kind=kind, **asked)


def _spans() -> tuple[Span, ...]:
    """What is not an instant leaves its end open."""
    pairs = zip_longest(request.args.getlist("since"), request.args.getlist("until"), fillvalue="")
    spans = tuple((_instant(since) or EVER, _instant(until) or now()) for since, until in pairs)
    return spans or ((EVER, now()),)


def _instant(given: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
