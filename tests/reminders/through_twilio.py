"""A gateway to the stand-in for the length of one question, and a text to send through it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

from reminders.gateway import Gateway, Outcome, Outgoing
from reminders.twilio_gateway import TwilioGateway
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN

PHONE = "+12025550123"
NUMBER = "+15005550006"
SERVICE = "MG" + "7" * 32
REMINDER = Outgoing(
    reference="r1",
    to=PHONE,
    body="Reminder from Oak Street: it’s time. Reply 0-10. ñ + & =",
    from_number=NUMBER,
    service_sid=None,
    validity_seconds=3600,
    callback_url="https://clinic.example/twilio/status?m=r1",
)

Answer = TypeVar("Answer")


def use(
    act: Callable[[Gateway], Awaitable[Answer]],
    *,
    token: str = AUTH_TOKEN,
    timeout_seconds: float = 10,
    concurrency: int = 32,
    service_sid: str | None = None,
) -> Answer:
    """What `act` makes of a gateway that lives as long as it does."""

    async def run() -> Answer:
        gateway = TwilioGateway(
            ACCOUNT_SID,
            token,
            timeout_seconds=timeout_seconds,
            concurrency=concurrency,
            service_sid=service_sid,
        )
        try:
            return await act(gateway)
        finally:
            await gateway.aclose()

    return asyncio.run(run())


def send(outgoing: Outgoing = REMINDER, *, timeout_seconds: float = 10, token: str = AUTH_TOKEN) -> Outcome:
    return use(lambda gateway: gateway.send(outgoing), timeout_seconds=timeout_seconds, token=token)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
