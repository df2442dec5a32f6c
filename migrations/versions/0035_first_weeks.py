"""How the first weeks of each course of care went, for the curves of drop-off, and their sums by day.

Both are made of the rows there are by who looks first, page or scheduler: everybody counts as changed.

Revision: 0035, after: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_weeks",
        sa.Column("client_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(16), nullable=False),
        sa.Column("weeks", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_first_weeks_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_first_weeks_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "began_on", name=op.f("pk_first_weeks")),
    )
    op.create_index("ix_first_weeks_began", "first_weeks", ["practice_id", "began_on"])
    op.create_table(
        "start_day",
        sa.Column("practice_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("clients", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_start_day_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("practice_id", "began_on", name=op.f("pk_start_day")),
    )
    op.execute("INSERT INTO standing_change (practice_id, client_id) SELECT practice_id, id FROM client")


def downgrade() -> None:
    op.drop_table("start_day")
    op.drop_table("first_weeks")
