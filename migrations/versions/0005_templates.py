"""Templates that plans begin from. Practices that are there get the same ones as a new practice.

Revision: 0005, after: 0004
"""

import tomllib
from datetime import UTC, datetime
from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOSE = ("sets", "reps", "hold_seconds", "duration_seconds")


def upgrade() -> None:
    template = op.create_table(
        "template",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("condition_category", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_template_changed_by_id")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_template_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
    )
    op.create_index(op.f("ix_template_practice_id"), "template", ["practice_id"])
    item = op.create_table(
        "template_item",
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("exercise_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in DOSE),
        sa.Column("side", sa.String(24), nullable=False),
        sa.Column("load", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name=op.f("fk_template_item_template_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercise.id"], name=op.f("fk_template_item_exercise_id")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_template_item_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_item")),
    )
    for column in ("template_id", "exercise_id", "practice_id"):
        op.create_index(op.f(f"ix_template_item_{column}"), "template_item", [column])
    _fill_in_seeds(template, item)


def downgrade() -> None:
    op.drop_table("template_item")
    op.drop_table("template")


def _fill_in_seeds(template: sa.Table, item: sa.Table) -> None:
    connection = op.get_bind()
    practices = list(connection.execute(sa.text("SELECT id FROM practice")).scalars())
    if not practices:
        return
    entries = tomllib.loads(files("care").joinpath("data/templates.toml").read_text("utf-8"))["template"]
    library = sa.table("exercise", *(sa.column(name) for name in ("id", "slug", "practice_id", *DOSE)))
    for practice_id in practices:
        of_practice = sa.select(library).where(library.c.practice_id == practice_id)
        known = {row.slug: row for row in connection.execute(of_practice)}
        for entry in entries:
            if not all(slug in known for slug in entry["exercises"]):
                continue
            values = {
                "practice_id": practice_id,
                "name": entry["name"],
                "condition_category": entry["condition"],
                "source": "seed",
                "is_retired": False,
                "changed_at": datetime.now(UTC),
            }
            made = connection.execute(sa.insert(template).values(values).returning(template.c.id))
            template_id = made.scalar_one()
            for place, slug in enumerate(entry["exercises"]):
                exercise = known[slug]
                row = {name: getattr(exercise, name) for name in DOSE}
                row |= {"practice_id": practice_id, "template_id": template_id, "exercise_id": exercise.id}
                row |= {"position": place, "side": "both", "load": "", "note": ""}
                connection.execute(sa.insert(item).values(row))
