"""What became of each text of a batch, between the thread that sends and the one that writes it down."""

import asyncio
import queue

from reminders.gateway import Outcome
from reminders.letters import Letter

# About what one process sends in a quarter of a second: a crash leaves no more than that in doubt.
RECORD_EVERY = 250
RECORD_WITHIN_SECONDS = 0.25

Result = tuple[Letter, Outcome]


class Outcomes:
    """Gathered on the sending thread, handed over when there are 250 or a quarter of a second has passed.

    One at a time would wake the thread that writes them down for every text, and it is the same
    processor that sends.
    """

    def __init__(self) -> None:
        self._gathered: list[Result] = []
        self._batches: queue.SimpleQueue[list[Result]] = queue.SimpleQueue()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, letter: Letter, outcome: Outcome) -> None:
        self._gathered.append((letter, outcome))
        if len(self._gathered) >= RECORD_EVERY:
            self.hand_over()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(RECORD_WITHIN_SECONDS, self.hand_over)

    def hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._gathered:
            self._batches.put(self._gathered)
            self._gathered = []

    def next_batch(self, within_seconds: float) -> list[Result]:
        """What came in, waiting for it no longer than that; empty when nothing did."""
        try:
            return self._batches.get(timeout=within_seconds)
        except queue.Empty:
            return []
