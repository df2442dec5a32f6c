"""After visit: what was done, what the client does at home, and when we ask; one form, one send."""

from datetime import timedelta

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, followups, one_time, ratings
from care.adherence import adherence_of
from care.episodes import current_episode
from care.errors import Refused
from care.exercises import warnings_for
from care.models import Exercise, FollowUpKind
from care.saying import number_in_words
from care.templates import dose_of, keep_template
from care.thresholds import thresholds_of
from care.vocabulary import REGIONS, TECHNIQUES
from reminders import wakeup
from web.deps import current_user, db, now, practice, real_now
from web.looking import record_look
from web.visit_desk import SHORTEST_QUERY, Desk, look_up
from web.visit_form import (
    DoseRow,
    VisitForm,
    check_form,
    day_choices,
    doses_from,
    fingerprint,
    prefill_schedule,
    read_form,
    row_of,
)
from web.visit_preview import preview
from web.visit_saving import next_steps, save_visit

FRAGMENT_HEADER = "X-Homestretch-Fragment"
# What typing and small changes bring back, so that the rest of the form is left alone meanwhile.
LIVE_PARTS = {"search": "suggestions", "autosave": "preview"}
LONGEST_LEAP = 366
TWO_WEEKS = timedelta(days=13)

bp = Blueprint("visits", __name__)


@bp.get("/clients/<int:client_id>/visit")
def show(client_id: int) -> ResponseReturnValue:
    desk = look_up(db(), client_id, current_user(), now())
    record_look(desk.client)
    return _page(desk, _prefilled(desk), focus="query")


@bp.post("/clients/<int:client_id>/visit")
def save(client_id: int) -> ResponseReturnValue:
    """Every button of the page posts here; `do` says which one it was."""
    desk = look_up(db(), client_id, current_user(), now())
    form = read_form(request.form, desk.library)
    action = request.form.get("do", "")
    if request.form.get("live") in LIVE_PARTS:
        return _page(desk, form)
    if action not in ("send", "save"):
        focus, said = _change(desk, form, action)
        return _page(desk, form, focus=focus, said=said)
    return _send(desk, form, is_texting=action == "send")


def _send(desk: Desk, form: VisitForm, *, is_texting: bool) -> ResponseReturnValue:
    client_id, practice_id = desk.client.id, desk.client.practice_id
    earlier = one_time.find_result(db(), practice_id, form.key)
    if earlier is not None:
        flash("This visit is saved already. It was not saved twice.")
        return redirect(earlier, 303)
    wanted = check_form(form, desk.running, desk.today, desk.now, desk.zone)
    if wanted is None:
        return _page(desk, form, status=422)
    where = url_for("clients.show", client_id=client_id)
    try:
        save_visit(desk, wanted, is_texting=is_texting)
        audit.record(db(), practice_id, "after_visit", "client", client_id, real_now(), desk.user)
        one_time.keep_result(db(), practice_id, form.key, where, desk.now)
    except Refused as refusal:
        db().rollback()
        form.errors[""] = str(refusal)
        return _page(look_up(db(), client_id, current_user(), now()), form, status=422)
    flash(*next_steps(desk, practice(), wanted, is_texting=is_texting))
    db().commit()
    wakeup.ring()
    return redirect(where, 303)


def _prefilled(desk: Desk) -> VisitForm:
    """The running plan, the complaint and the next visit as they are known."""
    form = VisitForm(key=one_time.new_key())
    form.rows = _last_plan(desk)
    form.begun_from = fingerprint(form.rows)
    prefill_schedule(form, desk.running)
    episode = current_episode(db(), desk.client)
    form.complaint = episode.complaint if episode else ""
    if desk.coming is not None:
        local = desk.coming.starts_at.astimezone(desk.zone)
        form.next_date, form.next_time = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
    return form


def _change(desk: Desk, form: VisitForm, action: str) -> tuple[str, str]:
    """Do to the form what the button says; where the focus goes, and what to say about it."""
    verb, _, about = action.partition("-")
    match verb:
        case "first":
            found = desk.search(form.query)
            return _add(form, found[0]) if found else ("query", _nothing_for(form.query))
        case "add":
            exercise = desk.library.get(_whole(about))
            return _add(form, exercise) if exercise else ("query", "")
        case "remove" | "up" | "down":
            return _move(form, verb, _whole(about))
        case "last":
            form.begin_from(_last_plan(desk))
            return "query", f"Last plan, {len(form.rows)} in the plan"
        case "template":
            return _start_from(desk, form, _whole(about))
        case "empty":
            form.rows, form.begun_from = [], fingerprint([])
            return "query", "The plan is empty"
        case "keep":
            return _keep(desk, form)
        case "next":
            return _plan_next(desk, form, _whole(about))
    return "", ""


def _last_plan(desk: Desk) -> list[DoseRow]:
    return [row_of(one.exercise, one) for one in desk.running]


def _start_from(desk: Desk, form: VisitForm, template_id: int) -> tuple[str, str]:
    template = next((one for one in desk.templates if one.id == template_id), None)
    if template is None:
        return "query", ""
    items = [item for item in template.items if not item.exercise.is_retired]
    form.begin_from([row_of(item.exercise, dose_of(item)) for item in items])
    return "query", f"{template.name}, {len(form.rows)} in the plan"


def _keep(desk: Desk, form: VisitForm) -> tuple[str, str]:
    """Keep the list as a template of the practice, with the doses as they stand."""
    doses = doses_from(form)
    if doses is None:
        form.errors["template_name"] = "Put the doses right first, then keep the list."
        return "template_name", ""
    episode = current_episode(db(), desk.client)
    items = [(row.exercise.id, dose) for row, dose in zip(form.rows, doses, strict=True)]
    condition = episode.condition_category if episode else "other"
    try:
        kept = keep_template(
            db(), desk.client.practice_id, form.template_name, condition, items, desk.user, desk.now
        )
    except Refused as refusal:
        form.errors["template_name"] = str(refusal)
        return "template_name", ""
    audit.record(db(), kept.practice_id, "keep", "template", kept.id, real_now(), desk.user)
    db().commit()
    form.template_name = ""
    return "query", f"{kept.name} is kept as a template for the whole practice"


def _add(form: VisitForm, exercise: Exercise) -> tuple[str, str]:
    form.query = ""
    if any(row.exercise.id == exercise.id for row in form.rows):
        return "query", f"{exercise.name} is already in the plan"
    form.rows.append(row_of(exercise))
    return "query", f"{exercise.name} added, {len(form.rows)} in the plan"


def _nothing_for(query: str) -> str:
    return f"Nothing for '{query}'" if len(query) >= SHORTEST_QUERY else ""


def _move(form: VisitForm, verb: str, number: int) -> tuple[str, str]:
    if number >= len(form.rows):
        return "", ""
    row = form.rows.pop(number)
    if verb == "remove":
        return "query", f"{row.exercise.name} removed, {len(form.rows)} in the plan"
    place = min(max(number + (1 if verb == "down" else -1), 0), len(form.rows))
    form.rows.insert(place, row)
    return f"{verb}-{place}", f"{row.exercise.name} is now number {place + 1}"


def _plan_next(desk: Desk, form: VisitForm, days: int) -> tuple[str, str]:
    """The same weekday some weeks on, at the hour of this visit; 0 is no next visit."""
    if not days:
        form.next_date = form.next_time = ""
        return "next-0", "No next visit"
    form.next_date = (desk.today + timedelta(days=min(days, LONGEST_LEAP))).isoformat()
    form.next_time = form.next_time or f"{desk.hour_of_visit:%H:%M}"
    return f"next-{days}", "Next visit filled in"


def _whole(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def _page(
    desk: Desk, form: VisitForm, *, focus: str = "", said: str = "", status: int = 200
) -> ResponseReturnValue:
    """The whole page, or for script the one part that typing changes."""
    live = request.form.get("live", "") if FRAGMENT_HEADER in request.headers else ""
    template = f"visits/_{LIVE_PARTS[live]}.html" if live in LIVE_PARTS else "visits/show.html"
    answer = make_response(
        render_template(
            template,
            client=desk.client,
            form=form,
            focus=focus,
            said=said,
            running=desk.running,
            templates=desk.templates,
            precautions=desk.precautions,
            coming=desk.coming,
            found=desk.search(form.query),
            is_searching=len(form.query) >= SHORTEST_QUERY,
            warnings=[warnings_for(row.exercise, desk.precautions) for row in form.rows],
            plan_size=thresholds_of(practice().thresholds).plan_size,
            day_choices=day_choices(desk.running),
            techniques=TECHNIQUES,
            regions=REGIONS,
            texts=preview(desk, practice(), form),
            repeated=_repeated_questions(desk),
            summary=_summary(desk),
        ),
        status,
    )
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer


def _repeated_questions(desk: Desk) -> list[int]:
    """How often pain is asked anyway, in days between: those questions go on."""
    return [
        one.every_days
        for one in followups.list_open_follow_ups(db(), desk.client)
        if one.kind is FollowUpKind.PAIN_QUESTION and one.every_days
    ]


def _summary(desk: Desk) -> str:
    """How it went so far, in a line: pain from first to last, and what was done in two weeks."""
    given = ratings.list_ratings(db(), desk.client.id)
    counts = adherence_of(db(), desk.client.id, desk.today - TWO_WEEKS, desk.today)
    said = []
    if given:
        first, last = number_in_words(given[0].score), number_in_words(given[-1].score)
        said.append(f"Pain {first} to {last}" if len(given) > 1 else f"Pain {last}")
    if counts.due:
        said.append(f"{counts.done} of {counts.due} done in 14 days, {counts.unknown} unknown")
    return "; ".join(said) or "No replies yet"
