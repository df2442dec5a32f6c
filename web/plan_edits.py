"""Changing a plan between visits: progress, regress, swap, pause, take out; one save, one text."""

from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import one_time, plans
from care.alternatives import alternatives
from care.clients import get_client, list_precautions
from care.errors import Refused
from care.exercises import exercises_by_id, list_exercises, warnings_for
from care.models import Client
from care.plan_edits import running_exercises
from care.recurrence import today_in
from care.thresholds import thresholds_of
from reminders.plan_news import news_for
from reminders.segments import count_parts
from reminders.texting_facts import texting_facts
from web.coming_texts import in_words, obstacle, room_in_words
from web.deps import current_user, db, now, practice, settings
from web.dose_rows import row_number
from web.looking import record_look
from web.plan_form import BECOMES, PlanForm, as_swapped, begin_form, edits_of, read_plan_form, step_dose
from web.plan_saving import save_edits
from web.visits import FRAGMENT_HEADER

bp = Blueprint("plan_edits", __name__)


@bp.get("/clients/<int:client_id>/plan")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    plan = plans.current_plan(db(), client)
    running = running_exercises(db(), plan) if plan else []
    if not running:
        return redirect(url_for("visits.show", client_id=client_id), 303)
    record_look(client)
    return _page(client, begin_form(one_time.new_key(), running, _today(client)))


@bp.post("/clients/<int:client_id>/plan")
def save(client_id: int) -> ResponseReturnValue:
    """Every button of the page posts here; `do` says which one it was."""
    client = get_client(db(), client_id, current_user())
    where = url_for("clients.show", client_id=client_id)
    if one_time.find_result(db(), client.practice_id, request.form.get("key", "")[:32]) is not None:
        flash("These changes are saved already. They were not saved twice.")
        return redirect(where, 303)
    plan = plans.current_plan(db(), client)
    running = running_exercises(db(), plan) if plan else []
    named = exercises_by_id(db(), client.practice_id, map(row_number, request.form.getlist("exercise")))
    form = read_plan_form(request.form, running, named, _today(client))
    verb, _, place = request.form.get("do", "").partition("-")
    if verb not in ("send", "save"):
        return _page(client, form, said=_step(client, form, verb, place), focus=f"{verb}-{place}")
    edits = edits_of(form, _today(client))
    if edits is None:
        return _page(client, form, status=422)
    try:
        one_time.keep_result(db(), client.practice_id, form.key, where, now())
        said = save_edits(client, edits, is_texting=verb == "send")
    except Refused as refusal:
        db().rollback()
        form.errors[""] = str(refusal)
        return _page(get_client(db(), client_id, current_user()), form, status=422)
    flash(f"The plan is changed. {said}")
    return redirect(where, 303)


def _step(client: Client, form: PlanForm, verb: str, place: str) -> str:
    number = int(place) if place.isdecimal() and len(place) < 4 else len(form.rows)
    if number >= len(form.rows):
        return ""
    if verb in ("progress", "regress"):
        limits = thresholds_of(practice().thresholds, client.thresholds)
        return step_dose(form, number, limits, is_up=verb == "progress")
    before = form.rows[number].row.exercise
    taken = [one.row.exercise.id for one in form.rows] + [one.assignment.exercise_id for one in form.rows]
    library = list_exercises(db(), client.practice_id)
    found = alternatives(before, library, list_precautions(db(), client), taken)
    if not found:
        return f"Nothing in the library is like {before.name}"
    last = plans.last_given(db(), client, found[0].id)
    form.rows[number] = as_swapped(form.rows[number], found[0], last)
    return f"{before.name} swapped for {found[0].name}"


def _page(
    client: Client, form: PlanForm, *, said: str = "", focus: str = "", status: int = 200
) -> ResponseReturnValue:
    precautions = list_precautions(db(), client)
    has_link, body, at = news_for(db(), client, practice(), settings().public_url, now())
    answer = make_response(
        render_template(
            "plan_edits/show.html",
            client=client,
            form=form,
            said=said,
            focus=focus,
            becomes=BECOMES,
            warnings=[warnings_for(one.row.exercise, precautions) for one in form.rows],
            obstacle=obstacle(client, practice(), texting_facts(db(), client, now()), now()),
            body=body,
            has_link=has_link,
            room=room_in_words(count_parts(body)),
            when=in_words(at, now(), client),
        ),
        status,
    )
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer


def _today(client: Client) -> date:
    return today_in(client.timezone, now())
