"""Scanners look for holes: in the code, and as each role in the running product. `make audit` installs them.

That they can find one is shown first, on a page with holes planted into it.
"""

import json
import os
import sqlite3
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from care.db import open_database
from care.settings import load_settings
from homestretch.sample import SAMPLE_PASSWORD
from tests.journeys.conftest import ROOT, Product
from tests.pages import addresses_of
from web import create_app

SCANNERS = ROOT / ".venv-audit" / "bin"
PACKAGES = ("care", "reminders", "scheduler", "web", "homestretch", "migrations")
MODULES = "sql,xss,permanentxss,exec,file,crlf,redirect"
MEDIUM = 2
# Where a scan would end itself, or only waits.
LEFT_OUT = ("/sign-out", "/lock", "/sessions", "/settings/password", "/healthz", "/readyz")
# What the cookie of each opens for as long as it is good.
HOME = {"admin": "/today", "sam": "/today", "desk": "/visits"}
ASKED = (
    "/clients?discharged=1&page=1",
    "/exercises?q=x",
    "/messages?client=1",
    "/inbox?kind=question",
    "/visits?day=2026-03-02",
)

pytestmark = [
    pytest.mark.audit,
    pytest.mark.skipif(not SCANNERS.is_dir(), reason="the scanners are put in by: make audit"),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a scan asks hundreds of times."""


@pytest.fixture
def planted() -> Iterator[str]:
    """A page that says back what it is sent, and pastes it into a question to a database."""

    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        asked = urllib.parse.parse_qs(environ.get("QUERY_STRING", "")).get("q", [""])[0]
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("CREATE TABLE person (name)")
            database.execute("INSERT INTO person VALUES ('ann')")
            try:
                found = database.execute(f"SELECT name FROM person WHERE name = '{asked}'").fetchall()
            except sqlite3.Error as error:
                found = [f"sqlite3.OperationalError: {error}"]
        start("200 OK", [("Content-Type", "text/html")])
        form = '<form><input name="q"><button>Find</button></form><a href="/?q=ann">Ann</a>'
        return [f"<html><body>{form}<p>{asked}: {found}</p></body></html>".encode()]

    with make_server("127.0.0.1", 0, page, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(*words: str, folder: Path) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=folder, env=environ, timeout=1_800, check=False
    )
    return done.stdout + done.stderr


def wapiti(url: str, folder: Path, *more: str, seconds: int = 300) -> tuple[set[str], int]:
    """The kinds of holes of medium weight or more, and how many pages were looked at."""
    report = folder / "report.json"
    limits = ("--max-scan-time", str(seconds), "--max-attack-time", str(seconds // 4))
    said = run(
        *(str(SCANNERS / "wapiti"), "-u", url, "-m", MODULES, "-f", "json", "-o", str(report)),
        *("--flush-session", "--no-bugreport", "-d", "4", *limits, *more),
        folder=folder,
    )
    assert report.is_file(), said[-2_000:]
    found = json.loads(report.read_text())
    holes = {
        f"{kind} at {one['path']} ({one.get('parameter')})"
        for kind, ones in found["vulnerabilities"].items()
        for one in ones
        if one["level"] >= MEDIUM
    }
    broken = {f"{kind} at {one['path']}" for kind, ones in found.get("anomalies", {}).items() for one in ones}
    return holes | broken, int(found["infos"]["crawled_pages_nbr"])


def sqlmap(url: str, folder: Path, *more: str) -> bool:
    """Whether it found a way into the database by a parameter of this address."""
    said = run(
        *(
            str(SCANNERS / "sqlmap"),
            "-u",
            url,
            "--batch",
            "--level=2",
            "--technique=BEU",
            "--disable-coloring",
        ),
        *("--flush-session", "--output-dir", str(folder / "sqlmap"), "--dbms=sqlite", *more),
        folder=folder,
    )
    assert "testing" in said, said[-2_000:]
    return "identified the following injection point" in said


def sign_in(product: Product, who: str) -> str:
    """The cookie of a user of the sample practice."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{product.url}/sign-in").read().decode()
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": f"{who}@sample.example", "password": SAMPLE_PASSWORD, "csrf_token": token}
    opener.open(f"{product.url}/sign-in", urllib.parse.urlencode(form).encode())
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def test_the_scanners_find_holes_where_there_are_some(planted: str, tmp_path: Path) -> None:
    holes, _pages = wapiti(planted, tmp_path, seconds=120)

    assert any("Scripting" in one for one in holes), holes
    assert sqlmap(f"{planted}/?q=ann", tmp_path)


def test_the_code_has_no_finding_of_medium_weight_or_more() -> None:
    said = subprocess.run(
        [str(SCANNERS / "bandit"), "-q", "-r", *PACKAGES, "-ll", "-f", "json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    ).stdout
    report = json.loads(said)

    found = [f"{one['filename']}:{one['line_number']} {one['issue_text']}" for one in report["results"]]
    assert report["metrics"]["_totals"]["loc"] > 20_000
    assert found == []


@pytest.mark.parametrize("who", ["nobody", *HOME])
def test_no_role_finds_a_hole_from_the_web(sample: Product, tmp_path: Path, who: str) -> None:
    """Begun at every address there is, so that what no page links to is looked at as well."""
    cookie = sign_in(sample, who) if who != "nobody" else ""
    signed_in = ("-C", cookie) if cookie else ()
    left_out = [part for end in LEFT_OUT for part in ("-x", f"{sample.url}{end}*")]
    begun_at = [part for address in addresses(sample) for part in ("-s", f"{sample.url}{address}")]

    holes, pages = wapiti(
        sample.url, tmp_path, *signed_in, *left_out, *begun_at, "--scope", "domain", seconds=120
    )

    assert holes == set()
    assert pages > 20
    assert not cookie or is_signed_in(sample, cookie, HOME[who]), "The scan signed itself out."
    assert not any("page_broke" in line for line in sample.log)


def addresses(product: Product) -> list[str]:
    """Every page, with what the sample practice has under its first number."""
    settings = load_settings(product.environ)
    database = open_database(settings.database_url)
    app = create_app(settings, database, lambda: datetime.now(UTC))
    found = [address for _endpoint, address in addresses_of(app, token="A" * 22)]
    database.dispose()
    return [address for address in found if not address.startswith((*LEFT_OUT, "/static"))]


def is_signed_in(product: Product, cookie: str, home: str) -> bool:
    """Whether the cookie opens this page, and leads nowhere else."""
    asked = urllib.request.Request(f"{product.url}{home}", headers={"Cookie": cookie})
    with urllib.request.urlopen(asked) as answer:
        return bool(answer.url == asked.full_url)


def test_no_search_that_is_posted_lets_anybody_into_the_database(sample: Product, tmp_path: Path) -> None:
    """Each try takes the token of a fresh page, and is looked at where it leads."""
    find, page = f"{sample.url}/clients/find", f"{sample.url}/clients"
    token = ("--csrf-token", "csrf_token", "--csrf-url", page)
    cookie = ("--cookie", sign_in(sample, "admin"))

    assert not sqlmap(find, tmp_path, *cookie, *token, "--data", "q=x&csrf_token=x", "-p", "q")
    assert not any("page_broke" in line for line in sample.log)


@pytest.mark.parametrize("address", ASKED)
def test_no_question_lets_anybody_into_the_database(sample: Product, tmp_path: Path, address: str) -> None:
    assert not sqlmap(f"{sample.url}{address}", tmp_path, "--cookie", sign_in(sample, "admin"))
    assert not any("page_broke" in line for line in sample.log)
