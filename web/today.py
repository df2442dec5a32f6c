"""Today: who needs you first, who is due, and the quiet rest folded away."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from care import attention, audit, holding, visits
from care.caseload_lines import CaseloadLine, Wanted, count_lines, list_lines
from care.followups import follow_ups_due_between
from care.pain import start_of
from care.recurrence import A_DAY
from care.saying import moment_in_words, time_in_words
from web.deps import current_user, db, know_waiting_count, now, practice, real_now, today
from web.fresh import with_fresh_standings
from web.needs import first_needs
from web.showing import FOLLOW_UPS
from web.small_charts import sparkline

LOOK_AHEAD = timedelta(days=60)
# Of each list, until somebody asks for all.
SHOWN = 15
CHECKS = {kind: words.lower() for kind, words in FOLLOW_UPS.items()}

bp = Blueprint("today", __name__)


# A check and no visit, when on the practice's clock, and the words for it if it is a check.
Thing = tuple[bool, time, str]


class Due(NamedTuple):
    """What one client has due today, and from what time on the practice's clock: which is their order."""

    at: time
    client_id: int
    things: list[Thing]

    @property
    def what(self) -> list[str]:
        """In words, by the clock."""
        by_clock = sorted(self.things, key=lambda thing: thing[1])
        return [f"{words} {time_in_words(at)}" if is_check else words for is_check, at, words in by_clock]


@bp.get("/today")
def show() -> ResponseReturnValue:
    """The first of each list, and all of them when asked: more than a screenful is no help at a glance."""
    session, user, most = with_fresh_standings(), current_user(), None if _wants_all() else SHOWN
    needs, needs_count = first_needs(session, user, now(), most)
    know_waiting_count(needs_count)
    due = _due_today()
    quiet = Wanted(but=[one.client_id for one in due], quiet_at=now())
    count = count_lines(session, user, quiet)
    return render_template(
        "today/show.html",
        today=today(),
        needs=needs,
        needs_count=needs_count,
        due=_with_lines(session, due[:most]),
        due_count=len(due),
        quiet=list_lines(session, user, quiet, by_name=True, limit=SHOWN) if count else [],
        quiet_count=count,
        next_visit=_next_visit() if not due and not needs else None,
        has_clients=bool(needs or due or count or count_lines(session, user, Wanted())),
        held=holding.list_held(session, user),
        sparkline=sparkline,
    )


def _wants_all() -> bool:
    return request.args.get("all") == "1"


@bp.post("/attention/<int:item_id>/acknowledge")
def acknowledge(item_id: int) -> ResponseReturnValue:
    """Somebody has seen it; it stays on the list until it is dealt with."""
    item = attention.get_item(db(), item_id, current_user())
    attention.acknowledge(db(), item, current_user(), now())
    _record("acknowledge", item_id)
    db().commit()
    return redirect(url_for("today.show"), 303)


@bp.post("/attention/<int:item_id>/close")
def close(item_id: int) -> ResponseReturnValue:
    """Dealt with, by a named person, with a note."""
    item = attention.get_item(db(), item_id, current_user())
    attention.close(db(), item, current_user(), now(), note=request.form.get("note", "").strip()[:500])
    _record("close", item_id)
    still_held = holding.still_held_words(db(), item)
    db().commit()
    flash(f"Done, noted as yours: {request.form.get('label', 'this item')[:120]}. {still_held}".strip())

    return redirect(url_for("today.show"), 303)


def _record(action: str, item_id: int) -> None:
    user = current_user()
    audit.record(db(), user.practice_id, action, "attention_item", item_id, real_now(), user)


def _due_today() -> list[Due]:
    """Visits and follow-ups, one entry per client, in the order of the clock; a visit's time counts first."""
    found: dict[int, list[Thing]] = {}
    start, end = (start_of(day, practice().timezone) for day in (today(), today() + A_DAY))
    for client_id, _name, at in visits.planned_between(db(), current_user(), start, end):
        found.setdefault(client_id, []).append((False, _clock(at), "visit"))
    for one in follow_ups_due_between(db(), current_user(), today(), today()):
        found.setdefault(one.client_id, []).append((True, one.at_time, CHECKS[one.kind]))
    return sorted(Due(min(things)[1], client_id, things) for client_id, things in found.items())


def _with_lines(session: Session, due: Sequence[Due]) -> list[tuple[Due, CaseloadLine]]:
    if not due:
        return []
    lines = list_lines(session, current_user(), Wanted(only=[one.client_id for one in due]))
    by_client = {line.client_id: line for line in lines}
    return [(one, by_client[one.client_id]) for one in due if one.client_id in by_client]


def _next_visit() -> str | None:
    """Whose visit comes next, for the day on which nobody needs anything: "Maria, Thu 26 Nov 10:00am"."""
    coming = visits.planned_between(db(), current_user(), now(), now() + LOOK_AHEAD, most=1)
    if not coming:
        return None
    _client_id, name, at = coming[0]
    return f"{name}, {moment_in_words(at, practice().timezone, now())}"


def _clock(at: datetime) -> time:
    return at.astimezone(ZoneInfo(practice().timezone)).time()
