"""What is summed up over many clients in columns of its own, and how each exercise goes with each client.

Standings hold nothing that cannot be counted again: the table is made anew, and everybody counts as changed.

Revision: 0036, after: 0035
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NAME = sa.String(125).with_variant(sa.String(125, collation="C"), "postgresql")
COUNTS = ("done", "partial", "skipped", "unknown", "on_paper")


def upgrade() -> None:
    counts = (*COUNTS, "asked", "answered")
    make_standings(
        [
            sa.Column("therapist_id", sa.Integer(), nullable=True),
            sa.Column("condition", sa.String(32), nullable=True),
            *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        ]
    )
    op.create_index(
        "ix_standing_sums", "standing", ["practice_id", "therapist_id", "condition", "is_silent", *counts]
    )
    whole = ("times", *COUNTS, "ratings")
    op.create_table(
        "exercise_standing",
        sa.Column("practice_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("exercise_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("client_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in whole),
        sa.Column("score_sum", sa.Double(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_exercise_standing_{table}_id"),
                ondelete="CASCADE",
            )
            for table in ("practice", "exercise", "client")
        ),
        sa.PrimaryKeyConstraint("practice_id", "exercise_id", "client_id", name=op.f("pk_exercise_standing")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_exercise_standing_client_id"), "exercise_standing", ["client_id"])
    op.execute("INSERT INTO standing_change (practice_id, client_id) SELECT practice_id, id FROM client")


def downgrade() -> None:
    op.drop_table("exercise_standing")
    make_standings([])
    op.execute("INSERT INTO standing_change (practice_id, client_id) SELECT practice_id, id FROM client")


def make_standings(more: Sequence[sa.Column]) -> None:
    """The table of lines, empty, with these columns as well."""
    op.drop_table("standing")
    op.create_table(
        "standing",
        sa.Column("client_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("fresh_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(16), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("sort_name", NAME, nullable=False),
        sa.Column("call_rank", sa.BigInteger(), nullable=False),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("last_message_id", sa.Integer(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_standing_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_standing_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_standing")),
    )
    op.create_index("ix_standing_call", "standing", ["practice_id", "call_rank", "name", "client_id"])
    op.create_index("ix_standing_name", "standing", ["practice_id", "sort_name", "client_id"])
    op.create_index("ix_standing_from", "standing", ["fresh_from"])
    op.create_index("ix_standing_until", "standing", ["fresh_until"])
