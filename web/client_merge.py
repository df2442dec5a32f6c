"""Two entries of one client: compared side by side, and made one for good."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care.clients import get_client, list_clients
from care.errors import Refused
from care.merging import likely_same, merge, side_of
from care.models import Client
from care.sharing import may_share
from reminders import wakeup
from web.confirming import recently_confirmed
from web.deps import current_user, db, now, real_now
from web.looking import record_look
from web.sealed_query import FIND, opened, sealed

MOST_FOUND = 20
# What is counted on the page, in this order; the rest moves along unseen.
COUNTED = {
    "visit": "Visits",
    "episode": "Episodes",
    "plan": "Plans",
    "message": "Texts",
    "rating": "Pain ratings",
    "assessment": "Assessments",
    "attention_item": "In the inbox, ever",
}

LONGEST_QUERY = 80

bp = Blueprint("client_merge", __name__, url_prefix="/clients/<int:client_id>/merge")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    """Which other entry; then both beside each other, and what will come of it."""
    client = get_client(db(), client_id, current_user())
    record_look(client)
    other = _chosen(request.args.get("with", type=int))
    if other is None:
        return _choose(client)
    record_look(other)
    return _compare(client, other)


@bp.post("/find")
def find(client_id: int) -> ResponseReturnValue:
    """Posted, since a search names people."""
    client = get_client(db(), client_id, current_user())
    query = sealed(FIND, request.form.get("q", "")[:LONGEST_QUERY])
    return redirect(url_for("client_merge.show", client_id=client.id, find=query), 303)


@bp.post("")
@recently_confirmed
def make_one(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    other = _chosen(request.form.get("with", type=int))
    if other is None:
        raise Refused("Choose the other entry of this client.")
    if request.form.get("same") != "1":
        return _compare(client, other, problem="Tick that both are the same person."), 422
    takes_phone = request.form.get("phone") == "other"
    try:
        merge(db(), client, other, current_user(), now(), at=real_now(), takes_phone=takes_phone)
    except Refused as refusal:
        db().rollback()
        client = get_client(db(), client_id, current_user())
        return _compare(client, get_client(db(), other.id, current_user()), problem=str(refusal)), 422
    db().commit()
    wakeup.ring()
    flash(f"Both entries are one. Look over what {client.first_name} gets, and whether they agree to texts.")
    return redirect(url_for("clients.show", client_id=client.id), 303)


def _chosen(client_id: int | None) -> Client | None:
    if client_id is None or not 0 < client_id < 2**31:
        return None
    return get_client(db(), client_id, current_user())


def _choose(client: Client) -> str:
    query = opened(FIND)
    found = list_clients(db(), current_user(), query, include_discharged=True) if query else []
    return render_template(
        "client_merge/choose.html",
        client=client,
        query=query,
        alike=likely_same(db(), client, current_user(), MOST_FOUND),
        found=[one for one in found if one.id != client.id][:MOST_FOUND],
    )


def _compare(client: Client, other: Client, problem: str = "") -> str:
    user = current_user()
    return render_template(
        "client_merge/compare.html",
        client=client,
        other=other,
        kept=side_of(db(), client),
        gone=side_of(db(), other),
        counted_rows=COUNTED.items(),
        may_merge=may_share(client, user) and may_share(other, user) and client.id != other.id,
        differing_phones=bool(client.phone and other.phone and client.phone != other.phone),
        problem=problem,
        takes_phone=request.form.get("phone") == "other",
    )
