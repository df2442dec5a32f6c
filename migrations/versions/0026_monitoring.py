"""Since when a client is monitored, and the minutes staff spent on it.

Revision: 0026, after: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

RUNNING = sa.text("ended_on IS NULL")


def upgrade() -> None:
    op.create_table(
        "monitoring",
        *_belonging("monitoring"),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("agreement", sa.String(200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        _to_user("monitoring", "user_id"),
    )
    op.create_index(op.f("ix_monitoring_practice_id"), "monitoring", ["practice_id"])
    op.create_index(op.f("ix_monitoring_client_id"), "monitoring", ["client_id"])
    op.create_index(
        "uq_monitoring_running",
        "monitoring",
        ["client_id"],
        unique=True,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_table(
        "monitoring_minutes",
        *_belonging("monitoring_minutes"),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activity", sa.String(24), nullable=False),
        sa.Column("note", sa.String(200), server_default="", nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("is_void", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(200), server_default="", nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_monitoring_minutes_ends_after_start")),
        _to_user("monitoring_minutes", "user_id"),
        _to_user("monitoring_minutes", "recorded_by_id"),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["monitoring_minutes.id"],
            name=op.f("fk_monitoring_minutes_replaces_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_monitoring_minutes_practice_id"), "monitoring_minutes", ["practice_id"])
    op.create_index("ix_monitoring_minutes_client_starts", "monitoring_minutes", ["client_id", "starts_at"])
    op.create_index("uq_monitoring_minutes_replaces", "monitoring_minutes", ["replaces_id"], unique=True)


def _belonging(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                [f"{owner}_id"], [f"{owner}.id"], name=op.f(f"fk_{table}_{owner}_id"), ondelete="CASCADE"
            )
            for owner in ("practice", "client")
        ),
    )


def _to_user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["user.id"], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    op.drop_table("monitoring_minutes")
    op.drop_table("monitoring")
