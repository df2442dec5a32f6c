"""The gateway to Twilio: each of its answers becomes one of our four outcomes.

The create call knows no idempotency key. So whatever leaves it open whether the SMS
exists is Unsure, and nothing here is ever tried a second time.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.base.values import unset
from twilio.rest import Client

from reminders.gateway import (
    Accepted,
    GatewayRefused,
    GatewayUnreachable,
    Outcome,
    Outgoing,
    Postponed,
    ProviderMessage,
    Refused,
    Unsure,
)
from reminders.twilio_transport import ErrorAnswer, NeverSent, NoAnswer, TwilioTransport

WRONG_CREDENTIALS = 20003
ACCOUNT_CODES = frozenset({WRONG_CREDENTIALS, 20005, 20403})  # wrong, not active, suspended or closed
TOO_FAST_CODES = frozenset({20429, 21611})  # too many requests at once, queue of the number full
SERVICE_SID = re.compile(r"MG[0-9A-Za-z]{32}")
PAGE_SIZE = 1000

# What Twilio's library raises over a body that is not what it should be.
UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, KeyError)

NOT_LET_IN = {
    401: "Twilio does not accept TWILIO_ACCOUNT_SID together with TWILIO_AUTH_TOKEN.",
    403: "Twilio does not let this account in: it may be suspended or closed.",
    404: "Twilio knows no account with this TWILIO_ACCOUNT_SID.",
}


class TwilioGateway:
    """Sends through one Twilio account. `service_sid`, when there is one, is looked at by `check`."""

    name = "twilio"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        timeout_seconds: float = 10,
        concurrency: int,
        service_sid: str | None = None,
    ) -> None:
        # Twilio's own client logs phone numbers at INFO.
        logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
        self._transport = TwilioTransport(timeout_seconds=timeout_seconds, concurrency=concurrency)
        self._account_sid = account_sid
        self._service_sid = service_sid
        # An environment of our own, else TWILIO_EDGE and TWILIO_REGION quietly change the host.
        self._client = Client(
            account_sid,
            auth_token,
            http_client=self._transport,
            environment={"TWILIO_ACCOUNT_SID": account_sid},
        )
        self._messages = self._client.messages  # imports 7 MB: now, not at the first reminder

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one text over, once."""
        try:
            message = await self._messages.create_async(
                to=outgoing.to,
                body=outgoing.body,
                from_=_given(outgoing.from_number),
                messaging_service_sid=_given(outgoing.service_sid),
                status_callback=_given(outgoing.callback_url),
                validity_period=_given(outgoing.validity_seconds),
            )
        except NeverSent as error:
            return Postponed(str(error))
        except NoAnswer as error:
            return Unsure(str(error))
        except ErrorAnswer as error:
            return outcome_of(error)
        except UNREADABLE as error:
            return Unsure(f"Twilio's answer could not be read ({type(error).__name__})")
        return _accepted(message)

    async def check(self) -> None:
        """Fetch our own account, which changes nothing and costs nothing."""
        if self._service_sid is not None and not SERVICE_SID.fullmatch(self._service_sid):
            raise GatewayRefused("TWILIO_MESSAGING_SERVICE_SID must be MG and 32 letters or digits.")
        with _asking():
            try:
                account = await self._client.api.v2010.accounts(self._account_sid).fetch_async()
            except ErrorAnswer as error:
                if error.status in NOT_LET_IN:
                    raise GatewayRefused(NOT_LET_IN[error.status]) from None
                raise
        if account.status in ("suspended", "closed"):
            raise GatewayRefused(f"The Twilio account is {account.status}.")

    async def list_sent_to(self, phone: str, limit: int) -> Sequence[ProviderMessage]:
        """What went out to this phone, newest first, among its latest `limit` messages."""
        if limit < 1:  # Twilio's client would take 0 for "all there ever were"
            return []
        page_size = min(limit, PAGE_SIZE)
        with _asking():
            records = await self._messages.list_async(to=phone, limit=limit, page_size=page_size)
            shown = [_shown(record) for record in records]
        return [message for message in shown if message.direction.startswith("outbound")]

    async def list_received(self, since: datetime, limit: int) -> Sequence[ProviderMessage]:
        """The latest `limit` inbound messages since then, newest first.

        Twilio filters by days and not by direction, so we read on until an inbound
        message is too old: what we sent meanwhile must not crowd the answers out.
        """
        since = since.astimezone(UTC).replace(microsecond=0)  # Twilio counts whole seconds
        received: list[ProviderMessage] = []
        with _asking():
            records = await self._messages.stream_async(
                date_sent_after=since.date().isoformat(), page_size=PAGE_SIZE
            )
            async with aclosing(records):
                async for record in records:
                    message = _shown(record)
                    if message.direction != "inbound":
                        continue
                    if len(received) == limit or (message.created_at or since) < since:
                        break
                    received.append(message)
        return received

    async def aclose(self) -> None:
        """Close connections. Sending afterwards is an error."""
        await self._transport.aclose()


def outcome_of(error: ErrorAnswer) -> Outcome:
    """What an error answer to a create call tells about the SMS."""
    if error.status >= 500:
        return Unsure(f"Twilio failed (HTTP {error.status})")
    if error.status == 401 or error.code in ACCOUNT_CODES:
        code = error.code or WRONG_CREDENTIALS
        return Postponed(f"Twilio does not let this account in (code {code})", code=code, holds_sender=True)
    if error.status == 429 or error.code in TOO_FAST_CODES:
        return Postponed(
            f"Twilio asks us to slow down ({error})",
            code=error.code,
            retry_after_seconds=error.retry_after_seconds,
            holds_sender=True,
        )
    if 400 <= error.status < 500 and error.code is not None:
        return Refused(error.code, f"Twilio refused it (code {error.code})")
    # Without a code it was not Twilio's API that answered.
    return Unsure(f"an answer that is not Twilio's (HTTP {error.status})")


@contextmanager
def _asking() -> Iterator[None]:
    """Any trouble with a question is GatewayUnreachable: a question changes nothing."""
    try:
        yield
    except (NeverSent, NoAnswer, ErrorAnswer) as error:
        raise GatewayUnreachable(f"Twilio could not be asked: {error}.") from None
    except UNREADABLE as error:
        raise GatewayUnreachable(f"Twilio's answer could not be read ({type(error).__name__}).") from None


def _accepted(message: Any) -> Outcome:
    """The answer to a create call. Without a SID we could never recognise the message."""
    if not isinstance(message.sid, str) or not message.sid:
        return Unsure("Twilio's answer names no message")
    counted = str(message.num_segments or "")
    segments = int(counted) if counted.isdecimal() else 0
    return Accepted(message.sid, message.status or "queued", segments or None, _code(message))


def _shown(record: Any) -> ProviderMessage:
    return ProviderMessage(
        sid=record.sid or "",
        direction=record.direction or "",
        from_=record.from_ or "",
        to=record.to or "",
        body=record.body or "",
        status=record.status or "",
        error_code=_code(record),
        created_at=record.date_created,
    )


def _code(record: Any) -> int | None:
    return record.error_code if isinstance(record.error_code, int) else None


def _given(value: object) -> object:
    return unset if value is None else value
