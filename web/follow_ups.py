"""Putting a check in a client's diary: a pain question, a message, or a call for staff to make."""

from datetime import time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, TextAreaField

from care import audit
from care.clients import get_client
from care.errors import Refused
from care.followups import add_follow_up
from care.models import Client, FollowUp, FollowUpKind
from care.recurrence import today_in
from care.saying import day_in_words, time_in_words
from reminders import wakeup
from reminders.typed import Unconfirmed, check_typed
from web.deps import current_user, db, now, real_now
from web.forms import ClockField, DayField, Form, at_most, choices, given, stripped
from web.looking import record_look
from web.typed_forms import Typed, came_back, confirmed

KINDS = {
    FollowUpKind.PAIN_QUESTION: "Ask about pain",
    FollowUpKind.MESSAGE: "Send a message",
    FollowUpKind.CALL_TASK: "Remind us to call",
}
LONGEST_WORDS = 280
USUAL_TIME = time(10)

bp = Blueprint("follow_ups", __name__)


class FollowUpForm(Form):
    kind = SelectField("What", choices=choices((kind.value, words) for kind, words in KINDS.items()))
    due_on = DayField("Day", validators=[given("Choose the day.")])
    at_time = ClockField("Time", validators=[given("Choose the time.")])
    words = TextAreaField("Words", filters=[stripped], validators=[at_most(LONGEST_WORDS)])


@bp.get("/clients/<int:client_id>/follow-ups/new")
def new(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client, FollowUpForm(at_time=USUAL_TIME))


@bp.post("/clients/<int:client_id>/follow-ups/new")
def create(client_id: int) -> ResponseReturnValue:
    client, form = get_client(db(), client_id, current_user()), FollowUpForm()
    added = _add(client, form) if form.validate() else None
    if added is None:
        return _page(client, form), 422
    if isinstance(added, Typed):
        return _page(client, form, added), 422
    _record("add_follow_up", client)
    if added.health_words:
        _record("confirm_health_words", client)
    db().commit()
    wakeup.ring()
    flash(f"Added: {KINDS[FollowUpKind(form.kind.data)].lower()}, {_when(form)}.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


def _when(form: Any) -> str:
    return f"{day_in_words(form.due_on.data)}, {time_in_words(form.at_time.data)}"


def _record(action: str, client: Client) -> None:
    audit.record(db(), client.practice_id, action, "client", client.id, real_now(), current_user())


def _add(client: Client, form: Any) -> FollowUp | Typed | None:
    """The check; the form with its question; or None, with the sentence at its field."""
    if form.due_on.data < today_in(client.timezone, now()):
        form.refuse(Refused("Day must be today or later."), "due_on")
        return None
    kind = FollowUpKind(form.kind.data)
    try:
        is_texted = kind is FollowUpKind.MESSAGE
        words = check_typed(db(), client, form.words.data, confirmed()) if is_texted else []
        return add_follow_up(
            db(),
            client,
            kind=kind,
            at_time=form.at_time.data,
            due_on=form.due_on.data,
            now=now(),
            user=current_user(),
            text=form.words.data,
            health_words=words,
        )
    except Unconfirmed as unconfirmed:
        return came_back(form.words.data, unconfirmed)
    except Refused as refusal:
        form.refuse(refusal, "words")
        return None


def _page(client: Client, form: FollowUpForm, typed: Typed | None = None) -> str:
    typed = typed or Typed()
    return render_template(
        "clients/follow_up.html", client=client, form=form, typed=typed, page_has_errors=typed.is_back
    )
