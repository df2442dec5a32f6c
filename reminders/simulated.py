"""The simulated phone: every text is accepted and delivered at once, and goes nowhere.

What "arrived" is the message row itself; the demo page shows a client's rows as their phone would.
"""

from collections.abc import Sequence
from datetime import datetime

from reminders.gateway import SIMULATED, Accepted, Outcome, Outgoing, ProviderMessage, Refused
from reminders.segments import count_parts

# A number nobody owns: Twilio's own magic number for "works".
SIMULATED_SENDER = "+15005550006"
# Texts to this one are refused as undeliverable, so that staff can be shown what that looks like.
DEAD_NUMBER = "+12025550199"


class SimulatedGateway:
    """A gateway that costs nothing and fails for DEAD_NUMBER alone."""

    name = SIMULATED

    async def send(self, outgoing: Outgoing) -> Outcome:
        if outgoing.to == DEAD_NUMBER:
            return Refused(code=21614, reason="not a number that can be texted")
        return Accepted(
            sid=f"SM-simulated-{outgoing.reference}",
            status="delivered",
            segments=count_parts(outgoing.body).parts,
        )

    async def check(self) -> None:
        return None

    async def list_sent_to(self, phone: str, limit: int) -> Sequence[ProviderMessage]:
        return []

    async def list_received(self, since: datetime, limit: int) -> Sequence[ProviderMessage]:
        return []

    async def aclose(self) -> None:
        return None
