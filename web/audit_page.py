"""Settings: the audit trail, for admins: who looked at or changed what, with filters."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from care import audit, users
from care.audit import OF_CLIENT, Wanted
from care.client_names import list_names
from care.clients import clients_by_id
from care.models import AuditEntry
from web.deps import admin_only, current_user, db, practice
from web.visit_form import read_date

PAGE = 100
# Verbs that stand before what was acted on; what an act is called else stands before a colon.
WORDS = {
    "view": "Looked at",
    "api_view": "Another program looked at",
    "add": "Added",
    "change": "Changed",
    "remove": "Removed",
    "export": "Exported",
    "import": "Imported to",
    "erase": "Erased",
    "discharge": "Discharged",
    "complete": "Completed",
    "add_to": "Added to",
    "open": "Opened",
    "confirm": "Confirmed who they are:",
    "sign_in": "Signed in:",
    "sign_out": "Signed out:",
}
FILTERS = ("user", "action", "client", "from", "to")

bp = Blueprint("audit_page", __name__, url_prefix="/settings/audit")


@bp.get("")
@admin_only
def index() -> ResponseReturnValue:
    found = audit.search_entries(db(), practice().id, _wanted(), PAGE + 1)
    shown = found[:PAGE]
    people = {user.id: user.name for user in users.list_users(db(), practice().id)}
    ids = [one.subject_id for one in shown if one.subject in OF_CLIENT and one.subject_id]
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return render_template(
        "settings/audit.html",
        lines=[
            (one, people.get(one.user_id or 0) or audit.nobody_in_words(one.subject), action_in_words(one))
            for one in shown
        ],
        of_client=OF_CLIENT,
        clients=clients_by_id(db(), ids, current_user()),
        people=[("", "Everybody"), *people.items()],
        actions=[("", "Everything"), *((one, one.replace("_", " ")) for one in _actions())],
        all_clients=[("", "All clients"), *list_names(db(), current_user())],
        chosen=request.args,
        zone=practice().timezone,
        older=url_for("audit_page.index", **kept, before=shown[-1].id) if len(found) > PAGE else None,
    )


def action_in_words(entry: AuditEntry) -> str:
    """As "Looked at client 12": the codes of the trail, made readable."""
    did = WORDS.get(entry.action) or entry.action.replace("_", " ").capitalize() + ":"
    number = f" {entry.subject_id}" if entry.subject_id is not None else ""
    where = f" ({entry.detail})" if entry.detail else ""
    return f"{did} {entry.subject.replace('_', ' ')}{number}{where}"


def _actions() -> list[str]:
    return audit.list_actions(db(), practice().id)


def _wanted() -> Wanted:
    """What cannot be read lets all through."""
    return Wanted(
        user_id=_row_id("user"),
        action=request.args.get("action", "")[:40],
        client_id=_row_id("client"),
        since=_midnight("from", 0),
        until=_midnight("to", 1),
        before_id=_row_id("before"),
    )


def _row_id(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value < 2**31 else None


def _midnight(name: str, days: int) -> datetime | None:
    """When the day begins on the practice's clock, or ends."""
    day = read_date(request.args.get(name, ""))
    if day is None or day.year not in range(2000, 2100):
        return None
    return datetime.combine(day + timedelta(days=days), time(), ZoneInfo(practice().timezone))
