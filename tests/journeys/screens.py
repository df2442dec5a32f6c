"""Every screen there is, on one server in this process: who looks at which, and how it answers them."""

import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from homestretch.installation import open_installation
from tests.journeys.furnishing import Furnished, furnish
from tests.pages import NAMED, addresses_of
from web import create_app

# What answers GET and is no screen, besides files, which have an ending: signs of life for monitors, what
# other programs ask, a number within a page, and the address that only leads on to Today.
NO_SCREEN = frozenset(
    {"health.healthz", "health.readyz", "metrics.show", "api.list", "api.one", "inbox.count", "root"}
)
# Looked at by who is signed out, or a client, and so listed below by hand.
SIGNED_OUT = frozenset({"access_link.use", "auth.sign_in", "client_link.show", "share_link.show"})
# These name something besides a client, and a new practice has none of it. Without a plan there is no change
# of it: that address leads on to After visit.
NOT_WHERE_EMPTY = frozenset(
    {"assessments.completed", "disclosure.summary", "exercise_import.finish", "exercise_touch.edit"}
    | {"exercise_touch.photo", "exercises.edit", "exercises.show", "monitored.index", "monitoring.edit"}
    | {"monitoring.show"}
    | {"plan_edits.show", "staff_alerts.edit_user", "templates.edit", "visit_book.show"}
)
# What the front desk sees otherwise than the others do.
OF_FRONT_DESK = frozenset(
    {"clients.edit", "clients.index", "clients.new", "clients.show", "settings.show", "visit_book.index"}
)
# What is made to be printed.
PRINTED = re.compile(r"/handout$|/sharing/[0-9]+$|/data/record$|/monitoring$|/outcome$")
BROKEN = frozenset({"broken"})
# Forms that take whatever is typed, and what an empty one does is no mistake.
NO_MISTAKE = frozenset(
    {
        "client_link.act",
        "client_merge.find",
        "clients.find",
        "consent.withdraw",
        "cosigning.decide",
        "disclosure.ask",
        "inbox.close",
        "plans.cancel_follow_up",
        "plans.pause",
    }
    | {"plans.release_texts", "staff_alerts.edit_user", "staff_alerts.save_on_call"}
)


@dataclass(frozen=True)
class Screen:
    """An address, who looks at it, and how it answers them."""

    address: str
    who: str
    status: int = 200

    def __str__(self) -> str:
        return f"{self.address} ({self.who})"

    @property
    def is_of_client(self) -> bool:
        return self.who == "client"

    @property
    def is_signed_out(self) -> bool:
        return self.who in ("nobody", "half way")


@dataclass(frozen=True)
class Screens:
    """A running server, and what it holds."""

    url: str
    app: Flask
    things: Furnished

    def _pages(self, number: int = 1, named: Mapping[str, str] = NAMED) -> list[tuple[str, str]]:
        """Endpoint and address of what is neither a file nor left out."""
        leave_out = NO_SCREEN | SIGNED_OUT | BROKEN
        found = addresses_of(self.app, token="", leave_out=leave_out, number=number, named=named)
        return [(name, address) for name, address in found if "." not in urlsplit(address).path]

    def full(self) -> list[Screen]:
        """The whole URL map for an admin of a practice with eight weeks behind it."""
        return [Screen(address, "admin") for _, address in self._pages(named=self.things.named)]

    def empty(self) -> list[Screen]:
        """The same for the first admin of a new practice, and of a client of whom nothing is known."""
        found = self._pages(number=self.things.bare_client, named={"demo.phone": "/demo/phone"})
        return [Screen(address, "owner") for name, address in found if name not in NOT_WHERE_EMPTY]

    def endpoint_of(self, path: str) -> str:
        """Where a form that posts to this path ends up."""
        endpoint, _ = self.app.url_map.bind("localhost").match(path, "POST")
        return str(endpoint)

    def others(self) -> list[Screen]:
        """As others than an admin see them, and what has no address of its own."""
        return [
            *(Screen(address, "desk") for name, address in self._pages() if name in OF_FRONT_DESK),
            Screen("/inbox", "desk", 403),
            Screen("/today", "therapist"),
            Screen("/settings/two-step", "two steps"),
            Screen("/inbox?kind=replies", "admin"),
            Screen("/exercises?q=nothing+like+it", "admin"),
            Screen(f"/visits/{self.things.planned_visit}", "admin"),
            Screen("/clients/999999", "admin", 404),
            Screen("/broken", "admin", 500),
            Screen(f"/c/{self.things.link}", "client"),
            Screen(f"/c/{self.things.link}?said=choose&at=pain", "client"),
            Screen(f"/c/{self.things.spanish_link}", "client"),
            Screen("/c/nobodys", "client", 404),
            Screen("/sign-in", "nobody"),
            Screen("/sign-in", "half way"),
            Screen(f"/welcome/{self.things.invitation}", "nobody"),
            Screen("/welcome/used-up", "nobody", 404),
            Screen(f"/shared/{self.things.share_link}", "nobody"),
            Screen("/shared/nobodys", "nobody", 404),
        ]


@contextmanager
def serving(sample: Path, folder: Path) -> Iterator[Screens]:
    """A copy of the sample practice, furnished, on a server that ends with the block."""
    shutil.copytree(sample, folder)
    environ = {"HOMESTRETCH_DATA_DIR": str(folder), "HOMESTRETCH_ADMINS_NEED_CODE": "0"}
    installation = open_installation(environ, may_migrate=False)
    app = create_app(installation.settings, installation.database)
    app.add_url_rule("/broken", "broken", _break)
    things = furnish(installation, app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Screens(f"http://127.0.0.1:{server.server_port}", app, things)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        installation.database.dispose()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """What was asked for is in the test's own words."""


def _break() -> str:
    raise RuntimeError("This page breaks, to be seen broken.")
