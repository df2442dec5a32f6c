"""Sharing with somebody outside: consent for that recipient, and a one-page summary to print or hand over."""

from pathlib import Path

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, disclosure
from care.assessments import last_completed
from care.clients import get_client, list_precautions
from care.errors import NotFound, Refused
from care.findings import earlier_findings, list_findings
from care.models import Client, ConsentEvent, ConsentSource
from care.outcome import outcome_of
from care.plans import current_plan, dose_in_words, list_assignments, schedule_in_words, schedule_of
from care.saying import local_day
from care.thresholds import thresholds_of
from web.consent import SOURCES
from web.deps import current_user, db, now, practice, real_now
from web.finding_form import shown_findings
from web.handouts import printer
from web.looking import record_look

LONGEST_QUESTION = 300
STYLES = ("app.css", "handout.css")

bp = Blueprint("disclosure", __name__, url_prefix="/clients/<int:client_id>/sharing")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    record_look(client)
    return _desk(client)


@bp.post("")
def give(client_id: int) -> ResponseReturnValue:
    """What the client or a guardian agreed to, for one recipient."""
    client = get_client(db(), client_id, seen_by=current_user())
    recipient, given_by = request.form.get("recipient", ""), request.form.get("given_by", "")
    try:
        if not request.form.get("agreed"):
            raise Refused("Tick the box once they have agreed, or go back without recording anything.")
        event = disclosure.give_sharing_consent(
            db(), client, practice().name, recipient, given_by, _source(), now(), current_user()
        )
    except Refused as refusal:
        db().rollback()
        return _desk(get_client(db(), client_id, current_user()), str(refusal)), 422
    _record("give", client)
    db().commit()
    flash(f"Recorded. A summary for {event.recipient} may go out.")
    return redirect(url_for("disclosure.show", client_id=client.id), 303)


@bp.post("/<int:event_id>/withdraw")
def withdraw(client_id: int, event_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, seen_by=current_user())
    event = disclosure.withdraw_sharing_consent(
        db(), client, event_id, ConsentSource.IN_PERSON, now(), current_user()
    )
    _record("withdraw", client)
    db().commit()
    flash(f"Nothing more goes to {event.recipient}.")
    return redirect(url_for("disclosure.show", client_id=client.id), 303)


@bp.get("/<int:event_id>")
def summary(client_id: int, event_id: int) -> ResponseReturnValue:
    """One page for this recipient, while their consent stands. Each look is on record."""
    client = get_client(db(), client_id, seen_by=current_user())
    event = disclosure.find_sharing_consent(db(), client, event_id)
    record_look(client)
    return _summary(client, event)


@bp.get("/<int:event_id>/summary.pdf")
def pdf(client_id: int, event_id: int) -> ResponseReturnValue:
    """Not found where WeasyPrint is not installed: the page offers no such link then."""
    make, client = printer(), get_client(db(), client_id, seen_by=current_user())
    if make is None:
        raise NotFound
    event = disclosure.find_sharing_consent(db(), client, event_id)
    record_look(client)
    folder = Path(current_app.static_folder or "")
    parts = {url_for("static", filename=name): ("text/css", (folder / name).read_bytes()) for name in STYLES}
    answer = Response(make(_summary(client, event), parts), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="summary.pdf"'
    return answer


def _source() -> ConsentSource:
    typed = request.form.get("source", "")
    if typed not in [one.value for one in SOURCES]:
        raise Refused("Say how the client told you.")
    return ConsentSource(typed)


def _desk(client: Client, problem: str = "") -> str:
    return render_template(
        "disclosure/show.html",
        client=client,
        consents=disclosure.standing_consents(db(), client),
        sources=[(one.value, words) for one, words in SOURCES.items()],
        wording=disclosure.sharing_wording(practice().name, "the person named above"),
        typed=request.form,
        problem=problem,
        local_day=local_day,
    )


def _summary(client: Client, event: ConsentEvent) -> str:
    outcome, last = outcome_of(db(), client, now()), last_completed(db(), client)
    plan = current_plan(db(), client)
    given = [one for one in list_assignments(db(), plan) if one.ended_at is None] if plan else []
    limits = thresholds_of(practice().thresholds, client.thresholds)
    rows = list_findings(db(), last) if last else []
    before = earlier_findings(db(), client, before=last.completed_at) if last else []
    return render_template(
        "disclosure/summary.html",
        client=client,
        practice=practice(),
        consent=event,
        outcome=outcome,
        last=last,
        findings=shown_findings(rows, before, client.timezone, limits),
        precautions=list_precautions(db(), client),
        plan=[
            (
                one.exercise.name,
                dose_in_words(one, one.exercise.laterality),
                schedule_in_words(schedule_of(one)),
            )
            for one in given
        ],
        question=" ".join(request.args.get("question", "").split())[:LONGEST_QUESTION],
        writer=current_user().name,
        made_on=local_day(now(), client.timezone),
        can_make_pdf=printer() is not None,
        local_day=local_day,
    )


def _record(action: str, client: Client) -> None:
    audit.record(db(), client.practice_id, action, "sharing_consent", client.id, real_now(), current_user())
