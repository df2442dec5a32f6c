"""A bell inside one process: rows were written that should not wait for the next tick."""

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def listen(listener: Callable[[], None]) -> Callable[[], None]:
    """Call this when the bell rings. Returns what stops it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def ring() -> None:
    """Say that something is due. In another process it is found by the next tick, within two seconds."""
    for listener in list(_listeners):
        listener()
