"""Photos and videos of a practice's exercises, and short codes to find them by.

Revision: 0021, after: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

CODES = "uq_exercise_practice_id_short_code"


def upgrade() -> None:
    op.add_column("exercise", sa.Column("short_code", sa.String(12)))
    op.add_column("exercise", sa.Column("video_url", sa.String(300), nullable=False, server_default=""))
    op.add_column("exercise", sa.Column("has_photo", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(CODES, "exercise", ["practice_id", "short_code"], unique=True)
    op.create_table(
        "exercise_photo",
        sa.Column("exercise_id", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exercise_id"],
            ["exercise.id"],
            name=op.f("fk_exercise_photo_exercise_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"],
            ["practice.id"],
            name=op.f("fk_exercise_photo_practice_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercise_photo")),
        sa.UniqueConstraint("exercise_id", name=op.f("uq_exercise_photo_exercise_id")),
    )
    op.create_index(op.f("ix_exercise_photo_practice_id"), "exercise_photo", ["practice_id"])


def downgrade() -> None:
    op.drop_table("exercise_photo")
    op.drop_index(CODES, "exercise")
    for name in ("has_photo", "video_url", "short_code"):
        op.drop_column("exercise", name)
