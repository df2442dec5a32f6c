"""Processes that stay: web and scheduler in one, or the scheduler alone. SIGTERM ends them in order."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from socket import socket

import structlog
from waitress.server import create_server

from homestretch.garbage import collect_seldom
from homestretch.installation import Installation, check_gateway
from web import create_app

log = structlog.get_logger()

WEB_THREADS = 8
# The server keeps a body on disk before the app sees it: a limit of its own, above that of every page.
LARGEST_BODY = 16 * 1024 * 1024
LARGEST_HEADERS = 64 * 1024
# Whoever sends a byte now and then holds a connection, not a thread. Below what a process may usually open.
MOST_CONNECTIONS = 800
QUIET_SECONDS = 60
# What is on the wire takes 13 seconds at most, and whoever asks us to end may kill us after 15.
LONGEST_END_SECONDS = 14.0


def run(installation: Installation, sockets: Sequence[socket]) -> None:
    """Web and scheduler in one process, until SIGTERM or Ctrl+C."""
    check_gateway(installation.settings)
    app = create_app(installation.settings, installation.database)
    engine = installation.engine()
    server = create_server(
        app,
        sockets=sockets,
        threads=WEB_THREADS,
        ident=None,
        max_request_body_size=LARGEST_BODY,
        max_request_header_size=LARGEST_HEADERS,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=QUIET_SECONDS,
        asyncore_use_poll=True,
    )

    def leave() -> None:
        """The server's loop takes this for its end; closing the server here would pull its socket away.
        It waits a while for pages that are being made, and meanwhile the engine finishes.
        """
        end_in_time()
        engine.wind_down()
        raise SystemExit(0)

    on_signal(leave)
    collect_seldom()
    engine.start()
    try:
        server.run()
    finally:
        server.close()
        engine.stop()
        installation.database.dispose()


def schedule(installation: Installation) -> None:
    """The scheduler alone, until SIGTERM or Ctrl+C."""
    check_gateway(installation.settings)
    # No event: its lock is held for a moment as a wait begins, and a signal then would wait for it for ever.
    asked, ask = os.pipe()
    on_signal(lambda: os.write(ask, b"."))
    engine = installation.engine()
    collect_seldom()
    engine.start()
    os.read(asked, 1)
    end_in_time()
    engine.stop()
    installation.database.dispose()


def end_in_time() -> None:
    """From now on the process has so long to end in order; then it ends as it is, as if power had failed.

    Texts are over by then. A mail server that hangs, a backup to a slow disk or a name that nobody
    resolves may not be: it is begun anew at the next start.
    """
    last = threading.Timer(LONGEST_END_SECONDS, _end_as_it_is)
    last.daemon = True
    last.start()


def _end_as_it_is() -> None:
    log.warning("ended_with_work_under_way", seconds=LONGEST_END_SECONDS)
    logging.shutdown()
    os._exit(0)


def on_signal(stop: Callable[[], object]) -> None:
    """What to do when the process is asked to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
