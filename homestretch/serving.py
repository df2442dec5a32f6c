"""Processes that stay: web and scheduler in one, or each on its own. SIGTERM ends them in order."""

import os
import signal
from collections.abc import Callable

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from waitress.server import create_server

from homestretch.installation import Installation, check_gateway, open_installation
from web import create_app

log = structlog.get_logger()

WEB_THREADS = 8
# The server keeps a body on disk before the app sees it: a limit of its own, above that of every page.
LARGEST_BODY = 16 * 1024 * 1024
LARGEST_HEADERS = 64 * 1024
# Whoever sends a byte now and then holds a connection, not a thread. Below what a process may usually open.
MOST_CONNECTIONS = 800
QUIET_SECONDS = 60


def run(installation: Installation, host: str, port: int) -> None:
    """Web and scheduler in one process, until SIGTERM or Ctrl+C."""
    check_gateway(installation.settings)
    app = create_app(installation.settings, installation.database)
    engine = installation.engine()
    server = create_server(
        app,
        host=host,
        port=port,
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
        engine.wind_down()
        raise SystemExit(0)

    on_signal(leave)
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
    engine.start()
    os.read(asked, 1)
    engine.stop()
    installation.database.dispose()


def on_signal(stop: Callable[[], object]) -> None:
    """What to do when the process is asked to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn comes without types
    """The web alone, in several processes. Each opens the database for itself, after the fork."""

    def __init__(self, host: str, port: int, workers: int) -> None:
        self._options = {
            "bind": f"{host}:{port}",
            "workers": workers,
            "threads": 4,
            "worker_class": "gthread",
            "graceful_timeout": 15,
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        installation = open_installation(may_migrate=False)
        return create_app(installation.settings, installation.database)
