"""Bringing a database to the newest tables, one process at a time."""

from importlib.resources import files

from sqlalchemy import Connection, inspect, text

from care.db import Database
from care.marking import mark_changes, stop_marking

# Any fixed number: whoever migrates holds it, so two starting processes cannot race.
MIGRATION_LOCK = 7_340_021


def migrate(database: Database) -> str:
    """Run what is missing, under a lock. Returns the revision the database is now at."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if current_revision(connection) != newest_revision():
            from care.upgrading import upgrade  # Alembic costs 4 MB, and most starts have nothing to run

            stop_marking(connection)
            upgrade(connection)
        mark_changes(connection)
        return current_revision(connection) or ""


def current_revision(connection: Connection) -> str | None:
    """The revision the database says it is at; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def is_up_to_date(database: Database) -> bool:
    """Whether this code and these tables belong together."""
    with database.engine.connect() as connection:
        return current_revision(connection) == newest_revision()


def newest_revision() -> str:
    """The last of the migrations, whose files begin with their number."""
    versions = files("migrations").joinpath("versions")
    return max(entry.name[:4] for entry in versions.iterdir() if entry.name[:4].isdigit())
