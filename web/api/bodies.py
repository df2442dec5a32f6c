"""What a program may send: the fields of each call, read into values or refused in one sentence."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from flask import request

from care.errors import Refused
from care.models import ConsentSource, FollowUpKind, Side
from care.portable.format import Field
from care.portable.values import from_json

Values = dict[str, Any]

PEOPLE = (
    Field("first_name", "first_name", str, longest=80, is_needed=True, may_be_null=False),
    Field("last_name", "last_name", str, longest=80, may_be_null=False),
    Field("phone", "phone", str, longest=40),
    Field("email", "email", str, longest=254),
    Field("language", "language", str, longest=8),
    Field("timezone", "timezone", str, longest=64),
    Field("therapist_id", "therapist_id", int),
    Field("note", "note", str, longest=2000, may_be_null=False),
)
CLIENT = Field("client_id", "client_id", int, is_needed=True, may_be_null=False)
CONSENT = (
    CLIENT,
    Field("is_given", "is_given", bool, is_needed=True, may_be_null=False),
    Field("source", "source", ConsentSource, is_needed=True, may_be_null=False),
    Field("wording", "wording", str, longest=500, is_needed=True, may_be_null=False),
)
MOVE = (Field("starts_at", "starts_at", datetime, is_needed=True, may_be_null=False),)
VISIT = (CLIENT, *MOVE)
PLAN = (
    CLIENT,
    Field("note", "note", str, longest=500, may_be_null=False),
    Field("assignments", "assignments", list[dict[str, Any]], is_needed=True, may_be_null=False),
)
ASSIGNMENT = (
    Field("exercise_id", "exercise_id", int, is_needed=True, may_be_null=False),
    Field("sets", "sets", int),
    Field("reps", "reps", int),
    Field("hold_seconds", "hold_seconds", int),
    Field("duration_seconds", "duration_seconds", int),
    Field("side", "side", Side),
    Field("load", "load", str, longest=60),
    Field("note", "note", str, longest=300),
    Field("times", "times", list[str], is_needed=True, may_be_null=False),
    Field("weekdays", "weekdays", list[int]),
    Field("every_days", "every_days", int),
    Field("starts_on", "starts_on", date, is_needed=True, may_be_null=False),
    Field("ends_on", "ends_on", date),
)
FOLLOW_UP = (
    CLIENT,
    Field("kind", "kind", FollowUpKind, is_needed=True, may_be_null=False),
    Field("due_on", "due_on", date, is_needed=True, may_be_null=False),
    Field("at_time", "at_time", time, is_needed=True, may_be_null=False),
    Field("every_days", "every_days", int),
    Field("ends_on", "ends_on", date),
    Field("text", "text", str, longest=320, may_be_null=False),
)
MESSAGE = (CLIENT, Field("body", "body", str, longest=1600, is_needed=True, may_be_null=False))
CLOSING = (Field("note", "note", str, longest=500, may_be_null=False),)


def read_body(fields: Sequence[Field], *, all_needed: bool = True) -> Values:
    """The request's body. Raises Refused where it is not JSON, a field is unknown, missing or wrong."""
    sent = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(sent, dict):
        raise Refused("Send one JSON object, with Content-Type: application/json.")
    return read_object(fields, sent, all_needed=all_needed)


def read_object(fields: Sequence[Field], sent: Mapping[str, Any], *, all_needed: bool = True) -> Values:
    known = {field.name: field for field in fields}
    unknown = sorted(set(sent) - set(known))
    if unknown:
        raise Refused(f"{unknown[0][:40]!r} is no field here. Known are: {', '.join(known)}.")
    values: Values = {}
    for name, field in known.items():
        if name not in sent or (sent[name] is None and field.may_be_null):
            if field.is_needed and all_needed:
                raise Refused(f"{name} is missing.")
            if name in sent:
                values[name] = None
            continue
        values[name] = _readable(field, from_json(field, sent[name]))
    return values


def _readable(field: Field, value: Any) -> Any:
    """PostgreSQL cannot store a NUL, and nobody types one."""
    if isinstance(value, str) and "\x00" in value:
        raise Refused(f"{field.name} holds a character that is no text.")
    return value
