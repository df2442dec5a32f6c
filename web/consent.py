"""Consent to texts: the words read to the client, what they said, and its history."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField

from care import audit, consent
from care.clients import get_client
from care.consent import texting_wording
from care.errors import Refused
from care.models import Client, ConsentAction, ConsentSource, User
from reminders import wakeup
from reminders.outbox import enrol
from web.deps import current_user, db, now, real_now, today
from web.forms import Form, choices, given
from web.looking import record_look

SOURCES = {
    ConsentSource.IN_PERSON: "In person",
    ConsentSource.PAPER: "Signed on paper",
    ConsentSource.PHONE_CALL: "By phone",
}
SOURCE_WORDS = {
    **SOURCES,
    ConsentSource.TEXT: "By text",
    ConsentSource.WEB: "On the client's page",
    ConsentSource.PROVIDER: "Reported by the provider",
    ConsentSource.IMPORT: "Imported",
}
WITHDRAWN = "The client told us they want no more texts."

bp = Blueprint("consent", __name__, url_prefix="/clients/<int:client_id>/consent")


class ConsentForm(Form):
    source = RadioField("How did the client agree?", choices=choices(SOURCES.items()))
    agreed = BooleanField(
        "The client agreed to these words",
        validators=[
            given("Tick the box once the client has agreed, or go back without recording anything."),
        ],
    )


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client, ConsentForm(source=ConsentSource.IN_PERSON.value))


@bp.post("")
def give(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    form = ConsentForm()
    if not form.validate():
        return _page(client, form), 422
    source = ConsentSource(form.source.data)
    try:
        enrol(db(), client, wording=_wording(client), source=source, now=now(), user=current_user())
    except Refused as refusal:
        db().rollback()
        form.refuse(refusal)
        return _page(client, form), 422
    _record("give", client)
    db().commit()
    wakeup.ring()
    flash(f"Agreement recorded. {client.first_name} gets a first text that says what to expect.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


@bp.post("/withdraw")
def withdraw(client_id: int) -> ResponseReturnValue:
    """What the client said to a person. It holds from the next text on."""
    client = get_client(db(), client_id, current_user())
    source = request.form.get("source", "")
    if source not in [one.value for one in SOURCES]:
        raise Refused("Say how the client told you.")
    consent.withdraw_texting_consent(
        db(), client, WITHDRAWN, ConsentSource(source), now(), user=current_user()
    )
    _record("withdraw", client)
    db().commit()
    flash(f"No more texts to {client.first_name}.")
    return redirect(url_for("consent.show", client_id=client.id), 303)


def _page(client: Client, form: ConsentForm) -> str:
    events = consent.list_consent_events(db(), client)
    return render_template(
        "clients/consent.html",
        form=form,
        client=client,
        wording=_wording(client),
        has_consent=consent.has_texting_consent(db(), client),
        is_opted_out=client.phone_hash is not None and consent.is_opted_out(db(), client.phone_hash),
        events=[(event, SOURCE_WORDS[event.source], _who(event.user_id)) for event in events],
        sources=[(one.value, words) for one, words in SOURCES.items()],
        given=ConsentAction.GIVEN,
        today=today(),
    )


def _wording(client: Client) -> str:
    return texting_wording(client.language)


def _who(user_id: int | None) -> str:
    user = db().get(User, user_id) if user_id else None
    return user.name if user else ""


def _record(action: str, client: Client) -> None:
    audit.record(db(), client.practice_id, action, "texting_consent", client.id, real_now(), current_user())
