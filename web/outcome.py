"""The outcome of an episode on one page, with its start and its discharge."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, episodes
from care.assessments import list_earlier
from care.clients import get_client
from care.course_facts import course_facts
from care.errors import Refused
from care.models import Client
from care.outcome import discharge_summary, outcome_among
from care.recurrence import today_in
from care.saying import local_day
from care.vocabulary import CONDITION_CATEGORIES
from reminders import wakeup
from web.deps import current_user, db, now, real_now
from web.looking import record_look
from web.outcome_charts import small_multiples

REASONS = ("Goal reached", "Referred on", "Client's wish", "No further gain", "Moved away")

bp = Blueprint("outcome", __name__)


@bp.get("/clients/<int:client_id>/outcome")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    record_look(client)
    return _page(client)


@bp.post("/clients/<int:client_id>/discharge")
def discharge(client_id: int) -> ResponseReturnValue:
    """With a reason. The plan, its checks and all texts end."""
    client = get_client(db(), client_id, seen_by=current_user())
    reason = request.form.get("reason", "").strip()
    try:
        episodes.discharge(db(), client, reason, today_in(client.timezone, now()), now())
    except Refused as refusal:
        db().rollback()
        return _page(get_client(db(), client_id, current_user()), reason=reason, problem=str(refusal)), 422
    audit.record(db(), client.practice_id, "discharge", "client", client.id, real_now(), current_user())
    db().commit()
    wakeup.ring()
    flash(f"{client.name} is discharged. The plan and all texts ended.")
    return redirect(url_for("outcome.show", client_id=client.id), 303)


@bp.post("/clients/<int:client_id>/episodes")
def start(client_id: int) -> ResponseReturnValue:
    """Another course of care, for one complaint; a discharged client is active again with it."""
    client = get_client(db(), client_id, seen_by=current_user())
    typed = {name: request.form.get(name, "").strip() for name in ("complaint", "condition_category")}
    try:
        episodes.start_episode(db(), client, **typed, today=today_in(client.timezone, now()))
    except Refused as refusal:
        db().rollback()
        return _page(get_client(db(), client_id, current_user()), problem=str(refusal), typed=typed), 422
    audit.record(db(), client.practice_id, "start_episode", "client", client.id, real_now(), current_user())
    db().commit()
    flash("The episode begins today.")
    return redirect(url_for("outcome.show", client_id=client.id), 303)


def _page(client: Client, reason: str = "", problem: str = "", typed: dict[str, str] | None = None) -> str:
    known, written = course_facts(db(), client), list_earlier(db(), client)
    outcome = outcome_among(db(), known, written.findings, now())
    next_steps = written.completed[0].next_steps if written.completed else ""
    return render_template(
        "outcome/show.html",
        client=client,
        local_day=local_day,
        outcome=outcome,
        charts=small_multiples(outcome),
        current=episodes.current_among(known.episodes),
        episodes=known.episodes,
        summary=discharge_summary(outcome, client.name, next_steps),
        categories=CONDITION_CATEGORIES.items(),
        reasons=REASONS,
        reason=reason,
        problem=problem,
        typed=typed or {"complaint": "", "condition_category": "other"},
    )
