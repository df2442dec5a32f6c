"""What waits for a co-sign, and the decision: into the plan, or declined with a reason."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import cosigning
from care.clients import get_client
from care.errors import Refused
from care.models import Client
from care.precautions import list_precautions
from reminders import wakeup
from web.deps import current_user, db, now
from web.looking import record_look

bp = Blueprint("cosigning", __name__, url_prefix="/clients/<int:client_id>/co-sign")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client)


@bp.post("/<int:cosign_id>")
def decide(client_id: int, cosign_id: int) -> ResponseReturnValue:
    client, user = get_client(db(), client_id, current_user()), current_user()
    try:
        if request.form.get("do") == "sign":
            cosigning.sign(db(), client, cosign_id, user, now())
            said = f"Signed. It is part of {client.first_name}'s plan from now on."
        else:
            reason = request.form.get("reason", "")
            cosigning.decline(db(), client, cosign_id, reason, user, now())
            said = "Declined. Who asked is told why."
    except Refused as refusal:
        db().rollback()
        return _page(get_client(db(), client_id, current_user()), str(refusal), cosign_id), 422
    db().commit()
    wakeup.ring()
    flash(said)
    return redirect(url_for("cosigning.show", client_id=client.id), 303)


def _page(client: Client, problem: str = "", wrong_id: int = 0) -> str:
    return render_template(
        "cosigning/show.html",
        client=client,
        requests=cosigning.list_cosigns(db(), client),
        precautions=list_precautions(db(), client),
        may_decide=cosigning.may_decide,
        problem=problem,
        wrong_id=wrong_id,
    )
