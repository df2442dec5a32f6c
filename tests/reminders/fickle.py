"""A world for tests that try everything at random: a moody provider, a clock that jumps, crashes, and
a model of what may be texted that asks the product nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event

from care.db import Database
from reminders.dispatch import Dispatcher
from reminders.gateway import Accepted, Outcome, Outgoing, Postponed, ProviderMessage, Refused, Unsure
from tests.reminders.living import BOOK, PUBLIC_URL


class Killed(BaseException):
    """The process is gone from one statement to the next."""


@dataclass
class Clock:
    """What time it is, and how far off our machine's clock is."""

    true: datetime
    off: timedelta = timedelta(0)

    @property
    def ours(self) -> datetime:
        return self.true + self.off


@dataclass(frozen=True)
class Taken:
    """A text the provider has, and when it took it by our clock."""

    outgoing: Outgoing
    at: datetime


@dataclass
class FickleProvider:
    """Answers as `moods` say, then "ok" again. What it has is in `taken`; its list knows true time."""

    clock: Clock
    name: str = "fickle"
    moods: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    listed: list[ProviderMessage] = field(default_factory=list)
    lags_by: timedelta = timedelta(seconds=30)

    async def send(self, outgoing: Outgoing) -> Outcome:
        mood = self.moods.pop(0) if self.moods else "ok"
        if mood == "busy":
            return Postponed("no connection")
        if mood == "lost_before":
            return Unsure("reset")
        if mood == "refused":
            return Refused(30007, "filtered")
        return Unsure("reset") if self._take(outgoing, mood) else Accepted(self._sid(outgoing), "queued", 1)

    def _take(self, outgoing: Outgoing, mood: str) -> bool:
        """True when nobody hears of it."""
        self.taken.append(Taken(outgoing, self.clock.ours))
        sid, true = self._sid(outgoing), self.clock.true
        self.listed.append(
            ProviderMessage(sid, "outbound-api", "", outgoing.to, outgoing.body, "sent", None, true)
        )
        return mood == "lost_after"

    @staticmethod
    def _sid(outgoing: Outgoing) -> str:
        return f"SM-{outgoing.reference}"

    async def check(self) -> None:
        return None

    async def list_sent_to(self, phone: str, limit: int) -> Sequence[ProviderMessage]:
        known = self.clock.true - self.lags_by
        found = [one for one in self.listed if one.to == phone and (one.created_at or known) <= known]
        return found[::-1][:limit]

    async def list_received(self, since: datetime, limit: int) -> Sequence[ProviderMessage]:
        return []

    async def aclose(self) -> None:
        return None


@dataclass
class Rules:
    """Who may be texted when, as a person would write it on a card."""

    zone: str
    practice_hours: tuple[time, time] = (time(9), time(20))
    own_hours: tuple[time, time] | None = None
    paused_on: frozenset[date] = frozenset()
    is_paused_for_good: bool = False
    is_practice_paused: bool = False
    is_opted_out: bool = False
    has_consent: bool = True
    is_number_bad: bool = False

    def wall(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def may_start_at(self, at: datetime) -> bool:
        opens, closes = self.own_hours or self.practice_hours
        earliest, latest = (time(6), time(22)) if self.own_hours else (time(8), time(21))
        wall = self.wall(at)
        is_open = max(opens, earliest) <= wall.time() < min(closes, latest)
        is_paused = self.is_paused_for_good or self.is_practice_paused or wall.date() in self.paused_on
        refuses = self.is_opted_out or not self.has_consent or self.is_number_bad
        return is_open and not is_paused and not refuses

    def day_of(self, at: datetime) -> date:
        return self.wall(at).date()


@contextmanager
def sender(database: Database, provider: FickleProvider, dies: str | None = None) -> Iterator[Dispatcher]:
    """A dispatcher of its own process. One that `dies` does so before the network, or once the provider
    has taken a text and before we write that down.
    """
    dispatcher = Dispatcher(database.sessions, provider, BOOK, PUBLIC_URL)
    before = len(provider.taken)

    def die(*_: Any) -> None:
        if len(provider.taken) > before:
            raise Killed

    def die_at_once(*_: Any) -> None:
        raise Killed

    if dies == "before":
        dispatcher._send = die_at_once
    if dies == "after":
        event.listen(database.engine, "before_cursor_execute", die)
    try:
        yield dispatcher
    except Killed:
        pass
    finally:
        if dies == "after":
            event.remove(database.engine, "before_cursor_execute", die)
        dispatcher.close()


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)
