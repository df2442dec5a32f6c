"""Who tries links that were never ours: counted in memory, so that a guess costs no page."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

A_WHILE = timedelta(minutes=1)
SOME = 20
MOST_ADDRESSES = 4096


class WrongTokens:
    """Only wrong ones count, and only wrong ones are cut short: a right link always opens."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._lock = Lock()

    def is_too_many(self, address: str, now: datetime) -> bool:
        """Count one more from this address; True once there were too many within a minute."""
        with self._lock:
            since, count = self._tries.pop(address, (now, 0))
            if not timedelta(0) <= now - since < A_WHILE:
                since, count = now, 0
            self._tries[address] = since, count + 1
            while len(self._tries) > MOST_ADDRESSES:
                self._tries.popitem(last=False)
            return count >= SOME
