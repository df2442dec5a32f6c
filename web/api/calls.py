"""How a change is made: token, scope, body, the act itself, its audit entry, and once per key.

A call that names an `Idempotency-Key` acts once: sent again within a day it gets the first answer, and
with another body 422. `If-Match` with the ETag of a row refuses a change of what changed meanwhile.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import delete, func, select

from care import audit
from care.api_tokens import WRITE
from care.errors import Refused
from care.models import ApiCall
from care.portable.format import Field
from reminders import wakeup
from web.api.bodies import Values, read_body
from web.api.gate import token
from web.api.reading import answer, etag_of, find, record_of, resource_for
from web.api.resources import RESOURCES, Record
from web.deps import current_user, db, real_now
from web.problems import problem

KEPT_FOR = timedelta(days=1)
LONGEST_KEY = 64
PLANNED: Record = {"status": "planned"}


@dataclass(frozen=True)
class Call:
    """One way to change rows of a resource.

    Without `verb` it is POST to the list, or with `is_change` PATCH to a row; with it, POST to
    `<row>/<verb>`. `act` takes the row, None for a new one, and returns the row as it is then, or None for a
    text, which is not on its way yet.
    """

    resource: str
    name: str
    fields: Sequence[Field]
    act: Callable[[Any, Values], Any]
    is_change: bool = False
    verb: str | None = None

    @property
    def endpoint(self) -> str:
        return f"{self.resource}_{self.name}".replace("-", "_")

    @property
    def method(self) -> str:
        return "PATCH" if self.is_change else "POST"

    @property
    def path(self) -> str:
        """As the router reads it, with the row's id where there is a row."""
        row = "/<int:row_id>" if self.is_change or self.verb else ""
        return f"/{self.resource}{row}" + (f"/{self.verb}" if self.verb else "")

    def __call__(self, row_id: int | None = None) -> Response:
        resource = resource_for(self.resource, WRITE)
        values = read_body(self.fields, all_needed=not self.is_change)
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > LONGEST_KEY or not key.isprintable():
            raise Refused(f"Idempotency-Key must be at most {LONGEST_KEY} printable characters.")
        earlier = _earlier(key) if key else None
        if earlier is not None:
            return _again(earlier)
        row = None if row_id is None else find(resource, row_id)
        if row is not None and request.if_match and etag_of(record_of(resource, row)) not in request.if_match:
            db().rollback()
            return problem(412, "It changed meanwhile", "Read it again, then send the change again.")
        done = self.act(row, values)
        record = PLANNED if done is None else record_of(RESOURCES[self.resource], done)
        status = 200 if row is not None else 202 if done is None else 201
        _write_down(self, done, key, status, record)
        db().commit()
        wakeup.ring()
        return answer(record, status)


def _earlier(key: str) -> ApiCall | None:
    """The call with this key, if it was made. A twin that is being handled is waited for, as in
    `care.one_time`.
    """
    if db().get_bind().dialect.name == "postgresql":
        db().execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, token().id))))
    db().execute(delete(ApiCall).where(ApiCall.at < real_now() - KEPT_FOR))
    return db().scalar(select(ApiCall).where(ApiCall.token_id == token().id, ApiCall.key == key))


def _again(earlier: ApiCall) -> Response:
    db().rollback()
    if earlier.fingerprint != _fingerprint():
        return problem(
            422, "This key was used", "This Idempotency-Key belongs to another call. Choose a new one."
        )
    return answer(earlier.answer, earlier.status)


def _write_down(call: Call, done: Any, key: str, status: int, record: Record) -> None:
    user, at = current_user(), real_now()
    row_id = None if done is None else done.id
    audit.record(db(), user.practice_id, f"api_{call.name}", RESOURCES[call.resource].kind, row_id, at, user)
    if key:
        kept = ApiCall(
            practice_id=user.practice_id,
            token_id=token().id,
            key=key,
            fingerprint=_fingerprint(),
            status=status,
            answer=record,
            at=at,
        )
        db().add(kept)


def _fingerprint() -> str:
    said = f"{request.method} {request.path}\n".encode() + request.get_data()
    return hashlib.sha256(said).hexdigest()
