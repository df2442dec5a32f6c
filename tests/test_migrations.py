"""Migrations and models must say the same, on both databases."""

from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from care.db import Database, open_database
from care.errors import Refused
from care.migrating import migrate, newest_revision, what_to_do
from care.models import Base
from care.upgrading import upgrade
from tests.postgres import PostgresServer

# A practice as the first release wrote it, with rows that hang on one another by a cascade.
AT = "2026-03-02 13:00:00+00"
FIRST_ROWS = (
    f"""INSERT INTO practice (id, name, country, timezone, language, window_from_time, window_until_time,
        daily_cap, is_texting_paused, thresholds, is_sample, clock_offset_seconds, token, created_at)
        VALUES (1, 'Riverside', 'US', 'America/New_York', 'en', '09:00:00', '20:00:00',
        3, false, '{{}}', false, 0, 'p', '{AT}')""",
    f"""INSERT INTO "user" (id, practice_id, email, name, role, password_hash, is_active, created_at)
        VALUES (1, 1, 'kim@riverside.example', 'Kim', 'therapist', '', true, '{AT}')""",
    f"""INSERT INTO client (id, practice_id, therapist_id, first_name, last_name, number_state, language,
        timezone, note, status, token, created_at)
        VALUES (1, 1, 1, 'Maria', '', 'ok', 'en', 'America/New_York', '', 'active', 'c', '{AT}')""",
    f"""INSERT INTO reminder (id, practice_id, client_id, kind, dedupe_key, text_key, params, lane, priority,
        due_at, send_at, expires_at, status, attempts, created_at)
        VALUES (1, 1, 1, 'exercise', 'k', 'reminder', '{{}}', 0, 2,
        '{AT}', '{AT}', '{AT}', 'planned', 0, '{AT}')""",
    *(
        f"""INSERT INTO exercise (practice_id, slug, name, name_es, body_region, target_muscles,
            start_position, type, equipment, laterality, level, sets, reps, hold_seconds, duration_seconds,
            times_per_day, days_per_week, cue, caution, avoid_if, source, is_retired)
            VALUES (1, '{slug}', '{slug}', 'Meter la barbilla', 'neck', '[]', 'seated', 'stretch',
            '[]', 'both', 1, 1, 1, 0, 0, 1, 7, '', '', '[]', 'seed', false)"""
        for slug in ("doorway-chest-stretch", "thoracic-chair-extension", "chin-tuck")
    ),
)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The tables and the index of the full-text search are the database's own: no model describes them."""
    return not (name or "").startswith(("exercise_search", "ix_exercise_search"))


def test_the_migrated_tables_are_the_ones_the_models_describe(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_each_migration_has_the_number_of_its_file_and_follows_the_one_before() -> None:
    migrations = Path(str(files("migrations")))
    numbers = sorted(path.name[:4] for path in (migrations / "versions").glob("[0-9]*.py"))
    chain = [one.revision for one in ScriptDirectory(str(migrations)).walk_revisions()]

    assert chain == numbers[::-1]
    assert newest_revision() == chain[0]


def test_migrating_twice_changes_nothing(any_database: Database) -> None:
    assert what_to_do(any_database) is None

    migrate(any_database)

    assert what_to_do(any_database) is None


def test_a_database_full_of_the_first_tables_keeps_every_row(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.db'}", postgres_server.create("old")):
        database = open_database(url)
        with database.engine.begin() as connection:
            upgrade(connection, "0001")
            for statement in FIRST_ROWS:
                connection.execute(text(statement))

        migrate(database)

        with database.engine.connect() as connection:
            for table in ("practice", "user", "client", "reminder"):
                assert connection.scalar(text(f'SELECT count(*) FROM "{table}"')) == 1, (url, table)
            steps = connection.scalar(text("SELECT steps FROM exercise WHERE slug = 'chin-tuck'"))
            assert "closing a drawer" in str(steps)
            told = connection.scalar(text("SELECT translations FROM exercise WHERE slug = 'chin-tuck'"))
            assert "Meter la barbilla" in str(told)
            assert connection.scalar(text("SELECT name FROM template")) == "Desk posture"
        database.dispose()


def test_tables_of_a_newer_program_are_left_alone_with_one_sentence(any_database: Database) -> None:
    with any_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Refused, match="brought up to date by a newer Homestretch"):
        migrate(any_database)

    assert "newer Homestretch" in str(what_to_do(any_database))
