"""Who sees a client: their therapist, with whom they are shared, and handing them over."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, share_links, sharing
from care.clients import find_client, get_client
from care.errors import Refused
from care.models import Client, User
from web.deps import current_user, db, now, real_now
from web.looking import record_look

NOT_YOURS = "Only the therapist of this client or an admin may change who sees them."
CHOOSE = "Choose a colleague."

bp = Blueprint("client_people", __name__, url_prefix="/clients/<int:client_id>/people")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client)


@bp.get("/looks")
def looks(client_id: int) -> ResponseReturnValue:
    """For a client who asks who has seen their record."""
    client = get_client(db(), client_id, current_user())
    record_look(client)
    people = audit.who_touched(db(), client.practice_id, client.id)
    people += share_links.who_opened(db(), client.id)
    people.sort(key=lambda one: one.last, reverse=True)
    return render_template("clients/looks.html", client=client, people=people, zone=client.practice.timezone)


@bp.post("/share")
def share(client_id: int) -> ResponseReturnValue:
    client = _theirs_to_share(client_id)
    chosen = _chosen()
    if chosen is None:
        return _page(client, [("share-with", CHOOSE)]), 422
    colleague = sharing.share(db(), client, chosen, current_user(), now())
    return _saved("share", client, f"{colleague.name} sees {client.first_name} too.")


@bp.post("/unshare")
def unshare(client_id: int) -> ResponseReturnValue:
    client = _theirs_to_share(client_id)
    chosen = _chosen()
    if chosen is None:
        raise Refused(CHOOSE)
    sharing.end_share(db(), client, chosen)
    return _saved("unshare", client, "They see this client no more.")


@bp.post("/hand-over")
def hand_over(client_id: int) -> ResponseReturnValue:
    client = _theirs_to_share(client_id)
    chosen = _chosen()
    if chosen is None:
        return _page(client, [("hand-over-to", CHOOSE)]), 422
    keeps = request.form.get("keeps") == "1"
    to = sharing.hand_over(db(), client, chosen, current_user(), now(), keeps=keeps)
    return _saved("hand_over", client, f"{to.name} treats {client.first_name} from now on.")


def _page(client: Client, wrong: Sequence[tuple[str, str]] = ()) -> str:
    shared_with = sharing.list_shared_with(db(), client)
    candidates = sharing.list_candidates(db(), client)
    return render_template(
        "clients/people.html",
        client=client,
        shared_with=shared_with,
        colleagues=_options(candidates),
        heirs=_options([*shared_with, *candidates]),
        may_share=sharing.may_share(client, current_user()),
        wrong=wrong,
    )


def _options(people: Sequence[User]) -> list[tuple[int | str, str]]:
    return [("", "Choose"), *((one.id, one.name) for one in people)]


def _theirs_to_share(client_id: int) -> Client:
    client = get_client(db(), client_id, current_user())
    if not sharing.may_share(client, current_user()):
        raise Refused(NOT_YOURS)
    return client


def _chosen() -> int | None:
    """Who was chosen, or None: nobody, or a number that no user can have."""
    user_id = request.form.get("user", type=int)
    return user_id if user_id is not None and 0 < user_id < 2**31 else None


def _saved(action: str, client: Client, said: str) -> ResponseReturnValue:
    """Whoever gave the client away goes back to their list."""
    audit.record(db(), client.practice_id, action, "client", client.id, real_now(), current_user())
    db().commit()
    flash(said)
    if find_client(db(), client.id, current_user()) is None:
        return redirect(url_for("clients.index"), 303)
    return redirect(url_for("client_people.show", client_id=client.id), 303)
