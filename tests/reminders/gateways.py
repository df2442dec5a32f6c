"""A gateway for tests: it counts what it was handed and answers from a script."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from threading import Lock

from reminders.gateway import Accepted, GatewayUnreachable, Outcome, Outgoing, ProviderMessage

Script = Outcome | Exception


class CountingGateway:
    """Takes everything, unless the script has another outcome for the next text.

    `while_sending` runs after the provider has the text and before we hear of it.
    """

    def __init__(
        self,
        script: Iterable[Script] = (),
        *,
        name: str = "counting",
        while_sending: Callable[[Outgoing], None] | None = None,
    ) -> None:
        self.name = name
        self.sent: list[Outgoing] = []
        self._script = list(script)
        self._while_sending = while_sending
        self._lock = Lock()
        self.listed: list[ProviderMessage] | None = []
        self.received: list[ProviderMessage] = []

    @property
    def bodies(self) -> list[str]:
        return [outgoing.body for outgoing in self.sent]

    async def send(self, outgoing: Outgoing) -> Outcome:
        with self._lock:
            self.sent.append(outgoing)
            answer = self._script.pop(0) if self._script else Accepted(sid_of(outgoing), "queued", 1)
        if self._while_sending is not None:
            self._while_sending(outgoing)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def check(self) -> None:
        if self.listed is None:
            raise GatewayUnreachable

    async def list_sent_to(self, phone: str, limit: int) -> Sequence[ProviderMessage]:
        """What a test put on the provider's list; None there means that it cannot be asked."""
        if self.listed is None:
            raise GatewayUnreachable
        return [one for one in self.listed if one.to == phone][:limit]

    async def list_received(self, since: datetime, limit: int) -> Sequence[ProviderMessage]:
        if self.listed is None:
            raise GatewayUnreachable
        return [one for one in self.received if one.created_at and one.created_at >= since][:limit]

    async def aclose(self) -> None:
        return None


def sid_of(outgoing: Outgoing) -> str:
    """What this gateway calls the message."""
    return f"SM-{outgoing.reference}"
