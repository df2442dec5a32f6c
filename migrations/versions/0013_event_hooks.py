"""Addresses of other programs that are told of events, and what was told.

Revision: 0013, after: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OPEN = sa.text("status IN ('planned', 'sending')")


def upgrade() -> None:
    op.create_table(
        "event_hook",
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("secret", sa.String(80), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("seen_rating_id", sa.Integer(), nullable=False),
        sa.Column("first_rating_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_event_hook_created_by_id")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_event_hook_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_hook")),
    )
    op.create_index(op.f("ix_event_hook_practice_id"), "event_hook", ["practice_id"])
    op.create_table(
        "hook_delivery",
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("cause_key", sa.String(48), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answered", sa.String(32), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_hook_delivery_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hook_id"], ["event_hook.id"], name=op.f("fk_hook_delivery_hook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_hook_delivery_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_delivery")),
        sa.UniqueConstraint(
            "hook_id", "event", "cause_key", name=op.f("uq_hook_delivery_hook_id_event_cause_key")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_hook_delivery_token")),
    )
    op.create_index(
        "ix_hook_delivery_due", "hook_delivery", ["send_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    for column in ("client_id", "practice_id"):
        op.create_index(op.f(f"ix_hook_delivery_{column}"), "hook_delivery", [column])


def downgrade() -> None:
    op.drop_table("hook_delivery")
    op.drop_table("event_hook")
