"""How fast a sender may go, in segments, and how long it waits while the provider takes nothing from it.

The state is in the sender's row, so that all processes, and the one after a restart, keep one pace.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from random import SystemRandom

from sqlalchemy import update
from sqlalchemy.orm import Session

from care.models import Sender, SenderKind
from care.wire import ORDINARY_PRIORITY

NUMBER_RATE, SERVICE_RATE = 1.0, 10.0
# The burst: a sender that was silent may send what it sends in ten seconds at once. What we start
# ourselves stops at six, so that an answer or a safety text finds room in the midst of a busy morning.
AHEAD, ORDINARY_AHEAD = timedelta(seconds=10), timedelta(seconds=6)
# Ordinary texts wait until there is room for a second's worth: fewer, fuller batches.
WORTHWHILE = timedelta(seconds=1)
# No text has more segments than this (1,600 characters of UCS-2).
MOST_SEGMENTS = 24
BOTTOMLESS = 1_000_000

FIRST_PAUSE = timedelta(seconds=30)
# Well below ten minutes: so long after its return the provider must have had everything.
LONGEST_PAUSE = timedelta(minutes=2)
# A Retry-After beyond this is not believed; nor is a hold that a clock set back made longer.
LONGEST_HOLD = timedelta(hours=1)
# Several processes whose provider fails at one moment should not all come back at another.
JITTER = 0.25


@dataclass(frozen=True)
class Pace:
    """Segments a second of a number and of a messaging service; 0 is no limit."""

    number: float = 0.0
    service: float = 0.0

    def of(self, sender: Sender | None) -> float:
        if sender is None:
            return 0.0
        return self.number if sender.kind is SenderKind.NUMBER else self.service


UNPACED = Pace()


def pace_of(send_rate: float | None, *, is_simulated: bool) -> Pace:
    """What the installation asks for; the simulated phone has no limit of its own."""
    if send_rate is not None:
        return Pace(send_rate, send_rate)
    return UNPACED if is_simulated else Pace(NUMBER_RATE, SERVICE_RATE)


@dataclass
class Meter:
    """One sender's bucket while a batch is put together. `rate` 0 has no bottom."""

    sender: Sender | None
    rate: float
    now: datetime
    free_at: datetime

    @property
    def is_worthwhile(self) -> bool:
        """Whether there is room for a second's worth of what we start ourselves."""
        return not self.rate or self.free_at <= self.now + ORDINARY_AHEAD - WORTHWHILE

    @property
    def room(self) -> int:
        """How many segments of what we start ourselves fit."""
        ahead = self.now + ORDINARY_AHEAD - self.free_at
        return ceil(max(ahead, timedelta()).total_seconds() * self.rate) if self.rate else BOTTOMLESS

    def has_room(self, priority: int) -> bool:
        """Whether one more text may go. It may reach past the limit, else a long one never went."""
        limit = AHEAD if priority < ORDINARY_PRIORITY else ORDINARY_AHEAD
        return not self.rate or self.free_at < self.now + limit

    def take(self, segments: int) -> None:
        """Reserve room for a text."""
        if self.rate:
            self.free_at += timedelta(seconds=segments / self.rate)


def longest_ahead(rate: float) -> timedelta:
    """No reservation reaches further; 0 for a sender that has no limit."""
    return AHEAD + timedelta(seconds=MOST_SEGMENTS / rate) if rate else timedelta()


def meter(sender: Sender | None, pace: Pace, now: datetime) -> Meter:
    """A reservation further ahead than any could be is of a clock that was set back."""
    rate = pace.of(sender)
    free_at = sender.free_at if sender is not None and sender.free_at is not None else now
    if rate and free_at > now + longest_ahead(rate):
        free_at = now
    return Meter(sender, rate, now, max(free_at, now))


def pause_after(troubles: int) -> timedelta:
    """How long a sender waits after so many troubles in a row: twice as long each time, and a little more."""
    pause = min(FIRST_PAUSE * float(2 ** min(troubles - 1, 8)), LONGEST_PAUSE)
    return pause * SystemRandom().uniform(1, 1 + JITTER)


def hold(
    session: Session, sender_id: int, troubles: int, retry_after_seconds: float, now: datetime
) -> datetime:
    """Let this sender send nothing until then. The provider's own wish counts when it is longer."""
    asked = timedelta(seconds=min(retry_after_seconds, LONGEST_HOLD.total_seconds()))
    until = now + max(pause_after(troubles), asked)
    held = update(Sender).where(Sender.id == sender_id)
    session.execute(held.values(held_until=until, troubles=troubles))
    return until


def recover(session: Session, sender_id: int, troubles: int) -> None:
    """The provider takes its texts again, unless another process has met new trouble since."""
    well = update(Sender).where(Sender.id == sender_id, Sender.troubles == troubles)
    session.execute(well.values(held_until=None, troubles=0))
