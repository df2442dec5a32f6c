"""Ticks from paper: where an answer came from, whether it stands on a sheet, and what staff read in each box.

Revision: 0009, after: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "occurrence", sa.Column("is_on_paper", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("occurrence", sa.Column("source", sa.String(24), nullable=True))
    op.execute("UPDATE occurrence SET source = 'text' WHERE reply_id IS NOT NULL")
    op.execute(
        "UPDATE occurrence SET source = 'web' "
        "WHERE reply_id IS NULL AND status IN ('done', 'partial', 'skipped')"
    )
    op.execute(
        "UPDATE occurrence SET is_on_paper = true WHERE reminder_id IS NULL AND client_id IN "
        "(SELECT id FROM client WHERE phone IS NULL)"
    )
    op.create_table(
        "paper_tick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(24), nullable=True),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_paper_tick_{table}_id"), ondelete="CASCADE"
            )
            for table in ("practice", "client", "occurrence")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_paper_tick_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_tick")),
    )
    op.create_index("ix_paper_tick_practice_id", "paper_tick", ["practice_id"])
    op.create_index("ix_paper_tick_occurrence_id", "paper_tick", ["occurrence_id"])
    op.create_index("ix_paper_tick_client_at", "paper_tick", ["client_id", "at"])


def downgrade() -> None:
    op.drop_table("paper_tick")
    op.drop_column("occurrence", "source")
    op.drop_column("occurrence", "is_on_paper")
