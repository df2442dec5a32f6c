"""What following up needs: alerts to users, settings of practices and clients, people's own readings.

Revision: 0002, after: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# (table, column, the table it points to)
REFERENCES = (
    ("reminder", "user_id", "user"),
    ("reply", "confirmed_by_id", "user"),
    ("user", "backup_id", "user"),
)
COLUMNS = {
    "attention_item": (
        ("snoozed_until", INSTANT, None),
        ("escalated_at", INSTANT, None),
    ),
    "client": (
        ("pause_reason", sa.String(16), None),
        ("texts_held_at", INSTANT, None),
        ("stop_told_at", INSTANT, None),
        ("letter", sa.String(1), None),
        ("thresholds", sa.JSON(), "{}"),
    ),
    "follow_up": (("health_words", sa.JSON(), "[]"),),
    "practice": (
        ("spread_minutes", sa.Integer(), "0"),
        ("part_price", sa.Integer(), None),
        ("currency", sa.String(3), "USD"),
        ("help_lines", sa.JSON(), "{}"),
        ("wording", sa.JSON(), "{}"),
    ),
    "rating": (("is_late", sa.Boolean(), sa.false()),),
    "reply": (
        ("did", sa.String(200), ""),
        ("corrections", sa.JSON(), "[]"),
        ("confirmed_at", INSTANT, None),
    ),
    "sender": (("troubles", sa.Integer(), "0"),),
    "user": (
        ("phone", sa.String(20), None),
        ("phone_hash", sa.String(64), None),
        ("alerts_agreed_at", INSTANT, None),
        ("alerts_wording", sa.String(), ""),
        ("on_call_days", sa.JSON(), "[0, 1, 2, 3, 4, 5, 6]"),
        ("on_call_from_time", sa.Time(), None),
        ("on_call_until_time", sa.Time(), None),
    ),
}


def upgrade() -> None:
    _create_mail()
    _create_client_links()
    for table, columns in COLUMNS.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, server_default=default, nullable=default is None))
    for table, name, target in REFERENCES:
        _add_reference(table, name, target)
    op.create_index(op.f("ix_user_phone_hash"), "user", ["phone_hash"])
    _index_reminders(["practice_id", "priority", "send_at"])
    op.drop_index("ix_reminder_client_sent", "reminder")
    op.create_index("ix_reminder_client_status", "reminder", ["client_id", "status", "sent_at"])


def downgrade() -> None:
    op.drop_index("ix_reminder_client_status", "reminder")
    op.create_index("ix_reminder_client_sent", "reminder", ["client_id", "sent_at"])
    _index_reminders(["priority", "send_at"])
    op.drop_index(op.f("ix_user_phone_hash"), "user")
    for table, name, _target in REFERENCES:
        if op.get_bind().dialect.name != "sqlite":
            op.drop_constraint(op.f(f"fk_{table}_{name}"), table, type_="foreignkey")
        op.drop_column(table, name)
    for table, columns in COLUMNS.items():
        for name, _kind, _default in columns:
            op.drop_column(table, name)
    op.drop_table("client_link")
    op.drop_table("mail")


def _index_reminders(columns: list[str]) -> None:
    """What waits is looked for practice by practice, so that none waits for another's thousands."""
    planned = sa.text("status = 'planned'")
    op.drop_index("ix_reminder_due", "reminder")
    op.create_index("ix_reminder_due", "reminder", columns, sqlite_where=planned, postgresql_where=planned)


def _add_reference(table: str, name: str, target: str) -> None:
    """SQLite can add a column with its reference, but no reference to a column; making the table anew,
    as Alembic would, drops the old one, and what hangs on its rows by a cascade goes with it.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f'ALTER TABLE "{table}" ADD COLUMN {name} INTEGER'
            f' CONSTRAINT fk_{table}_{name} REFERENCES "{target}" (id)'
        )
        return
    op.add_column(table, sa.Column(name, sa.Integer()))
    op.create_foreign_key(op.f(f"fk_{table}_{name}"), table, target, [name], ["id"])


def _create_mail() -> None:
    op.create_table(
        "mail",
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=80), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_mail_practice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_mail_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("practice_id", "dedupe_key", name=op.f("uq_mail_practice_id_dedupe_key")),
    )
    waiting = sa.text("status IN ('planned', 'sending')")
    op.create_index("ix_mail_due", "mail", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index(op.f("ix_mail_practice_id"), "mail", ["practice_id"])


def _create_client_links() -> None:
    op.create_table(
        "client_link",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_link_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_client_link_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_link")),
        sa.UniqueConstraint("token", name=op.f("uq_client_link_token")),
    )
    op.create_index(op.f("ix_client_link_client_id"), "client_link", ["client_id"])
    op.create_index(op.f("ix_client_link_practice_id"), "client_link", ["practice_id"])
