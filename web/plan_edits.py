"""Changing a plan between visits: progress, regress, swap, pause, take out; one save, one text."""

from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import one_time, plans
from care.clients import get_client
from care.errors import Refused
from care.exercises import exercises_by_id, get_exercise, warnings_for
from care.models import Client
from care.plan_edits import running_exercises
from care.precautions import list_precautions
from care.recurrence import today_in
from care.thresholds import thresholds_of
from care.vocabulary import REGIONS
from reminders.plan_news import news_for
from reminders.segments import count_parts
from reminders.texting_facts import texting_facts
from web.coming_texts import in_words, obstacle, room_in_words
from web.deps import current_user, db, now, practice, settings
from web.dose_rows import row_number
from web.looking import record_look
from web.plan_form import (
    BECOMES,
    PlanForm,
    as_swapped,
    begin_form,
    edits_of,
    is_about,
    place_of,
    read_plan_form,
    step_dose,
)
from web.plan_saving import save_edits
from web.plan_swap import choices_for, taken_by
from web.visit_desk import SHORTEST_QUERY
from web.visits import FRAGMENT_HEADER

CHANGED = "The plan was changed meanwhile: below is the new one, and nothing you chose here was saved."
ENDED = "The plan has ended meanwhile: nothing you chose there was saved."

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
    if not running:
        flash(ENDED)
        return redirect(where, 303)
    if not is_about(request.form, running):
        anew = begin_form(one_time.new_key(), running, _today(client))
        anew.errors[""] = CHANGED
        return _page(client, anew, status=422)
    named = exercises_by_id(db(), client.practice_id, map(row_number, request.form.getlist("exercise")))
    form = read_plan_form(request.form, running, named)
    if request.form.get("live"):
        return _page(client, form)
    verb, _, place = request.form.get("do", "").partition("-")
    if verb not in ("send", "save"):
        focus, said = _step(client, form, verb, place)
        return _page(client, form, said=said, focus=focus)
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


def _step(client: Client, form: PlanForm, verb: str, place: str) -> tuple[str, str]:
    """Where the focus goes, and what to say."""
    if verb in ("first", "pick", "close"):
        return _swap(client, form, verb, place)
    number = place_of(form, place)
    if number is None:
        return "", ""
    if verb == "swap":
        form.swapping, form.query = number, ""
        return "query", f"Choose what takes the place of {form.rows[number].row.exercise.name}"
    if verb not in ("progress", "regress"):
        return "", ""
    limits = thresholds_of(practice().thresholds, client.thresholds)
    return f"{verb}-{number}", step_dose(form, number, limits, is_up=verb == "progress")


def _swap(client: Client, form: PlanForm, verb: str, place: str) -> tuple[str, str]:
    """Put what was chosen, or the first that the words find, in its place; or leave it as it was."""
    number = form.swapping
    if number is None:
        return "", ""
    before = form.rows[number].row.exercise
    if verb == "close":
        form.swapping = None
        return f"swap-{number}", f"{before.name} stays"
    if verb == "first":
        is_searching = len(form.query) >= SHORTEST_QUERY
        found = choices_for(db(), client, form, list_precautions(db(), client)) if is_searching else []
        if not found:
            return "query", f"Nothing else for '{form.query}'" if is_searching else ""
        chosen = found[0].exercise
    else:
        chosen = get_exercise(db(), client.practice_id, row_number(place))
        if chosen.is_retired or chosen.id in taken_by(form):
            return "query", f"{chosen.name} cannot take its place"
    last = plans.last_given(db(), client, chosen.id)
    form.rows[number] = as_swapped(form.rows[number], chosen, last)
    form.swapping = None
    return f"swap-{number}", f"{before.name} swapped for {chosen.name}"


def _page(
    client: Client, form: PlanForm, *, said: str = "", focus: str = "", status: int = 200
) -> ResponseReturnValue:
    precautions = list_precautions(db(), client)
    choices = choices_for(db(), client, form, precautions)
    if FRAGMENT_HEADER in request.headers and request.form.get("live") and not form.errors:
        return _vary(render_template("plan_edits/_choices.html", form=form, choices=choices, regions=REGIONS))
    has_link, body, at = news_for(db(), client, practice(), settings().public_url, now())
    return _vary(
        render_template(
            "plan_edits/show.html",
            client=client,
            form=form,
            choices=choices,
            regions=REGIONS,
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


def _vary(page: str, status: int = 200) -> ResponseReturnValue:
    answer = make_response(page, status)
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer


def _today(client: Client) -> date:
    return today_in(client.timezone, now())
