"""Opening the database: one SQLite file, or PostgreSQL. Same rows, same code path."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from care.key_ring import OFF, KeyRing
from care.sealed_fields import seal_with

Sessions = sessionmaker[Session]

# FULL costs 8 % and keeps "sent" through a power cut; losing it would text somebody twice.
SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "15000",
    "secure_delete": "ON",
}


@dataclass(frozen=True)
class Database:
    """An engine with two ways in.

    `sessions` takes SQLite's write lock as it begins, so nothing read can change before it is
    written (read-then-write in a deferred transaction double-claimed rows without an error).
    `reading` does not, and never writes.
    """

    engine: Engine
    sessions: Sessions
    reading: Sessions
    pragmas: dict[str, str]

    def dispose(self) -> None:
        self.engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def open_database(url: str, ring: KeyRing = OFF) -> Database:
    """An engine on this address; nothing is created or migrated. The ring seals and opens fields of rows."""
    pragmas = dict(SQLITE_PRAGMAS)
    engine = _sqlite(url, pragmas) if url.startswith("sqlite") else _postgresql(url)
    if ring.keys:
        seal_with(engine, ring)
    sessions = sessionmaker(engine, expire_on_commit=False)
    return Database(engine=engine, pragmas=pragmas, sessions=sessions, reading=reading_of(sessions))


def reading_of(sessions: Sessions) -> Sessions:
    """The way in that takes no lock and never writes, beside this one."""
    engine: Engine = sessions.kw["bind"]
    return sessionmaker(
        engine.execution_options(sqlite_begin="DEFERRED"), expire_on_commit=False, autoflush=False
    )


@contextmanager
def without_waiting_for_disk(database: Database) -> Iterator[None]:
    """For rows that can be made again: SQLite's commits do not wait. A power cut may lose all of them."""
    if not database.is_sqlite:
        yield
        return
    _set_synchronous(database, "OFF")
    try:
        yield
    finally:
        _set_synchronous(database, "FULL")


def _set_synchronous(database: Database, mode: str) -> None:
    """For the connections made from now on; closing the pool sees to it that there are no others."""
    database.pragmas["synchronous"] = mode
    database.engine.dispose()


def _sqlite(url: str, pragmas: Mapping[str, str]) -> Engine:
    path = make_url(url).database
    if path and not Path(path).exists() and Path(path).parent.is_dir():
        Path(path).touch(mode=0o600)
    engine = create_engine(
        url, connect_args={"timeout": 15, "check_same_thread": False}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        for name, value in pragmas.items():
            dbapi_connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def _postgresql(url: str) -> Engine:
    options = "-c timezone=UTC -c statement_timeout=60000 -c lock_timeout=15000"
    return create_engine(
        url, pool_pre_ping=True, pool_size=10, hide_parameters=True, connect_args={"options": options}
    )
