"""Searching the library: folded words beside each exercise, and a full-text index over them.

On SQLite that is an FTS5 table over `exercise`, kept right by three triggers. They go when the table is made
anew (a batch change does that): a later revision that does must put them back.

Revision: 0008, after: 0007
"""

import json

import sqlalchemy as sa
from alembic import op

from care.searching import words_of
from care.vocabulary import REGIONS

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEX = "ix_exercise_search_words"
TAKE_OUT = (
    "INSERT INTO exercise_search (exercise_search, rowid, practice_id, search_words) "
    "VALUES ('delete', old.id, old.practice_id, old.search_words);"
)
PUT_IN = (
    "INSERT INTO exercise_search (rowid, practice_id, search_words) "
    "VALUES (new.id, new.practice_id, new.search_words);"
)
ON_SQLITE = (
    "CREATE VIRTUAL TABLE exercise_search USING fts5("
    "practice_id, search_words, content='exercise', content_rowid='id', prefix='2 3')",
    f"CREATE TRIGGER exercise_search_added AFTER INSERT ON exercise BEGIN {PUT_IN} END",
    f"CREATE TRIGGER exercise_search_removed AFTER DELETE ON exercise BEGIN {TAKE_OUT} END",
    "CREATE TRIGGER exercise_search_changed AFTER UPDATE OF practice_id, search_words ON exercise "
    f"BEGIN {TAKE_OUT} {PUT_IN} END",
)


def upgrade() -> None:
    for name in ("search_name", "search_words"):
        op.add_column("exercise", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    _fill_in()
    if op.get_bind().dialect.name == "sqlite":
        for statement in ON_SQLITE:
            op.execute(statement)
        op.execute("INSERT INTO exercise_search (exercise_search) VALUES ('rebuild')")
    else:
        op.execute(
            f"CREATE INDEX {INDEX} ON exercise USING gin (to_tsvector('simple'::regconfig, search_words))"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER exercise_search_{name}")
        op.execute("DROP TABLE exercise_search")
    else:
        op.execute(f"DROP INDEX {INDEX}")
    op.drop_column("exercise", "search_words")
    op.drop_column("exercise", "search_name")


def _fill_in() -> None:
    connection = op.get_bind()
    columns = ("id", "slug", "name", "name_es", "body_region", "target_muscles", "equipment")
    exercise = sa.table("exercise", *map(sa.column, (*columns, "search_name", "search_words")))
    for row in connection.execute(sa.select(*(exercise.c[name] for name in columns))).all():
        lists = (_list(row.target_muscles), _list(row.equipment))
        words = words_of(
            row.name, row.name_es, REGIONS.get(row.body_region, ""), row.slug, *lists[0], *lists[1]
        )
        values = {"search_name": words_of(row.name), "search_words": words}
        connection.execute(sa.update(exercise).where(exercise.c.id == row.id).values(values))


def _list(stored: object) -> list[str]:
    """PostgreSQL hands a JSON column over as a list already, SQLite as its text."""
    found = json.loads(stored) if isinstance(stored, str) else stored
    return [str(one) for one in found] if isinstance(found, list) else []
