"""How each exercise is done, step by step and in two languages, and who vouched for the words.

Revision: 0003, after: 0002
"""

import json
import tomllib
from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("cue_es", sa.String(200), ""),
    ("caution_es", sa.String(300), ""),
    ("steps", sa.JSON(), "[]"),
    ("steps_es", sa.JSON(), "[]"),
    ("reviewed_at", sa.DateTime(timezone=True), None),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column("exercise", sa.Column(name, kind, server_default=default, nullable=default is None))
    if op.get_bind().dialect.name == "sqlite":
        # The reference comes with the column: making the table anew would empty what hangs on it.
        op.execute(
            "ALTER TABLE exercise ADD COLUMN reviewed_by_id INTEGER"
            ' CONSTRAINT fk_exercise_reviewed_by_id REFERENCES "user" (id)'
        )
    else:
        op.add_column("exercise", sa.Column("reviewed_by_id", sa.Integer()))
        op.create_foreign_key(
            op.f("fk_exercise_reviewed_by_id"), "exercise", "user", ["reviewed_by_id"], ["id"]
        )
    _fill_in_seeds()


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("fk_exercise_reviewed_by_id"), "exercise", type_="foreignkey")
    op.drop_column("exercise", "reviewed_by_id")
    for name, _kind, _default in COLUMNS:
        op.drop_column("exercise", name)


def _fill_in_seeds() -> None:
    """Practices that are there get the words that a new one begins with."""
    connection = op.get_bind()
    seeds = connection.execute(sa.text("SELECT DISTINCT slug FROM exercise WHERE source = 'seed'"))
    slugs = [row.slug for row in seeds]
    if not slugs:
        return
    known = tomllib.loads(files("care").joinpath("data/instructions.toml").read_text("utf-8"))
    fill = sa.text("UPDATE exercise SET steps = :steps WHERE slug = :slug AND source = 'seed'")
    for slug in slugs:
        if slug in known:
            connection.execute(fill, {"slug": slug, "steps": json.dumps(known[slug]["steps"])})
