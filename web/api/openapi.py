"""The description of the API (OpenAPI 3.1), made from the same tables that serve it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, get_args, get_origin

from flask import Blueprint, Response

from care.api_tokens import READ, WRITE
from care.portable.format import Field
from web.api.bodies import ASSIGNMENT
from web.api.calls import LONGEST_KEY, Call
from web.api.reading import LARGEST_ID, LONGEST_PAGE, answer
from web.api.resources import RESOURCES, Resource, name_of
from web.api.writing import CALLS
from web.deps import settings
from web.problems import PROBLEM_TYPE

Schema = dict[str, Any]
FORMATS = {datetime: "date-time", date: "date", time: None}
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
PROBLEMS = {
    "400": "The request is no HTTP that could be read.",
    "401": "No token, or none that is good.",
    "403": "The token's scopes or its user's role do not go that far.",
    "404": "There is no such thing, or it is not this user's.",
    "405": "This address takes other methods.",
    "413": "The body is too long.",
    "422": "The sentence in `detail` says what to do.",
    "429": "Too many tries with tokens that are not good.",
}
ROW_ID = {
    "name": "row_id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE}}
CURSOR = {
    "name": "cursor",
    "in": "query",
    "schema": {"type": "string"},
    "description": "`next` of the page before.",
}
CLIENT_ID = {
    "name": "client_id",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "The call acts once; sent again within a day it gets the first answer.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The row's ETag.",
}


def register(bp: Blueprint) -> None:
    bp.add_url_rule("/openapi.json", "describe", describe)


def describe() -> Response:
    """Open to all: it holds no rows."""
    return answer(document(settings().public_url))


def document(public_url: str) -> Schema:
    paths: dict[str, Schema] = {}
    for resource in RESOURCES.values():
        paths.setdefault(f"/{resource.name}", {})["get"] = _list_operation(resource)
        paths.setdefault(f"/{resource.name}/{{row_id}}", {})["get"] = _one_operation(resource)
    for call in CALLS:
        path = call.path.replace("<int:row_id>", "{row_id}")
        paths.setdefault(path, {})[call.method.lower()] = _call_operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Homestretch",
            "version": "1",
            "description": "Home care of a practice: what was assigned, answered, and needs a person.",
        },
        "servers": [{"url": f"{public_url}/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {_title(one): _row_schema(one) for one in RESOURCES.values()} | {"Problem": PROBLEM},
            "responses": {code: _problem_response(text) for code, text in PROBLEMS.items()},
        },
    }


PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reference": {"type": "string"},
    },
}


def _list_operation(resource: Resource) -> Schema:
    row = {"$ref": f"#/components/schemas/{_title(resource)}"}
    page = {
        "type": "object",
        "required": ["data", "next"],
        "properties": {"data": {"type": "array", "items": row}, "next": {"type": ["string", "null"]}},
    }
    parameters = [LIMIT, CURSOR, *([CLIENT_ID] if resource.has_client else [])]
    return _operation(f"list_{resource.kind}", f"{resource.group}:{READ}", {"200": page}) | {
        "summary": f"Those {resource.name} the user sees, oldest first",
        "parameters": parameters,
    }


def _one_operation(resource: Resource) -> Schema:
    row = {"$ref": f"#/components/schemas/{_title(resource)}"}
    return _operation(f"get_{resource.kind}", f"{resource.group}:{READ}", {"200": row}) | {
        "summary": f"One of {resource.name}",
        "parameters": [ROW_ID],
    }


def _call_operation(call: Call) -> Schema:
    resource = RESOURCES[call.resource]
    row = {"$ref": f"#/components/schemas/{_title(resource)}"}
    has_row = "row_id" in call.path
    if call.resource == "messages":
        answers: Schema = {"202": {"type": "object", "properties": {"status": {"type": "string"}}}}
    else:
        answers = {"200" if has_row else "201": row}
    operation = _operation(call.endpoint, f"{resource.group}:{WRITE}", answers) | {
        "summary": f"{call.name.capitalize()}: {resource.name}",
        "parameters": [*([ROW_ID, IF_MATCH] if has_row else []), KEY],
    }
    if call.fields:
        body = _body_schema(call.fields, all_needed=not call.is_change)
        is_needed = any(field.is_needed for field in call.fields)
        operation["requestBody"] = {"required": is_needed, "content": {"application/json": {"schema": body}}}
    if has_row:
        operation["responses"]["412"] = _problem_response("It changed since it was read.")
    return operation


def _operation(name: str, scope: str, answers: Schema) -> Schema:
    fine = {
        code: {"description": "As asked.", "content": {"application/json": {"schema": schema}}}
        for code, schema in answers.items()
    }
    refused = {code: {"$ref": f"#/components/responses/{code}"} for code in PROBLEMS}
    return {"operationId": name, "description": f"Needs the scope `{scope}`.", "responses": fine | refused}


def _problem_response(text: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {PROBLEM_TYPE: {"schema": schema}}}


def _title(resource: Resource) -> str:
    return "".join(part.capitalize() for part in resource.kind.split("_"))


def _row_schema(resource: Resource) -> Schema:
    properties: Schema = {"id": {"type": "integer"}}
    for field in resource.fields:
        properties[name_of(field)] = _or_null(_value_schema(field), field.may_be_null)
    for name in resource.list_names:
        properties[name] = {"type": "array", "items": {"type": "object"}}
    return {"type": "object", "required": ["id"], "properties": properties}


def _body_schema(fields: Sequence[Field], *, all_needed: bool = True) -> Schema:
    properties = {field.name: _or_null(_value_schema(field), field.may_be_null) for field in fields}
    if "assignments" in properties:
        properties["assignments"] = {"type": "array", "minItems": 1, "items": _body_schema(ASSIGNMENT)}
    needed = [field.name for field in fields if field.is_needed and all_needed]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": needed} if needed else {})


def _or_null(schema: Schema, may_be_null: bool) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]} if may_be_null else schema


def _value_schema(field: Field) -> Schema:
    kind = field.kind
    if field.refers_to:
        return {"type": "integer"}
    if get_origin(kind) is list:
        inner = get_args(kind)[0]
        return {"type": "array", "items": {"type": PLAIN.get(inner, "object")}}
    if get_origin(kind) is dict:
        return {"type": "object"}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind]}
    if kind in FORMATS:
        return {"type": "string"} | ({"format": FORMATS[kind]} if FORMATS[kind] else {})
    schema: Schema = {"type": PLAIN[kind]}
    if kind is str and field.longest:
        schema["maxLength"] = field.longest
    return schema
