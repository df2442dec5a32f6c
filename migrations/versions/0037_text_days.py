"""How many texts there were on each day that is over, as far as somebody looked.

Revision: 0037, after: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

COUNTS = ("sent", "failed", "received", "parts")


def upgrade() -> None:
    op.create_table(
        "text_day",
        sa.Column("practice_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_text_day_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("practice_id", "ends_at", name=op.f("pk_text_day")),
    )


def downgrade() -> None:
    op.drop_table("text_day")
