"""Today: who needs you first, who is due, and the quiet rest folded away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import attention, audit, holding, visits
from care.attending import list_waiting
from care.caseload import CaseloadRow, caseload
from care.followups import follow_ups_due_between
from care.models import Client, Visit, VisitStatus
from care.recurrence import zone_of
from care.saying import moment_in_words, time_in_words
from web.charts import RatingPoint, Spark, sparkline
from web.deps import current_user, db, now, practice, real_now, today
from web.needs import needs_of
from web.showing import FOLLOW_UPS

LOOK_AHEAD = timedelta(days=60)

bp = Blueprint("today", __name__)


@dataclass(frozen=True)
class Due:
    """One client with something due today: what, and at what time on the practice's clock."""

    row: CaseloadRow
    at: time
    what: tuple[str, ...]
    has_visit: bool
    spark: Spark


@bp.get("/today")
def show() -> ResponseReturnValue:
    rows = caseload(db(), current_user(), now(), today())
    due = _due_today(rows)
    needs = needs_of(db(), list_waiting(db(), current_user(), now()))
    busy = {one.row.client.id for one in due} | {need.item.client_id for need in needs}
    return render_template(
        "today/show.html",
        today=today(),
        needs=needs,
        due=due,
        quiet=[row for row in rows if row.client.id not in busy],
        next_visit=_next_visit() if not due and not needs else None,
        has_clients=bool(rows),
        held=holding.list_held(db(), current_user()),
    )


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


def _due_today(rows: Sequence[CaseloadRow]) -> list[Due]:
    """Visits first named, then follow-ups, one entry per client, in the order of the clock."""
    by_client = {row.client.id: row for row in rows}
    found: dict[int, list[tuple[time, str, bool]]] = {}
    for visit in _visits_today():
        found.setdefault(visit.client_id, []).append((_clock(visit.starts_at), "visit", True))
    for follow_up, client, _day in follow_ups_due_between(db(), current_user(), today(), today()):
        words = f"{FOLLOW_UPS[follow_up.kind].lower()} {time_in_words(follow_up.at_time)}"
        found.setdefault(client.id, []).append((follow_up.at_time, words, False))
    due = [_due(by_client[id], sorted(things)) for id, things in found.items() if id in by_client]
    return sorted(due, key=lambda one: (one.at, one.row.client.name))


def _due(row: CaseloadRow, things: list[tuple[time, str, bool]]) -> Due:
    visits_at = [at for at, _words, is_visit in things if is_visit]
    return Due(
        row=row,
        at=visits_at[0] if visits_at else things[0][0],
        what=tuple(words for _at, words, _is_visit in things),
        has_visit=bool(visits_at),
        spark=_spark(row),
    )


def _spark(row: CaseloadRow) -> Spark:
    zone = zone_of(row.client.timezone)
    points = [RatingPoint(at.astimezone(zone).date(), at, score, False) for at, score in row.ratings]
    return sparkline(points, today())


def _visits_today() -> list[Visit]:
    zone = ZoneInfo(practice().timezone)
    start = datetime.combine(today(), time(), zone)
    end = datetime.combine(today() + timedelta(days=1), time(), zone)
    found = visits.visits_between(db(), current_user(), start, end)
    return [visit for visit in found if visit.status is VisitStatus.PLANNED]


def _next_visit() -> str | None:
    """Whose visit comes next, for the day on which nobody needs anything: "Maria, Thu 26 Nov 10:00am"."""
    coming = visits.visits_between(db(), current_user(), now(), now() + LOOK_AHEAD)
    for visit in coming:
        client = db().get(Client, visit.client_id)
        if visit.status is VisitStatus.PLANNED and client is not None:
            return f"{client.first_name}, {moment_in_words(visit.starts_at, practice().timezone)}"
    return None


def _clock(at: datetime) -> time:
    return at.astimezone(ZoneInfo(practice().timezone)).time()
