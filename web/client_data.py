"""A client's data rights: their whole record to read, print or take along, and erasing them."""

import json
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from care import audit
from care.clients import get_client
from care.erasing import REASONS, erase_client, forget_in_file
from care.errors import Refused
from care.models import AuditEntry, Client, User
from care.portable import export_records
from care.portable.values import to_json
from web.confirming import recently_confirmed
from web.deps import admin_only, current_user, database, db, practice, real_now, today
from web.looking import record_look
from web.record_page import parts_of

NOT_THE_NAME = "Type the client’s name just as it stands above."

bp = Blueprint("client_data", __name__, url_prefix="/clients/<int:client_id>/data")


@bp.get("")
def show(client_id: int) -> ResponseReturnValue:
    client = get_client(db(), client_id, current_user())
    record_look(client)
    return _page(client)


@bp.get("/record")
@recently_confirmed
def record(client_id: int) -> ResponseReturnValue:
    """Everything, as a page to read and print."""
    client = get_client(db(), client_id, current_user())
    _note_export(client)
    return render_template("clients/record.html", client=client, parts=parts_of(_records(client), client))


@bp.get("/record.json")
@recently_confirmed
def download(client_id: int) -> ResponseReturnValue:
    """Everything, for another program: what `import` reads, and the audit trail of this client."""
    client = get_client(db(), client_id, current_user())
    _note_export(client)
    text = json.dumps(_records(client), ensure_ascii=False, indent=1)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="record-{today().isoformat()}.json"'
    return answer


@bp.post("/erase")
@admin_only
@recently_confirmed
def erase(client_id: int) -> ResponseReturnValue:
    """For good, so the name is typed out: there is no way back but a backup."""
    client = get_client(db(), client_id, current_user())
    typed, reason = request.form.get("name", "").strip(), request.form.get("reason", "")
    wrong: dict[str, str] = {}
    if typed.casefold() != client.name.casefold():
        wrong["name"] = NOT_THE_NAME
    try:
        if not wrong:
            erase_client(db(), client, reason, current_user(), real_now())
    except Refused as refusal:
        db().rollback()
        wrong["reason"] = str(refusal)
    if wrong:
        return _page(get_client(db(), client_id, current_user()), typed, reason, wrong), 422
    db().commit()
    forget_in_file(database())
    flash("Erased. What is left is a line without a name in the audit trail.")
    return redirect(url_for("clients.index"), 303)


def _records(client: Client) -> list[dict[str, Any]]:
    held = list(export_records(db(), practice().id, client.token))
    entries = (
        select(AuditEntry.at, AuditEntry.action, AuditEntry.subject, User.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .where(
            AuditEntry.practice_id == practice().id,
            audit.about_client(client.id),
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return held + [
        {
            "type": "audit",
            "at": to_json(at),
            "action": f"{action} {subject}",
            "user": name or audit.nobody_in_words(subject),
        }
        for at, action, subject, name in db().execute(entries)
    ]


def _page(client: Client, typed: str = "", reason: str = "asked", wrong: dict[str, str] | None = None) -> str:
    wrong = wrong or {}
    return render_template(
        "clients/data.html",
        client=client,
        typed=typed,
        reason=reason,
        reasons=list(REASONS.items()),
        wrong=list(wrong.items()),
        sentences=wrong,
    )


def _note_export(client: Client) -> None:
    with database().sessions.begin() as writing:
        audit.record(writing, client.practice_id, "export", "client", client.id, real_now(), current_user())
