"""Room for what is sealed, which is longer than what was typed.

SQLite takes any length into any column; PostgreSQL changes its catalog alone and writes no row anew.

Revision: 0038, after: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

# Table, column, and how long it was.
SEALED = (
    ("user", "phone", 20),
    ("client", "phone", 20),
    ("goal", "text", 200),
    ("precaution", "note", 200),
    ("message", "phone", 20),
    ("reminder", "to_phone", 20),
    ("reminder", "body", 1600),
    ("attention_item", "note", 500),
    ("reply", "did", 200),
    ("episode", "complaint", 120),
    ("episode", "discharge_reason", 200),
    ("visit", "complaint", 200),
    ("finding", "note", 200),
    ("assignment", "note", 300),
    ("cosign", "reason", 200),
    ("follow_up", "body", 320),
    ("outside_program", "provider", 120),
    ("outside_program", "address", 300),
    ("monitoring", "agreement", 200),
    ("monitoring_minutes", "note", 200),
    ("monitoring_minutes", "reason", 200),
    ("share_link", "question", 300),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column, _length in SEALED:
            op.alter_column(table, column, type_=sa.String())


def downgrade() -> None:
    """Fails on PostgreSQL while anything is sealed: `homestretch keys rotate` opens it first."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column, length in SEALED:
            op.alter_column(table, column, type_=sa.String(length))
