"""The JSON API: the same rows by the same rules as the pages, for other programs (docs/api.md)."""

from flask import Blueprint

from web.api import gate, openapi, reading
from web.api.writing import CALLS

bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.before_request(gate.check)
reading.register(bp)
openapi.register(bp)
for call in CALLS:
    bp.add_url_rule(call.path, call.endpoint, call, methods=[call.method])
