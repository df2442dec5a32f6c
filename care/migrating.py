"""Bringing a database to the newest tables, one process at a time."""

from importlib.resources import files

from sqlalchemy import Connection, inspect, text

from care.db import Database
from care.errors import Refused
from care.marking import mark_changes, stop_marking

# Any fixed number: whoever migrates holds it, so two starting processes cannot race.
MIGRATION_LOCK = 7_340_021
OLDER = "The database is not up to date. Run: homestretch migrate"
NEWER = (
    "The database was brought up to date by a newer Homestretch."
    " Start that one, or restore a backup from before it."
)


def migrate(database: Database) -> str:
    """Run what is missing, under a lock. Returns the revision the database is now at.

    Raises Refused for tables of a newer program: there is no way back but a backup.
    """
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if is_newer(connection):
            raise Refused(NEWER)
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


def what_to_do(database: Database) -> str | None:
    """In a sentence, where code and tables do not belong together."""
    with database.engine.connect() as connection:
        if is_newer(connection):
            return NEWER
        return None if current_revision(connection) == newest_revision() else OLDER


def is_newer(connection: Connection) -> bool:
    """Whether a later version of the program has changed these tables."""
    return (current_revision(connection) or "") > newest_revision()


def newest_revision() -> str:
    """The last of the migrations, whose files begin with their number."""
    versions = files("migrations").joinpath("versions")
    return max(entry.name[:4] for entry in versions.iterdir() if entry.name[:4].isdigit())
