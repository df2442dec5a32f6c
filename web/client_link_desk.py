"""A client's own page as staff see it: the link to hand over, a new one in its place, and a look at it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit
from care.calendar_feeds import renew_feed, revoke_feeds
from care.client_links import find_link, renew_link
from care.clients import get_client
from web.client_sheet import sheet_of
from web.deps import current_user, db, now, real_now, settings
from web.looking import record_look

bp = Blueprint("client_link_desk", __name__)


@bp.get("/clients/<int:client_id>/page")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    link = find_link(db(), client, now())
    return render_template(
        "client_link_desk/show.html",
        client=client,
        address=f"{settings().public_url}/c/{link.token}" if link else None,
        sheet=sheet_of(db(), client, now(), settings().public_url),
    )


@bp.post("/clients/<int:client_id>/page/link")
def renew(client_id: int) -> ResponseReturnValue:
    """A new link; whoever has an old one sees nothing any more."""
    client = get_client(db(), client_id, current_user())
    had_one = find_link(db(), client, now()) is not None
    renew_link(db(), client, now())
    audit.record(db(), client.practice_id, "renew_link", "client", client.id, real_now(), current_user())
    db().commit()
    flash("A new link is made. The old one no longer works." if had_one else "The link is made.")
    return redirect(url_for("client_link_desk.show", client_id=client.id), 303)


@bp.post("/clients/<int:client_id>/page/calendar")
def calendar(client_id: int) -> ResponseReturnValue:
    """A new address for the client's calendar, or none any more."""
    client = get_client(db(), client_id, current_user())
    is_off = request.form.get("do") == "off"
    if is_off:
        revoke_feeds(db(), client, now())
    else:
        renew_feed(db(), client, now())
    action = "revoke_calendar" if is_off else "renew_calendar"
    audit.record(db(), client.practice_id, action, "client", client.id, real_now(), current_user())
    db().commit()
    flash("The calendar address no longer works." if is_off else "The calendar address is made.")
    return redirect(url_for("client_link_desk.show", client_id=client.id), 303)
