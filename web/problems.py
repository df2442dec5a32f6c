"""Errors of the API as `application/problem+json` (RFC 9457): title, status, and a sentence what to do."""

import json
from typing import Any

from flask import Response

PROBLEM_TYPE = "application/problem+json"
PATH = "/api/"


def problem(status: int, title: str, detail: str = "", **more: Any) -> Response:
    """`more` are members of its own, such as the id by which an error is found in the log."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return Response(json.dumps(body | more), status, content_type=PROBLEM_TYPE)
