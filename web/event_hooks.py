"""Settings: the addresses of other programs that are told of events, and whether they took them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import SelectMultipleField, URLField
from wtforms.widgets import CheckboxInput, ListWidget

from care import audit
from care.errors import Refused
from care.models import EventHook, HookDelivery, HookStatus
from reminders.hooks.targets import EVENTS, add_hook, end_hook, list_hooks
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, db, now, practice, real_now, settings
from web.forms import Form, choices, given

SHOWN = 20
STATES = {
    HookStatus.PLANNED: "Waiting",
    HookStatus.SENDING: "On its way",
    HookStatus.SENT: "Taken",
    HookStatus.FAILED: "Given up",
}
ANSWERS = {
    "not_allowed": "The address leads into a private network.",
    "no_answer": "No answer within 10 seconds.",
    "not_reached": "It could not be reached.",
    "410": "It says that nobody is there any more, so it was ended.",
}

bp = Blueprint("event_hooks", __name__, url_prefix="/settings/events")


class HookForm(Form):
    url = URLField("Address", validators=[given("Type the address that is to be told.")])
    events = SelectMultipleField(
        "It is told when",
        choices=choices(EVENTS.items()),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validators=[given("Choose at least one event.")],
    )


@bp.get("")
@admin_only
@recently_confirmed
def show() -> ResponseReturnValue:
    return _page(HookForm(events=list(EVENTS)))


@bp.post("")
@admin_only
@recently_confirmed
def add() -> ResponseReturnValue:
    """The same address twice is one: the answer is the list, where its secret can be read."""
    form = HookForm()
    if not form.validate():
        return _page(form), 422
    url = (form.url.data or "").strip()
    if url in [hook.url for hook in list_hooks(db(), practice().id)]:
        flash("This address is told already.")
        return redirect(url_for("event_hooks.show"), 303)
    try:
        hook = add_hook(
            db(),
            practice(),
            url,
            form.events.data or [],
            allowed=settings().webhook_allow,
            user=current_user(),
            now=now(),
        )
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal, "url" if "address" in str(refusal) else None)
        return _page(form), 422
    _record("add", hook)
    db().commit()
    flash("Added. What happens from now on is told there.")
    return redirect(url_for("event_hooks.show"), 303)


@bp.post("/<int:hook_id>/end")
@admin_only
def end(hook_id: int) -> ResponseReturnValue:
    hook = end_hook(db(), practice().id, hook_id, now())
    _record("end", hook)
    db().commit()
    flash("This address is told nothing any more.")
    return redirect(url_for("event_hooks.show"), 303)


def _page(form: HookForm) -> str:
    latest = (
        select(HookDelivery, EventHook.url)
        .join(EventHook, EventHook.id == HookDelivery.hook_id)
        .where(HookDelivery.practice_id == practice().id)
        .order_by(HookDelivery.id.desc())
        .limit(SHOWN)
    )
    return render_template(
        "settings/event_hooks.html",
        form=form,
        hooks=list_hooks(db(), practice().id),
        events=EVENTS,
        deliveries=[(one, url, STATES[one.status], _why(one)) for one, url in db().execute(latest)],
    )


def _why(delivery: HookDelivery) -> str:
    """In words what came back, where it was not taken."""
    if delivery.status is HookStatus.SENT or not delivery.answered:
        return ""
    return ANSWERS.get(delivery.answered, f"It answered {delivery.answered}.")


def _record(action: str, hook: EventHook) -> None:
    audit.record(db(), practice().id, action, "event_hook", hook.id, real_now(), current_user())
