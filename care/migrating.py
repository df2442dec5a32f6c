"""Bringing a database to the newest tables, one process at a time."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from care.db import Database
from care.marking import mark_changes, stop_marking

# Any fixed number: whoever migrates holds it, so two starting processes cannot race.
MIGRATION_LOCK = 7_340_021


def migrate(database: Database) -> str:
    """Run what is missing, under a lock. Returns the revision the database is now at."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if current_revision(connection) != _newest(connection):
            stop_marking(connection)
            command.upgrade(_config(connection), "head")
        mark_changes(connection)
        return current_revision(connection) or ""


def current_revision(connection: Connection) -> str | None:
    """The revision the database says it is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_up_to_date(database: Database) -> bool:
    """Whether this code and these tables belong together."""
    with database.engine.connect() as connection:
        return current_revision(connection) == _newest(connection)


def _newest(connection: Connection) -> str | None:
    return ScriptDirectory.from_config(_config(connection)).get_current_head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
