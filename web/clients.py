"""Clients: the list, the page of one, adding and changing them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.caseload_lines import Wanted, list_lines
from care.client_facts import ClientFacts, client_facts
from care.clients import add_client, find_clients, get_client, listed_clients, update_client
from care.consent import has_texting_consent
from care.errors import Refused
from care.models import Client
from care.recurrence import today_in
from care.visits import list_visits
from reminders import wakeup
from reminders.outbox import owe_message
from reminders.permission import may_write
from web.client_form import (
    ClientForm,
    ContactForm,
    edit_form,
    known_precautions,
    new_form,
    precaution_rows,
    save_care,
    sent_precautions,
)
from web.client_page import FILTERS, client_page, may_be_texted_words
from web.coming_texts import coming_texts
from web.deps import book, current_user, db, now, practice, real_now, settings
from web.forms import zones
from web.fresh import with_fresh_standings
from web.looking import record_look
from web.sealed_query import FIND, opened, sealed
from web.typed_forms import Typed, came_back, confirmed, confirmed_actions

# Which field of the form a refusal of `care` is about, by the word it begins with.
FIELD_OF = {
    "Phone": "phone",
    "Email": "email",
    "Window": "window_until_time",
    "Time": "timezone",
    "Goal": "goal",
    "Complaint": "complaint",
    "First": "first_name",
    "Last": "last_name",
    "Choose": "therapist_id",
}

VISITS_SHOWN = 20
PAGE = 50
LONGEST_QUERY = 80

bp = Blueprint("clients", __name__, url_prefix="/clients")


@bp.get("")
def index() -> ResponseReturnValue:
    query = opened(FIND)
    with_discharged = request.args.get("discharged") == "1"
    user = current_user()
    session = db() if user.is_front_desk else with_fresh_standings()
    ids = find_clients(session, user, query, include_discharged=with_discharged)
    pages = max(1, -(-len(ids) // PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = ids[(page - 1) * PAGE : page * PAGE]
    lines = [] if user.is_front_desk else list_lines(session, user, Wanted(only=shown))
    return render_template(
        "clients/index.html",
        clients=listed_clients(session, shown),
        lines={line.client_id: line for line in lines},
        count=len(ids),
        page=page,
        pages=pages,
        page_url=lambda number: _index_url(query, with_discharged, number),
        query=query,
        with_discharged=with_discharged,
    )


@bp.post("/find")
def find() -> ResponseReturnValue:
    """A search names people, so it is posted and never stands in an address as it was typed."""
    return redirect(_index_url(request.form.get("q", ""), request.form.get("discharged") == "1"), 303)


def _index_url(query: str, with_discharged: bool, page: int | None = None) -> str:
    typed, discharged = sealed(FIND, query[:LONGEST_QUERY]), "1" if with_discharged else None
    return url_for("clients.index", find=typed, discharged=discharged, page=page)


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = new_form(db(), practice(), current_user())
    if request.method == "GET":
        return _form_page(form, None, {})
    ticked = sent_precautions(request.form)
    client = _add(form, ticked) if form.validate() else None
    if client is None:
        return _form_page(form, None, ticked), 422
    if client.phone:
        return redirect(url_for("consent.show", client_id=client.id), 303)
    flash(f"{client.name} added. Without a phone the plan lives on paper.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


@bp.get("/<int:client_id>")
def show(client_id: int) -> ResponseReturnValue:
    if current_user().is_front_desk:
        client = get_client(db(), client_id, current_user())
        record_look(client)
        return _contact_page(client)
    head = client_facts(db(), client_id, current_user(), now())
    record_look(head.client)
    return _client_page(head, Typed())


@bp.get("/<int:client_id>/texts")
def texts(client_id: int) -> ResponseReturnValue:
    """Every text to come, looked at before any of it goes out."""
    client = get_client(db(), client_id, current_user())
    record_look(client)
    coming = coming_texts(db(), client, practice(), now(), as_if_agreed=True)
    return render_template("clients/texts.html", client=client, coming=coming)


@bp.route("/<int:client_id>/edit", methods=["GET", "POST"])
def edit(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    form = edit_form(db(), client, current_user())
    if request.method == "GET":
        record_look(client)
        return _form_page(form, client, known_precautions(db(), client))
    ticked = sent_precautions(request.form)
    before = client.phone
    if not (form.validate() and _change(client, form, ticked)):
        return _form_page(form, client, ticked), 422
    if client.phone and client.phone != before:
        flash("The number changed, and agreement to texts belongs to a number. Ask again.", "warning")
        return redirect(url_for("consent.show", client_id=client.id), 303)
    flash(f"{client.name} saved.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


@bp.post("/<int:client_id>/messages")
def write(client_id: int) -> ResponseReturnValue:
    """A text in the practice's own words, sent like every other: rules, window and cap hold."""
    client, body = get_client(db(), client_id, current_user()), request.form.get("body", "")
    try:
        words = owe_message(db(), client, body, now(), current_user(), confirmed())
    except Refused as refusal:
        db().rollback()
        head = client_facts(db(), client_id, current_user(), now())
        return _client_page(head, came_back(body, refusal)), 422
    _record("write", client)
    for action in confirmed_actions(words):
        _record(action, client)
    db().commit()
    wakeup.ring()
    flash(f"Your message to {client.first_name} goes out now, or when the hours for texts begin.")
    return redirect(url_for("clients.show", client_id=client.id, _anchor="write"), 303)


def _contact_page(client: Client) -> str:
    """What the front desk sees: how to reach the client, and when they come."""
    return render_template(
        "clients/contact.html",
        client=client,
        has_consent=has_texting_consent(db(), client),
        visits=list_visits(db(), client)[:VISITS_SHOWN],
        now=now(),
    )


def _client_page(head: ClientFacts, typed: Typed) -> str:
    """With the message as it was typed, when it came back."""
    client = head.client
    shown = request.args.get("show", "all")
    shown = shown if shown in FILTERS else "all"
    older = request.args.get("older") == "1"
    page = client_page(db(), head, now(), shown, with_older=older)
    is_real = not settings().is_simulated
    return render_template(
        "clients/show.html",
        page=page,
        client=client,
        texting=may_be_texted_words(page),
        filters=_filter_links(client, shown),
        shown=shown,
        typed=typed,
        page_has_errors=typed.is_back,
        may=may_write(client, practice(), page.texting, now(), is_real=is_real),
    )


def _record(action: str, client: Client) -> None:
    audit.record(db(), client.practice_id, action, "client", client.id, real_now(), current_user())


def _add(form: ContactForm, ticked: dict[str, str]) -> Client | None:
    """The new client, committed; None when a rule says no, with the sentence at its field."""
    try:
        client = add_client(db(), practice(), book(), form.details(), now())
        if isinstance(form, ClientForm):
            save_care(db(), client, form, ticked, today_in(client.timezone, now()))
    except Refused as refusal:
        _back(form, refusal)
        return None
    _record("add", client)
    db().commit()
    return client


def _change(client: Client, form: ContactForm, ticked: dict[str, str]) -> bool:
    try:
        update_client(db(), client, book(), form.details(client.note), now())
        if isinstance(form, ClientForm):
            save_care(db(), client, form, ticked, today_in(client.timezone, now()))
    except Refused as refusal:
        _back(form, refusal)
        return False
    _record("change", client)
    db().commit()
    return True


def _back(form: ContactForm, refusal: Refused) -> None:
    db().rollback()
    form.refuse(refusal, FIELD_OF.get(str(refusal).split()[0]))


def _form_page(form: ContactForm, client: Client | None, ticked: dict[str, str]) -> str:
    return render_template(
        "clients/form.html",
        form=form,
        client=client,
        precautions=precaution_rows(ticked),
        ticked=len(ticked),
        zones=zones(),
    )


def _filter_links(client: Client, shown: str) -> list[tuple[str, str, bool]]:
    def link(name: str) -> Any:
        return url_for("clients.show", client_id=client.id, show=name, _anchor="timeline")

    return [(words, link(name), name == shown) for name, (words, _kinds) in FILTERS.items()]
