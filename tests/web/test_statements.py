"""How often a page asks the database: no oftener for many rows than for few, and twelve times at most."""

from collections import Counter
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bench._history import lived_in
from bench._measuring import counting_statements
from bench._world import NOW
from care import signing_in
from care.db import Database, open_database
from care.models import AttentionItem, AttentionKind, AttentionStatus, Client, ClientLink, Practice, User
from care.monitoring import TimeSpent, log_minutes, start_monitoring, take_back_minutes
from care.settings import load_settings
from tests.pages import addresses_of
from tests.web.conftest import USUAL, TestSettings
from web import create_app
from web.auth import TOKEN

MOST = 12
# No pages: files, signs of life, and data handed to other programs, streamed in portions.
NO_PAGE = frozenset(
    {"static", "health.healthz", "health.readyz", "metrics.show", "fhir.whole", "fhir.client", "handouts.pdf"}
    | {"security_txt.show"}
    # An entry that came from elsewhere and waits for its dose, and what was handed on: there is none here.
    | {"exercise_import.finish", "disclosure.pdf", "disclosure.summary"}
    # Links that nobody was sent, and a picture that is there while a second step is set up.
    | {"access_link.use", "calendar_feed.show", "share_link.show", "two_step.qr"}
    | {"api.list", "api.one", "api.describe", "client_data.record", "client_data.download"}
)
# Where a transaction begins and ends is no question.
SILENT = ("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
SIZES = ((2, 65), (4, 130))


def monitored(database: Database) -> None:
    """Client 1 is monitored, with a few entries that were taken back."""
    with database.sessions.begin() as session:
        client, user = session.get_one(Client, 1), session.get_one(User, 1)
        session.get_one(Practice, 1).thresholds = {"rtm": 1}
        start_monitoring(session, client, (NOW - timedelta(days=40)).date(), "Form signed", user, NOW)
        spent = TimeSpent(user.id, (NOW - timedelta(days=2)).date(), time(8), time(8, 30), "call", True)
        for row in [log_minutes(session, client, spent, user, NOW) for _ in range(3)]:
            take_back_minutes(session, row, "Twice", user, NOW)


def close_red_flags(database: Database) -> None:
    closed = {"status": AttentionStatus.CLOSED, "closed_at": NOW}
    with database.sessions.begin() as session:
        session.execute(
            update(AttentionItem).where(AttentionItem.kind == AttentionKind.RED_FLAG).values(closed)
        )


def statements_of_every_page(database: Database, folder: Path) -> dict[str, tuple[int, list[str]]]:
    """What each page asked, the admin looking, and how it answered."""
    settings = TestSettings(**vars(load_settings({"HOMESTRETCH_DATA_DIR": str(folder)} | USUAL)))
    app = create_app(settings, database, lambda: NOW)
    app.testing = True
    with database.sessions.begin() as session:
        token = signing_in.start_session(session, session.get_one(User, 1), NOW)
        link = session.scalars(select(ClientLink.token).where(ClientLink.client_id == 1)).one()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie[TOKEN] = token
    found = {}

    def look(name: str, address: str) -> None:
        browser.get(address).close()  # what is read once for the life of the process
        with counting_statements(database.engine) as sent:
            answer = browser.get(address)
            answer.close()
        found[name] = (answer.status_code, [one for one in sent if not one.startswith(SILENT)])

    for endpoint, address in addresses_of(app, token=link, leave_out=NO_PAGE):
        look(endpoint, address)
    # With a red flag open nothing is suggested, and less needs to be known.
    close_red_flags(database)
    look("assessments.show with suggestions", "/clients/1/assessment")
    return found


@pytest.fixture(scope="module")
def both_sizes(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, tuple[int, list[str]]]]:
    found = []
    for clients, days in SIZES:
        folder = tmp_path_factory.mktemp("size")
        path = folder / "homestretch.db"
        path.write_bytes(migrated_file.read_bytes())
        database = open_database(f"sqlite:///{path}")
        lived_in(database, clients, days, therapists=clients)
        monitored(database)
        found.append(statements_of_every_page(database, folder))
        database.dispose()
    return found


def test_every_page_is_looked_at(both_sizes) -> None:
    """All are shown but the two that lead on, for somebody who is signed in."""
    _, large = both_sizes
    elsewhere = {name: status for name, (status, _) in large.items() if status != 200}

    assert elsewhere == {"root": 303, "auth.sign_in": 303}


def test_no_page_asks_oftener_for_more_rows(both_sizes) -> None:
    small, large = both_sizes
    grown = {
        name: (Counter(asked) - Counter(small[name][1])).most_common(2)
        for name, (_, asked) in large.items()
        if len(asked) > len(small[name][1])
    }
    assert grown == {}


def test_a_page_asks_twelve_times_at_most(both_sizes) -> None:
    _, large = both_sizes
    assert {name: len(asked) for name, (_, asked) in large.items() if len(asked) > MOST} == {}
