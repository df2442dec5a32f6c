"""The web alone, in several processes."""

from flask import Flask
from gunicorn.app.base import BaseApplication

from homestretch.garbage import collect_seldom
from homestretch.installation import open_installation
from web import create_app


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn comes without types
    """Each process opens the database for itself, after the fork."""

    def __init__(self, host: str, port: int, workers: int, local_url: str | None) -> None:
        self._local_url = local_url
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
        installation = open_installation(may_migrate=False, local_url=self._local_url)
        app = create_app(installation.settings, installation.database)
        collect_seldom()
        return app
