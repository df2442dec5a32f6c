"""Which entries of clients were merged into which.

Revision: 0029, after: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_merge",
        sa.Column("old_id", sa.Integer(), nullable=False),
        sa.Column("old_token", sa.String(32), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_client_merge_practice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_client_merge_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_merge")),
        sa.UniqueConstraint("old_token", name=op.f("uq_client_merge_old_token")),
    )
    for column in ("practice_id", "old_id", "kept_id"):
        op.create_index(op.f(f"ix_client_merge_{column}"), "client_merge", [column])


def downgrade() -> None:
    op.drop_table("client_merge")
