"""What a gateway is asked to do, and what can become of a text handed to it.

Three kinds of outcome matter: the provider has it, it surely does not, or nobody
can say. Only the middle kind may be sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One SMS on its way out. `reference` is ours, opaque, and unique per message."""

    reference: str
    to: str
    body: str
    from_number: str | None
    service_sid: str | None
    validity_seconds: int | None
    callback_url: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `segments` is None where the provider has not counted yet.

    The status may already say that it never arrives; then `error_code` says why, if the provider does.
    """

    sid: str
    status: str
    segments: int | None = None
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no for good: never send this again."""

    code: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Surely not sent, so safe to send later.

    `holds_sender` tells that the cause is not this text but the sender or the
    account (429, wrong credentials): everything of that sender should wait.
    """

    reason: str
    code: int | None = None
    retry_after_seconds: float | None = None
    holds_sender: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody can say whether the client gets it: look before sending again."""

    reason: str


Outcome = Accepted | Refused | Postponed | Unsure


@dataclass(frozen=True, slots=True)
class ProviderMessage:
    """A message as the provider's own list shows it."""

    sid: str
    direction: str
    from_: str
    to: str
    body: str
    status: str
    error_code: int | None
    created_at: datetime | None


class GatewayRefused(Exception):
    """The provider does not let us in: wrong account, token or sender. Says which."""


class GatewayUnreachable(Exception):
    """The provider could not be asked. It says nothing about our settings."""


# What the gateway calls itself that texts nobody.
SIMULATED = "simulated"


class Gateway(Protocol):
    """The simulated phone, Twilio, or a test's double."""

    name: str

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one text over, once. Never raises for what the outside world does."""

    async def check(self) -> None:
        """Ask whether account and token are good. Raises GatewayRefused or GatewayUnreachable."""

    async def list_sent_to(self, phone: str, limit: int) -> Sequence[ProviderMessage]:
        """What the provider knows to have gone out to this phone, newest first.

        Raises GatewayUnreachable when it cannot be asked.
        """

    async def list_received(self, since: datetime, limit: int) -> Sequence[ProviderMessage]:
        """Inbound messages the provider took since then. Raises GatewayUnreachable."""

    async def aclose(self) -> None:
        """Close connections. Sending afterwards is an error."""


def is_real(gateway: Gateway) -> bool:
    """Whether its texts reach phones: all but the simulated one's, and a test's double is taken for real."""
    return gateway.name != SIMULATED
