"""How each client stands, counted beforehand, and whose standing a change has made old.

The triggers that note changes are put there after every migration (`care.marking`). Everybody counts as
changed then, so the standings of clients there are already get made by who looks first, page or scheduler.

Revision: 0031, after: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

PREFIX = "marks_standing_"
NAME = sa.String(125).with_variant(sa.String(125, collation="C"), "postgresql")


def upgrade() -> None:
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
    op.create_table(
        "standing_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_change")),
    )
    op.create_index("ix_standing_change", "standing_change", ["practice_id", "client_id"])


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for name in connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            if name.startswith(PREFIX):
                op.execute(f"DROP TRIGGER {name}")
    else:
        for name in connection.scalars(sa.text("SELECT proname FROM pg_proc")).all():
            if name.startswith(PREFIX):
                op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.drop_table("standing_change")
    op.drop_table("standing")
