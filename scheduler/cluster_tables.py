"""Procrastinate's tables, in a PostgreSQL schema of their own beside ours.

Nothing in them needs keeping: what is due stands in our own rows. A backup may leave the schema out.
"""

from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from care.db import Database
from care.migrating import MIGRATION_LOCK

SCHEMA = "procrastinate"


def prepare(database: Database) -> None:
    """Make the tables, or bring them up to date, under the lock that every migration takes.

    The schema's comment names the last of Procrastinate's migrations that is in it.
    """
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        known = connection.scalar(text(f"SELECT obj_description(to_regnamespace('{SCHEMA}'))"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
        migrations = _migrations()
        if known is None:
            _run(connection, SchemaManager.get_schema())
        else:
            for script in migrations:
                if script.name > known:
                    _run(connection, script.read_text("utf-8"))
        connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{migrations[-1].name}'"))


def _migrations() -> list[Path]:
    """Those that come with the installed version. Their names sort as they are to run."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _run(connection: Connection, script: str) -> None:
    """A script of many statements, which PostgreSQL takes only when nothing is bound to it."""
    cursor = connection.connection.cursor()
    cursor.execute(script)
    cursor.close()
