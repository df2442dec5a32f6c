"""The whole product as a process of its own, started as an operator starts it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.screens import Screens, serving

ROOT = Path(__file__).parent.parent.parent
KEPT = ("PATH", "HOME", "LANG")

# Costs nothing when things come; where other work fills the machine they come late.
PATIENCE = 60
expect.set_options(timeout=20_000)


@dataclass
class Product:
    """A running `homestretch run`, and the command line beside it."""

    data_dir: Path
    port: int
    environ: dict[str, str]
    process: "subprocess.Popen[str]"
    log: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str, typed: str = "") -> str:
        """Run one `homestretch` command on the same installation; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "homestretch", *words],
            input=typed,
            capture_output=True,
            text=True,
            env=self.environ,
            cwd=ROOT,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
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

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """Start the product: `start(NAME="value")` on an empty directory, or `start(data_dir=...)` on that."""
    running: list[Product] = []

    def start(data_dir: Path | None = None, **environ: str) -> Product:
        port = free_port()
        folder = data_dir or tmp_path / "var"
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        whole = kept | {"HOMESTRETCH_DATA_DIR": str(folder)} | environ
        whole.setdefault("HOMESTRETCH_PUBLIC_URL", f"http://127.0.0.1:{port}")
        process = subprocess.Popen(
            [sys.executable, "-m", "homestretch", "run", "--no-sample", "--port", str(port)],
            env=whole,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        log: list[str] = []
        threading.Thread(target=_keep, args=(process, log), daemon=True).start()
        product = Product(folder, port, whole, process, log)
        running.append(product)
        product.wait_for(lambda: _is_up(product))
        return product

    yield start
    for product in running:
        product.stop()


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


def _keep(process: "subprocess.Popen[str]", log: list[str]) -> None:
    assert process.stderr is not None
    with process.stderr as lines:
        log.extend(line.rstrip() for line in lines)


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
