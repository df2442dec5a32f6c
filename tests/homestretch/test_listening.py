"""Where the server listens is what links say, unless somebody named a public address."""

import json
import re
import socket
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from care import facts
from care.db import open_database
from care.errors import Refused
from homestretch.installation import open_installation
from homestretch.listening import address_of, listen
from tests.homestretch.conftest import Shell, init
from tests.nursery import Nursery, bare_environment

PATIENCE = 60
BETWEEN_LOOKS_SECONDS = 0.05


def kept_address(data_dir: Path) -> str:
    database = open_database(f"sqlite:///{data_dir}/homestretch.db")
    with database.reading() as session:
        kept = facts.public_url(session)
    database.dispose()
    return kept


def test_links_name_the_port_that_a_process_really_listens_at(
    nursery: Nursery, shell: Shell, tmp_path: Path
) -> None:
    words = ("run", "--port", "0", "--no-sample")
    child = nursery.start(words, bare_environment() | shell.environ, tmp_path / "run")
    give_up = time.monotonic() + PATIENCE
    while not (found := re.search(r"Homestretch runs at (\S+:(\d+)) ", child.stdout)):
        assert time.monotonic() < give_up, child.stderr
        time.sleep(BETWEEN_LOOKS_SECONDS)
    address, port = found.groups()

    try:
        assert int(port) not in (0, 8000)
        assert _described_at(address, give_up) == f"{address}/api/v1"
        assert init(shell).returncode == 0
        assert kept_address(tmp_path / "var") == address
    finally:
        child.send_signal(15)
        assert child.wait(PATIENCE) == 0


def _described_at(address: str, give_up: float) -> str:
    """The address that the description of the API gives for itself, asked until somebody answers."""
    while True:
        try:
            with urlopen(f"{address}/api/v1/openapi.json", timeout=PATIENCE) as answer:
                return str(json.load(answer)["servers"][0]["url"])
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(BETWEEN_LOOKS_SECONDS)


def test_a_public_address_is_the_address_wherever_the_process_listens(tmp_path: Path) -> None:
    environ = {"HOMESTRETCH_DATA_DIR": str(tmp_path / "var"), "HOMESTRETCH_PUBLIC_URL": "http://care.example"}

    installation = open_installation(environ, may_migrate=True, local_url="http://127.0.0.1:9000")

    assert installation.settings.public_url == "http://care.example"
    installation.database.dispose()
    assert kept_address(tmp_path / "var") == "http://care.example"


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("127.0.0.1", 8123, "http://127.0.0.1:8123"),
        ("0.0.0.0", 8123, "http://127.0.0.1:8123"),  # nothing listens
        ("::", 8123, "http://[::1]:8123"),
        ("localhost", 8123, "http://localhost:8123"),
        ("127.0.0.1", 0, None),
    ],
)
def test_the_address_is_one_that_leads_here(host: str, port: int, address: str | None) -> None:
    assert address_of(host, port) == address


def test_a_port_that_is_taken_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=f"Nothing can listen at 127.0.0.1, port {port}: Address already"):
            listen("127.0.0.1", port)
