"""After visit: what was done, what the client does at home, and when we ask; one form, one send."""

from datetime import timedelta
from typing import Any

from flask import (
    Blueprint,
    flash,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from care import audit, drafts, one_time
from care.adherence import adherence_of
from care.client_links import promise_link
from care.clients import get_client
from care.errors import Refused
from care.exercises import warnings_for
from care.models import ClientStatus
from care.saying import moment_in_words, number_in_words
from care.scope import types_of
from care.taking_back import Did, take_back
from care.thresholds import thresholds_of
from care.visit_facts import VisitFacts, visit_facts
from care.vocabulary import REGIONS, TECHNIQUES
from reminders import wakeup
from reminders.plan_news import withdraw_news
from reminders.text_hours import text_hours
from web.carried_pauses import pauses_in_words
from web.deps import READING_METHODS, current_user, db, now, practice, real_now, settings
from web.looking import record_look
from web.visit_desk import SHORTEST_QUERY, Desk, look_up
from web.visit_form import (
    VisitForm,
    check_form,
    day_choices,
    fingerprint,
    prefill_schedule,
    read_form,
    typed_of,
)
from web.visit_preview import nothing_yet, preview, print_in_words
from web.visit_saving import brings_link, next_steps, save_visit
from web.visit_steps import last_plan_rows, mind_left_over, take_step

FRAGMENT_HEADER = "X-Homestretch-Fragment"
# What typing, small changes and opening the page bring back, so that the rest of the form is left alone.
LIVE_PARTS = {"search": "suggestions", "autosave": "live", "texts": "texts"}
LOOKING = frozenset({"search", "texts"})
TWO_WEEKS = timedelta(days=13)
# What has no part in whether two forms are the same.
NOT_SENT = frozenset({"key", "query", "left_over", "begun_from", "template_name"})
GOES_ON = "This visit is sent already. What you change here now is kept as a new draft."
SEND_ONCE_MORE = (
    "This visit is sent already, and nothing was sent twice. If you changed something here, send once more: "
    "it is saved as a visit of its own and takes the place of the plan. If not, nothing is left to do."
)
TOO_LATE = "More than a minute has passed, so this stands. Change the plan instead."

bp = Blueprint("visits", __name__)


@bp.get("/clients/<int:client_id>/visit")
def show(client_id: int) -> ResponseReturnValue:
    """The form as it was left, or with what we know already."""
    desk = look_up(db(), client_id, current_user(), now())
    record_look(desk.client)
    # What is to be read first, such as "Taken back", would be scrolled away by the focus.
    is_discharged = desk.client.status is ClientStatus.DISCHARGED
    focus = "" if is_discharged or get_flashed_messages() else "query"
    if desk.draft is None:
        return _page(desk, prefilled(desk), focus=focus)
    kept = f"Draft of {moment_in_words(desk.draft.saved_at, desk.client.timezone)}"
    return _page(desk, read_form(MultiDict(desk.draft.typed), desk.exercises), focus=focus, kept=kept)


@bp.post("/clients/<int:client_id>/visit")
def save(client_id: int) -> ResponseReturnValue:
    """Every button of the page posts here; `do` says which one it was."""
    desk = look_up(db(), client_id, current_user(), now())
    form = read_form(request.form, desk.exercises)
    action = request.form.get("do", "")
    live = request.form.get("live", "")
    if live in LOOKING:
        return _page(desk, form)
    if action in ("send", "save", "print") and not live:
        return _send(desk, form, is_texting=_is_texting(desk, action))
    if action == "fresh":
        drafts.forget_draft(db(), desk.user, desk.client)
        db().commit()
        return redirect(url_for("visits.show", client_id=client_id), 303)
    focus, said = ("", "") if live else take_step(desk, form, action)
    return _page(desk, form, focus=focus, said=said, kept=_keep_draft(desk, form))


@bp.post("/clients/<int:client_id>/visit/undo")
def undo(client_id: int) -> ResponseReturnValue:
    """Within a minute all is as before, and the form comes back as it was sent."""
    client, user = get_client(db(), client_id, current_user()), current_user()
    sent = drafts.sent_lately(db(), user, client, now())
    if sent is None or sent.did is None:
        flash(TOO_LATE, "warning")
        return redirect(url_for("clients.show", client_id=client_id), 303)
    try:
        take_back(db(), client, Did(**sent.did), now())
    except Refused as refusal:
        db().rollback()
        flash(str(refusal), "warning")
        return redirect(url_for("clients.show", client_id=client_id), 303)
    withdraw_news(db(), client, sent.did["plan_id"])
    is_form = bool(sent.typed)
    if is_form:
        drafts.save_draft(db(), user, client, sent.typed | {"key": [one_time.new_key()]}, now())
    else:
        drafts.forget_draft(db(), user, client)
    audit.record(db(), client.practice_id, "undo_visit", "client", client_id, real_now(), user)
    db().commit()
    wakeup.ring()
    if not is_form:
        flash("Taken back. The plan is as it was, and nothing was sent.")
        return redirect(url_for("clients.show", client_id=client_id), 303)
    flash("Taken back. Nothing was sent, and the form is as you left it.")
    return redirect(url_for("visits.show", client_id=client_id), 303)


def _keep_draft(desk: Desk, form: VisitForm) -> str:
    """What to say of it. A form that was sent is a draft again once something is changed in it."""
    kept = "Draft saved"
    if one_time.find_result(db(), desk.client.practice_id, form.key) is None:
        drafts.go_on(db(), desk.user, desk.client, typed_of(form), desk.now)
    elif _is_as_sent(desk, form):
        kept = "Sent already"
    else:
        changed = typed_of(form) | {"key": [one_time.new_key()]}
        drafts.go_on(db(), desk.user, desk.client, changed, desk.now)
        kept = GOES_ON
    db().commit()
    return kept


def _is_as_sent(desk: Desk, form: VisitForm) -> bool:
    """Whether this is, word for word, what was sent last; not when that is no longer known."""
    sent = drafts.sent_with(db(), desk.user, desk.client)
    typed = typed_of(form)
    return sent is not None and all(sent.get(name) == typed[name] for name in typed.keys() - NOT_SENT)


def _is_texting(desk: Desk, action: str) -> bool:
    """Paper comes on top of texts: printing stops nobody's. Who has no phone has the sheet in their place."""
    return action == "send" or (action == "print" and bool(desk.client.phone))


def _send(desk: Desk, form: VisitForm, *, is_texting: bool) -> ResponseReturnValue:
    client_id, practice_id = desk.client.id, desk.client.practice_id
    earlier = one_time.find_result(db(), practice_id, form.key)
    if earlier is not None and _is_as_sent(desk, form):
        flash("This visit is saved already. It was not saved twice.")
        return redirect(earlier, 303)
    if earlier is not None:
        form.key, form.errors[""] = one_time.new_key(), SEND_ONCE_MORE
        return _page(desk, form, status=422, kept=_keep_draft(desk, form))
    hours = text_hours(practice(), desk.client) if is_texting and desk.client.phone else None
    wanted = check_form(form, desk.running, desk.today, desk.now, desk.zone, hours)
    if mind_left_over(desk, form) or wanted is None:
        return _page(desk, form, status=422)
    place = "handouts.show" if request.form.get("do") == "print" else "clients.show"
    where = url_for(place, client_id=client_id)
    try:
        did = save_visit(desk, wanted, is_texting=is_texting)
        if is_texting and brings_link(wanted):
            promise_link(db(), desk.client, settings().public_url, desk.now)
        drafts.keep_sent(db(), desk.user, desk.client, typed_of(form), did.as_dict(), desk.now)
        audit.record(db(), practice_id, "after_visit", "client", client_id, real_now(), desk.user)
        one_time.keep_result(db(), practice_id, form.key, where, desk.now)
    except Refused as refusal:
        db().rollback()
        form.errors[""] = str(refusal)
        desk = look_up(db(), client_id, current_user(), now())
        return _page(desk, form, status=422, kept=_keep_draft(desk, form))
    flash(*next_steps(desk, practice(), wanted, is_texting=is_texting))
    db().commit()
    wakeup.ring()
    return redirect(where, 303)


def prefilled(desk: Desk) -> VisitForm:
    """The running plan, the complaint and the next visit as they are known."""
    form = VisitForm(key=one_time.new_key())
    form.rows = last_plan_rows(desk)
    form.begun_from = fingerprint(form.rows)
    prefill_schedule(form, desk.running)
    form.complaint = desk.episode.complaint if desk.episode else ""
    if desk.coming is not None:
        local = desk.coming.starts_at.astimezone(desk.zone)
        form.next_date, form.next_time = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
    return form


def _page(
    desk: Desk, form: VisitForm, *, focus: str = "", said: str = "", kept: str = "", status: int = 200
) -> ResponseReturnValue:
    """The whole page, or for script the one part that typing changes.

    What the client gets is found out by saving on trial (`visit_preview`), which a page that only looks does
    not do: script asks for that part as soon as the page is there, and without script a button does.
    """
    live = request.form.get("live", "") if FRAGMENT_HEADER in request.headers else ""
    shown: dict[str, Any] = {
        "client": desk.client,
        "form": form,
        "kept": kept,
        "goes_on": kept == GOES_ON,
        "texts": None,
    }
    is_part = live in LIVE_PARTS
    if live == "search" or not is_part:
        shown |= {
            "found": desk.search(form.query),
            "is_searching": len(form.query) >= SHORTEST_QUERY,
            "regions": REGIONS,
        }
    if live != "search" and request.method not in READING_METHODS:
        shown["texts"] = preview(desk, practice(), form)
    if live != "search":
        seen = shown["texts"] or nothing_yet(desk, practice())
        shown["print_does"] = print_in_words(desk.client, seen)
    if not is_part:
        shown |= _rest_of_page(desk, form) | {"focus": focus, "said": said}
    template = f"visits/_{LIVE_PARTS[live]}.html" if is_part else "visits/show.html"
    answer = make_response(render_template(template, **shown), status)
    answer.headers["Vary"] = FRAGMENT_HEADER
    return answer


def _rest_of_page(desk: Desk, form: VisitForm) -> dict[str, Any]:
    """What stands around the parts that change while somebody types."""
    facts = visit_facts(db(), desk.client)
    return {
        "running": desk.running,
        "templates": desk.templates,
        "precautions": desk.precautions,
        "coming": desk.coming,
        "warnings": [warnings_for(row.exercise, desk.precautions) for row in form.rows],
        "outside": _outside(desk, form),
        "pauses": pauses_in_words(desk.running, desk.today),
        "plan_size": thresholds_of(practice().thresholds).plan_size,
        "day_choices": day_choices(desk.running),
        "techniques": TECHNIQUES,
        "repeated": facts.repeated,
        "summary": _summary(desk, facts),
    }


def _outside(desk: Desk, form: VisitForm) -> list[str]:
    """Names of what is outside of the user's scope, of which the new waits for a co-sign."""
    covered = types_of(db(), desk.user)
    return (
        []
        if covered is None
        else [row.exercise.name for row in form.rows if row.exercise.type not in covered]
    )


def _summary(desk: Desk, facts: VisitFacts) -> str:
    """How it went so far, in a line: pain from first to last, and what was done in two weeks."""
    counts = adherence_of(db(), desk.client.id, desk.today - TWO_WEEKS, desk.today)
    said = []
    if facts.first_score is not None and facts.last_score is not None:
        first, last = number_in_words(facts.first_score), number_in_words(facts.last_score)
        said.append(f"Pain {first} to {last}" if facts.ratings > 1 else f"Pain {last}")
    if counts.due:
        said.append(f"{counts.done} of {counts.due} done in 14 days, {counts.unknown} unknown")
    return "; ".join(said) or "No replies yet"
