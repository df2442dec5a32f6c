"""Looking: lists in pages with a cursor, and single rows, each with an ETag."""

import base64
import binascii
import hashlib
import json
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from care import audit, merging
from care.api_tokens import READ
from care.errors import NotFound, Refused
from web.api.gate import refuse_beyond
from web.api.resources import RESOURCES, Record, Resource
from web.deps import current_user, database, db, real_now
from web.looking import record_refusal
from web.problems import problem

USUAL_PAGE, LONGEST_PAGE = 50, 200
LARGEST_ID = 2**31 - 1


class _Answered(HTTPException):
    """An answer that ends the request where it stands."""

    def __init__(self, answer: Response) -> None:
        super().__init__(response=answer)


def register(bp: Blueprint) -> None:
    bp.add_url_rule("/<name>", "list", show_list)
    bp.add_url_rule("/<name>/<int:row_id>", "one", show_one)


def show_list(name: str) -> Response:
    """`{"data": [...], "next": cursor or null}`, oldest first; `client_id` narrows, `limit` is 1 to 200."""
    resource = resource_for(name, READ)
    limit = _whole("limit", USUAL_PAGE, LONGEST_PAGE)
    wanted = resource.seen_by(current_user())
    columns = resource.row.__table__.c
    client_id = _whole("client_id", 0, LARGEST_ID) if "client_id" in request.args else None
    if client_id is not None:
        if not resource.has_client:
            raise Refused(f"{name} belong to no client: leave client_id out.")
        client_id = _followed(client_id)
        wanted = wanted.where(columns.client_id == client_id)
    if "cursor" in request.args:
        wanted = wanted.where(columns.id > _read_cursor(request.args["cursor"]))
    rows = db().scalars(wanted.order_by(columns.id).limit(limit + 1)).all()
    shown = rows[:limit]
    _look(resource, client_id)
    records = resource.records(db(), shown, current_user().role)
    more = _cursor(shown[-1].id) if len(rows) > limit else None
    return answer({"data": records, "next": more})


def show_one(name: str, row_id: int) -> Response:
    """404 for what is not there, or not this user's."""
    resource = resource_for(name, READ)
    row = find(resource, row_id)
    _look(resource, row_id if resource.name == "clients" else getattr(row, "client_id", None))
    return answer(record_of(resource, row))


def resource_for(name: str, verb: str) -> Resource:
    """The kind of row named in the address, when token and role go that far."""
    resource = RESOURCES.get(name)
    if resource is None:
        raise NotFound
    refusal = refuse_beyond(resource.group, verb)
    if refusal is None and current_user().role not in resource.roles:
        record_refusal(resource.kind, None)
        refusal = problem(403, "Not for this role", f"{name} are not for the role of this token's user.")
    if refusal is not None:
        raise _Answered(refusal)
    return resource


def find(resource: Resource, row_id: int) -> Any:
    """A client's entry that was merged into another is answered with that."""
    wanted = resource.seen_by(current_user())
    row = db().scalar(wanted.where(resource.row.__table__.c.id == row_id))
    if row is None and resource.name == "clients":
        row = db().scalar(wanted.where(resource.row.__table__.c.id == _followed(row_id)))
    if row is None:
        g.sought = resource.kind
        raise NotFound
    return row


def _followed(client_id: int) -> int:
    return merging.follow(db(), current_user().practice_id, client_id) or client_id


def record_of(resource: Resource, row: Any) -> Record:
    return resource.records(db(), [row], current_user().role)[0]


def answer(body: Record, status: int = 200) -> Response:
    """As JSON with an ETag; 304 for whoever has it already."""
    text = json.dumps(body, ensure_ascii=False)
    response = Response(text, status, content_type="application/json")
    response.set_etag(etag_of(body))
    if status == 200:
        response.make_conditional(request)
    return response


def etag_of(body: Record) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]


def _look(resource: Resource, client_id: int | None) -> None:
    """On file like a look at the page, in a transaction of its own."""
    if not resource.has_client and resource.name != "clients":
        return
    user, now = current_user(), real_now()
    subject = "client" if client_id is not None else resource.kind
    with database().sessions.begin() as session:
        audit.record(session, user.practice_id, "api_view", subject, client_id, now, user)


def _whole(name: str, default: int, most: int) -> int:
    given = request.args.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal()) or not 1 <= int(given[:12]) <= most:
        raise Refused(f"{name} must be a whole number from 1 to {most}.")
    return int(given)


def _cursor(row_id: int) -> str:
    return base64.urlsafe_b64encode(f"after:{row_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        row_id = int(text.removeprefix("after:"))
    except (binascii.Error, ValueError):
        row_id = -1
    if not 0 <= row_id <= LARGEST_ID:
        raise Refused("This cursor is not one of ours. Begin again without it.")
    return row_id
