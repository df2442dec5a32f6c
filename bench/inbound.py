"""A signed inbound text, stored, read, rated and answered, against a bare view that commits one row.

Both run in `run`'s own server, each in a process of its own. `python -m bench.inbound --texts 1000 --runs 3`
"""

import base64
import hashlib
import hmac
import http.client
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, request
from sqlalchemy import func, insert, select
from waitress.server import create_server

from bench._measuring import arguments, logging_as_usual, report, timed
from bench._world import KEY, NOW, fill, phone_of
from care.db import Database, open_database, without_waiting_for_disk
from care.migrating import migrate
from care.models import Installation, Question, Rating
from care.settings import Settings, load_settings
from homestretch.serving import WEB_THREADS
from web import create_app

ADDRESS, TOKEN, ACCOUNT = "https://clinic.example", "a token", "AC" + "5" * 32
CONNECTIONS = WEB_THREADS
# Both views get as many before the clock runs: statements are built and words are loaded with the first.
WARMING_UP = 50


class BenchSettings(Settings):
    """Settings whose phones hash as those of the made-up clients do."""

    @property
    def phone_key(self) -> bytes:
        return KEY


def product(database: Database, folder: Path) -> Flask:
    environment = {
        "HOMESTRETCH_DATA_DIR": str(folder / "data"),
        "HOMESTRETCH_PUBLIC_URL": ADDRESS,
        "HOMESTRETCH_PRODUCTION": "0",
        "HOMESTRETCH_GATEWAY": "twilio",
        "TWILIO_FROM_NUMBER": "+15005550006",
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
    }
    settings = BenchSettings(**vars(load_settings(environment)))
    return create_app(settings, database, lambda: NOW)


def bare(database: Database, _folder: Path) -> Flask:
    """The least a view can do that keeps what it was given."""
    app = Flask("bare")

    @app.post("/twilio/inbound")
    def inbound() -> str:
        with database.sessions.begin() as session:
            row = {"name": request.form["MessageSid"], "value": request.form["Body"]}
            session.execute(insert(Installation), row)
        return "<Response/>"

    return app


def serve(which: str, folder: Path) -> None:
    database = open_database(f"sqlite:///{folder / 'homestretch.db'}")
    app = product(database, folder) if which == "product" else bare(database, folder)
    with logging_as_usual():
        server = create_server(app, host="127.0.0.1", port=0, threads=WEB_THREADS, ident=None)
        print(server.effective_port, flush=True)
        threading.Thread(target=server.run, daemon=True).start()
        sys.stdin.read()


@contextmanager
def serving(which: str, folder: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.inbound", "serve", which, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()


def posts(texts: int) -> list[tuple[str, dict[str, str]]]:
    """Bodies and headers, signed before the clock runs: that is the provider's work."""
    made = []
    for number in range(1, texts + 1):
        form = {
            "MessageSid": f"SM{number:032x}",
            "AccountSid": ACCOUNT,
            "From": phone_of(number),
            "To": "+15005550006",
            "Body": str(number % 7),
            "NumMedia": "0",
        }
        signed = f"{ADDRESS}/twilio/inbound" + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(digest).decode(),
        }
        made.append((urlencode(form), headers))
    return made


def post_all(port: int, texts: Sequence[tuple[str, dict[str, str]]]) -> float:
    """Requests a second over as many connections as the server has threads."""
    waiting = iter(texts)
    statuses: list[int] = []
    taking = threading.Lock()

    def post_some() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            with taking:
                one = next(waiting, None)
            if one is None:
                return
            connection.request("POST", "/twilio/inbound", one[0], one[1])
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)

    threads = [threading.Thread(target=post_some) for _ in range(CONNECTIONS)]
    with timed() as watch:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200}, set(statuses)
    return len(texts) / watch.seconds


def measure(which: str, texts: int) -> float:
    with tempfile.TemporaryDirectory(prefix="homestretch-inbound-") as name:
        folder = Path(name)
        database = open_database(f"sqlite:///{folder / 'homestretch.db'}")
        migrate(database)
        made = posts(WARMING_UP + texts)
        fill(database, len(made), is_due=True)
        ask_everybody(database, len(made))
        with serving(which, folder) as port:
            post_all(port, made[:WARMING_UP])
            rate = post_all(port, made[WARMING_UP:])
        with database.reading() as session:
            rated = session.scalar(select(func.count()).select_from(Rating))
        database.dispose()
    assert which == "bare" or rated == len(made), rated
    return rate


def ask_everybody(database: Database, clients: int) -> None:
    """An open question for each, so that the number they text back is a rating."""
    question = {
        "practice_id": 1,
        "context": "pain_prompt",
        "invites_rating": True,
        "asked_at": NOW,
        "bare_until": NOW.replace(hour=23),
        "closes_at": NOW.replace(hour=23),
    }
    rows = [question | {"client_id": number, "reminder_id": number} for number in range(1, clients + 1)]
    with without_waiting_for_disk(database), database.sessions.begin() as session:
        session.execute(insert(Question), rows)


def main() -> None:
    chosen = arguments(__doc__, texts=300, runs=3)
    pairs = [(measure("bare", chosen.texts), measure("product", chosen.texts)) for _ in range(chosen.runs)]
    bare_rate, rate = (statistics.median(one[place] for one in pairs) for place in (0, 1))
    print(f"     webhook {rate:.0f}/s, bare view {bare_rate:.0f}/s")
    ratio = statistics.median(ours / least for least, ours in pairs)
    report("inbound webhook, against a bare view that commits one row", ratio, 0.4)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
