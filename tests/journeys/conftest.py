"""The whole product as a process of its own, started as an operator starts it."""

import json
import shutil
import signal
import socket
import sqlite3
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.screens import Screens, serving
from tests.nursery import Child, Nursery, bare_environment

ROOT = Path(__file__).parent.parent.parent

# What stands in the database and must never stand in a log. Short words may be in it by chance.
NEVER_TOLD = (
    "SELECT trim(first_name || ' ' || last_name) FROM client",
    "SELECT substr(phone, 3) FROM client",
    "SELECT note FROM client",
    "SELECT body FROM message",
)
# Costs nothing when things come; where other work fills the machine they come late.
PATIENCE = 60
expect.set_options(timeout=20_000)


@dataclass
class Product:
    """A running `homestretch run`, and the command line beside it."""

    data_dir: Path
    port: int
    environ: dict[str, str]
    process: Child
    nursery: Nursery

    @property
    def log(self) -> list[str]:
        """The lines it has logged so far."""
        return self.process.stderr.splitlines()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str, typed: str = "") -> str:
        """Run one `homestretch` command on the same installation; returns what it printed."""
        folder = Path(tempfile.mkdtemp(dir=self.data_dir.parent))
        done = self.nursery.start(words, self.environ, folder, typed)
        assert done.wait(PATIENCE) == 0, done.stderr
        return done.stdout

    def records(self, type: str) -> list[dict[str, Any]]:
        """What the installation holds of one kind, read back from outside."""
        lines = self.command("export").splitlines()
        return [record for record in map(json.loads, lines) if record["type"] == type]

    def wait_for(self, what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Ask again until there is something: another process has no event to wait on."""
        give_up = threading.Event()
        timer = threading.Timer(seconds, give_up.set)
        timer.start()
        try:
            while not give_up.is_set():
                found = what()
                if found:
                    return found
                give_up.wait(0.1)
        finally:
            timer.cancel()
        raise AssertionError("It never came. The log says:\n" + "\n".join(self.log[-20:]))

    def lines_that_name_somebody(self) -> list[str]:
        """Lines of the log with a client's name, phone or note in them, or a text that came or went."""
        file = self.data_dir / "homestretch.db"
        if not file.is_file():
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            known = {str(word) for query in NEVER_TOLD for (word,) in database.execute(query) if word}
        whole = "\n".join(self.log)
        told = [word for word in (json.dumps(one)[1:-1] for one in known) if len(word) > 7 and word in whole]
        return [line for line in self.log if any(word in line for word in told)]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def start(tmp_path: Path, nursery: Nursery) -> Iterator[Callable[..., Product]]:
    """Start the product: `start(NAME="value")` on an empty directory, or `start(data_dir=...)` on that."""
    running: list[Product] = []

    def start(data_dir: Path | None = None, **environ: str) -> Product:
        port = free_port()
        folder = data_dir or tmp_path / "var"
        whole = bare_environment() | {"HOMESTRETCH_DATA_DIR": str(folder)} | environ
        whole.setdefault("HOMESTRETCH_PUBLIC_URL", f"http://127.0.0.1:{port}")
        words = ("run", "--no-sample", "--port", str(port))
        process = nursery.start(words, whole, tmp_path / f"run-{len(running)}")
        product = Product(folder, port, whole, process, nursery)
        running.append(product)
        product.wait_for(lambda: _is_up(product))
        return product

    yield start
    for product in running:
        product.stop()
    assert [line for product in running for line in product.lines_that_name_somebody()] == []


@pytest.fixture(scope="session")
def screens(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screens]:
    """Every screen there is, on a server in this process: for looking, since all tests share it."""
    with serving(sample_dir, tmp_path_factory.mktemp("screens") / "data") as screens:
        yield screens


@pytest.fixture
def sample(start: Callable[..., Product], sample_dir: Path, tmp_path: Path) -> Product:
    """The product running on a copy of the sample practice."""
    folder = tmp_path / "sample"
    shutil.copytree(sample_dir, folder)
    return start(data_dir=folder)


def _is_up(product: Product) -> bool:
    assert product.process.poll() is None, "\n".join(product.log)
    try:
        with urllib.request.urlopen(f"{product.url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def signed_in(browser: Browser, product: Product) -> tuple[Page, list[str]]:
    """An admin's page, and a list that fills with whatever it should not do."""
    page = browser.new_context(reduced_motion="reduce").new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith(product.url) else wrong.append(request.url),
    )
    page.goto(product.url)
    page.get_by_label("Email").fill("admin@sample.example")
    page.get_by_label("Password").fill(SAMPLE_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{product.url}/today")
    return page, wrong


CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium, kept off the network."""
    if CHROMIUM is None:
        pytest.skip("No Chromium: sudo apt-get install chromium")
    return {"executable_path": CHROMIUM, "args": list(CHROMIUM_FLAGS)}
