"""Who treats a client beside their therapist.

Revision: 0012, after: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_share",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("shared_by_id", sa.Integer(), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_share_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_client_share_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shared_by_id"], ["user.id"], name=op.f("fk_client_share_shared_by_id")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_client_share_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_share")),
        sa.UniqueConstraint("client_id", "user_id", name=op.f("uq_client_share_client_id_user_id")),
    )
    for column in ("user_id", "practice_id"):
        op.create_index(op.f(f"ix_client_share_{column}"), "client_share", [column])


def downgrade() -> None:
    op.drop_table("client_share")
