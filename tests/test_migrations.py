"""Migrations and models must say the same, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from care.db import Database
from care.migrating import is_up_to_date, migrate
from care.models import Base


def test_the_migrated_tables_are_the_ones_the_models_describe(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_migrating_twice_changes_nothing(any_database: Database) -> None:
    assert is_up_to_date(any_database)

    migrate(any_database)

    assert is_up_to_date(any_database)
