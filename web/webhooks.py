"""Where the provider knocks: a text came in, a text of ours got somewhere. Signed, or refused."""

from datetime import datetime
from typing import NoReturn

import structlog
from flask import Blueprint, Response, abort, request

from reminders import delivery, inbox
from reminders.known import clock_there
from reminders.signatures import is_signed
from web.deps import book, database, real_now, refusals, settings

SIGNATURE = "X-Twilio-Signature"
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

bp = Blueprint("webhooks", __name__, url_prefix="/twilio")
log = structlog.get_logger()


@bp.before_request
def check_signature() -> None:
    """403 for whatever the provider did not sign. Nothing of it is read before, or written down after."""
    twilio = settings().twilio
    if twilio is None:
        _refuse("not configured")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    url = f"{settings().public_url}{request.path}{query}"
    if request.mimetype != "application/x-www-form-urlencoded":
        _refuse("not a form")
    if not is_signed(twilio.auth_token, url, request.form, request.headers.get(SIGNATURE, "")):
        _refuse("signature")
    if twilio.account_sid and request.form.get("AccountSid") != twilio.account_sid:
        _refuse("account")


@bp.post("/inbound")
def inbound() -> Response:
    """Store and act, then answer with nothing: what we say goes out like every other text."""
    text = _inbound_text()
    inbox.receive(database().sessions, book(), text, _arrival(text))
    return Response(NOTHING_TO_SAY, mimetype="text/xml")


@bp.post("/status")
def status() -> Response:
    delivery.record_status(database().sessions, _status_report(), real_now())
    return Response(status=204)


def _inbound_text() -> inbox.InboundText:
    form = request.form
    if not (form.get("MessageSid") and form.get("From")):
        abort(400)
    return inbox.InboundText(
        sid=form["MessageSid"],
        from_=form["From"],
        to=form.get("To", ""),
        service_sid=form.get("MessagingServiceSid") or None,
        body=form.get("Body", ""),
        num_media=_whole(form.get("NumMedia")) or 0,
        opt_out_type=form.get("OptOutType") or None,
        provider_confirms=not settings().is_simulated,
        public_url=settings().public_url,
    )


def _arrival(text: inbox.InboundText) -> datetime:
    """When it came, on the clock of the practice it was sent to. Only a simulated one is ever moved."""
    if not settings().is_simulated:
        return real_now()
    with database().reading() as session:
        return clock_there(session.connection(), text.to, text.service_sid, real_now())


def _status_report() -> delivery.StatusReport:
    form = request.form
    if not (form.get("MessageSid") and form.get("MessageStatus")):
        abort(400)
    return delivery.StatusReport(
        sid=form["MessageSid"],
        reference=request.args.get("m"),
        status=form["MessageStatus"],
        error_code=_whole(form.get("ErrorCode")),
    )


def _whole(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 9 else None


def _refuse(reason: str) -> NoReturn:
    log.warning("webhook_refused", path=request.path, reason=reason)
    refusals().count(database().sessions, reason, real_now())
    abort(403)
