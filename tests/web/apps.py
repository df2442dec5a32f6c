"""Built apps, lent to one test after the other: building one costs more than most tests do with it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from care.db import Database
from care.phones import PhoneBook
from care.settings import Settings
from tests.leaks import LEAKS
from web import create_app
from web.deps import EXTENSION, Wiring

Environ = tuple[tuple[str, str], ...]


class Apps:
    """The apps of one worker that nobody has just now, by the environment they were built for."""

    def __init__(self) -> None:
        self._free: defaultdict[Environ, list[Lent]] = defaultdict(list)

    def lend(
        self, environ: Environ, settings: Settings, database: Database, clock: Callable[[], datetime]
    ) -> "Lent":
        """An app that nobody else has, as new: it knows these settings, this database and this clock."""
        free = self._free[environ]
        lent = free.pop() if free else Lent(environ, create_app(settings, database, clock))
        lent.rewire(Wiring(settings, database, clock, PhoneBook(settings.phone_key)))
        return lent

    def take_back(self, lent: "Lent") -> None:
        lent.restore()
        self._free[lent.environ].append(lent)


class Lent:
    """An app, and what it was like when it was built."""

    def __init__(self, environ: Environ, app: Flask) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        app.testing = True
        app.after_request(LEAKS.of_answer)
        self.environ, self.app = environ, app
        self._config, self._views = dict(app.config), dict(app.view_functions)

    def rewire(self, wiring: Wiring) -> None:
        self.app.extensions[EXTENSION] = wiring

    def restore(self) -> None:
        """Undo what the test changed, and let go of its database."""
        self.app.config.clear()
        self.app.config.update(self._config)
        self.app.view_functions.clear()
        self.app.view_functions.update(self._views)
        del self.app.extensions[EXTENSION]
