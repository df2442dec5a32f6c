"""One event loop in a thread of its own, for the asynchronous side of the gateway."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

CLOSE_WITHIN_SECONDS = 5
T = TypeVar("T")


class SendingThread:
    """Started by its first use, so that a process which only plans never has one."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it on the loop, soon; the caller does not wait."""
        asyncio.run_coroutine_threadsafe(work, self._running_loop())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the loop and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._running_loop()).result()

    def close(self, farewell: Coroutine[Any, Any, None]) -> None:
        """Run one last thing where the loop ever ran, then end the thread."""
        if self._loop is None or self._thread is None:
            farewell.close()
            return
        asyncio.run_coroutine_threadsafe(farewell, self._loop).result(CLOSE_WITHIN_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_WITHIN_SECONDS)
        self._loop.close()
        self._loop = self._thread = None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="sending", daemon=True)
                self._thread.start()
            return self._loop
