"""Measuring against a baseline in the same run: arguments, medians, and a line per target."""

import argparse
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine, event

from homestretch.garbage import collect_seldom
from homestretch.logs import set_up_logs


def arguments(description: str | None, **defaults: int) -> argparse.Namespace:
    """Whole numbers by name. What another script understands is passed over: `make bench` gives all.

    From here on Python searches for garbage as seldom as in a process that stays.
    """
    collect_seldom()
    parser = argparse.ArgumentParser(description=description)
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default, help=f"now {default}")
    return parser.parse_known_args()[0]


def median_of(measure: Callable[[], float], runs: int) -> float:
    return statistics.median(measure() for _ in range(runs))


@dataclass
class Stopwatch:
    """Seconds on the wall, and of this process's processor time."""

    seconds: float = 0.0
    processor_seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    watch = Stopwatch()
    wall, processor = time.perf_counter(), time.process_time()
    yield watch
    watch.seconds = time.perf_counter() - wall
    watch.processor_seconds = time.process_time() - processor


@contextmanager
def counting_statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement this engine is given, each BEGIN included."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", count)


@contextmanager
def logging_as_usual() -> Iterator[None]:
    """The lines an installation writes are written here too, to nowhere."""
    with open(os.devnull, "w") as nowhere:
        usual, sys.stderr = sys.stderr, nowhere
        try:
            set_up_logs("info")
        finally:
            sys.stderr = usual
        try:
            yield
        finally:
            logging.basicConfig(force=True)
            structlog.reset_defaults()


def report(what: str, measured: float, target: float, unit: str = "x", *, at_most: bool = False) -> None:
    is_met = measured <= target if at_most else measured >= target
    bound = "at most" if at_most else "at least"
    print(f"{'ok  ' if is_met else 'MISS'} {what}: {measured:.3g} {unit} ({bound} {target:g})", flush=True)
