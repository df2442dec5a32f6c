"""What can be done to a running plan without a visit: pause, resume, end, cancel a check."""

from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from care import audit, clients, followups, holding, pausing, plans
from care.errors import NotFound, Refused
from care.models import Assignment, Client
from care.plan_edits import Edit
from care.recurrence import today_in
from care.saying import day_in_words
from web.deps import current_user, db, now, real_now
from web.plan_saving import save_edits

ENDED_BY_HAND = "ended by the therapist"

bp = Blueprint("plans", __name__)


@bp.post("/clients/<int:client_id>/pause")
def pause(client_id: int) -> ResponseReturnValue:
    """No texts to this client from today through a day, or until somebody resumes them."""
    client = clients.get_client(db(), client_id, current_user())
    until = _day("until")
    pausing.pause_texts(db(), client, today_in(client.timezone, now()), until, now())
    words = f"through {day_in_words(until)}" if until else "until you resume them"
    return _saved("pause", client, f"Texts to {client.first_name} are paused {words}.")


@bp.post("/clients/<int:client_id>/resume")
def resume(client_id: int) -> ResponseReturnValue:
    client = clients.get_client(db(), client_id, current_user())
    pausing.resume_texts(db(), client, now())
    return _saved("resume", client, f"Texts to {client.first_name} go on.")


@bp.post("/clients/<int:client_id>/number")
def text_number_again(client_id: int) -> ResponseReturnValue:
    """Somebody asked the client: the number is theirs, or is in use again."""
    client = clients.get_client(db(), client_id, current_user())
    clients.text_number_again(db(), client, now())
    return _saved("text_number_again", client, f"Texts to {client.first_name} go to this number again.")


@bp.post("/clients/<int:client_id>/release")
def release_texts(client_id: int) -> ResponseReturnValue:
    """Somebody has looked after the danger, and lets exercise texts go on from now."""
    client = clients.get_client(db(), client_id, current_user())
    holding.release_texts(db(), client, current_user(), now(), request.form.get("note", ""))
    saved = _saved("release_texts", client, f"Exercise texts to {client.first_name} go on from now.")
    match request.form.get("then"):
        case "today":
            return redirect(url_for("today.show"), 303)
        case "inbox":
            return redirect(url_for("inbox.index", item=request.form.get("item", type=int)), 303)
        case _:
            return saved


@bp.post("/clients/<int:client_id>/plan/end")
def end_plan(client_id: int) -> ResponseReturnValue:
    client = clients.get_client(db(), client_id, current_user())
    plans.end_plan(db(), client, ENDED_BY_HAND, now())
    return _saved("end_plan", client, "The plan has ended. What was done stays on record.")


@bp.post("/clients/<int:client_id>/follow-ups/<int:follow_up_id>/cancel")
def cancel_follow_up(client_id: int, follow_up_id: int) -> ResponseReturnValue:
    client = clients.get_client(db(), client_id, current_user())
    follow_up = followups.get_follow_up(db(), follow_up_id, current_user())
    if follow_up.client_id != client.id:
        raise NotFound
    followups.cancel_follow_up(db(), follow_up, now())
    return _saved("cancel_follow_up", client, "Cancelled. It will not be asked again.")


@bp.post("/assignments/<int:assignment_id>/pause")
def pause_assignment(assignment_id: int) -> ResponseReturnValue:
    assignment, client = _assignment(assignment_id)
    pause = (today_in(client.timezone, now()), _day("until"))
    return _edited(client, assignment, Edit(pause=pause), f"{assignment.exercise.name} is paused.")


@bp.post("/assignments/<int:assignment_id>/resume")
def resume_assignment(assignment_id: int) -> ResponseReturnValue:
    assignment, client = _assignment(assignment_id)
    return _edited(client, assignment, Edit(pause=plans.NO_PAUSE), f"{assignment.exercise.name} goes on.")


@bp.post("/assignments/<int:assignment_id>/end")
def end_assignment(assignment_id: int) -> ResponseReturnValue:
    assignment, client = _assignment(assignment_id)
    words = f"{assignment.exercise.name} is no longer part of the plan."
    return _edited(client, assignment, Edit(ends=True), words)


def _assignment(assignment_id: int) -> tuple[Assignment, Client]:
    assignment = plans.get_assignment(db(), assignment_id, current_user())
    return assignment, clients.get_client(db(), assignment.client_id, current_user())


def _edited(client: Client, assignment: Assignment, edit: Edit, words: str) -> Response:
    said = save_edits(client, {assignment.id: edit}, is_texting=True)
    flash(f"{words} {said}")
    return redirect(url_for("clients.show", client_id=client.id), 303)


def _day(name: str) -> date | None:
    typed = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise Refused("Day must be a date like 2026-11-30.") from error


def _saved(action: str, client: Client, words: str) -> Response:
    audit.record(db(), client.practice_id, action, "client", client.id, real_now(), current_user())
    db().commit()
    flash(words)
    return redirect(url_for("clients.show", client_id=client.id), 303)
