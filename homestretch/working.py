"""The command `worker`: one of many processes that send, each on any machine, on one PostgreSQL."""

import argparse
import re
from collections.abc import Collection
from importlib.util import find_spec

from care.clock import utc_now
from care.db import Database
from care.errors import Refused
from care.wire import LANES
from homestretch.garbage import collect_seldom
from homestretch.installation import Installation, check_gateway

# Each takes a connection of the pool, which lends twenty.
MOST_PLACES = 16


def work(installation: Installation, lanes: Collection[int], concurrency: int) -> None:
    """Take part in the sending until SIGTERM or Ctrl+C. Refused without PostgreSQL or Procrastinate."""
    if not prepare_where_possible(installation.database):
        raise Refused(
            "Workers need PostgreSQL and Procrastinate: set HOMESTRETCH_DATABASE_URL and install "
            "homestretch[cluster]. On SQLite use: homestretch scheduler"
        )
    from homestretch.serving import end_in_time, on_signal
    from scheduler.cluster import Cluster

    check_gateway(installation.settings)
    engine = installation.engine()
    cluster = Cluster(installation.database, engine, utc_now, lanes=lanes, concurrency=concurrency)

    def leave() -> None:
        end_in_time()
        cluster.stop()

    on_signal(leave)
    collect_seldom()
    cluster.run()
    engine.stop()
    installation.database.dispose()


def prepare_where_possible(database: Database) -> bool:
    """Make the workers' tables. False where there can be no workers."""
    if database.is_sqlite or find_spec("procrastinate") is None:
        return False
    from scheduler.cluster_tables import prepare

    prepare(database)
    return True


def lanes(typed: str) -> frozenset[int]:
    """Lanes as people type them: 0-31,40."""
    chosen: set[int] = set()
    for part in typed.split(","):
        named = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", part)
        span = range(int(named[1]), int(named[2] or named[1]) + 1) if named else range(0)
        if not span:
            raise argparse.ArgumentTypeError(f"'{typed}' must be like 0-31,40")
        chosen.update(span)
    if max(chosen) >= LANES:
        raise argparse.ArgumentTypeError(f"'{typed}' must name lanes from 0 to {LANES - 1}")
    return frozenset(chosen)


def places(typed: str) -> int:
    """How many drains run at once."""
    if not typed.isdecimal() or not 1 <= int(typed) <= MOST_PLACES:
        raise argparse.ArgumentTypeError(f"'{typed}' must be a whole number from 1 to {MOST_PLACES}")
    return int(typed)
