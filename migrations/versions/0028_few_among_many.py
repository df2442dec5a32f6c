"""Indexes of few rows among many: texts that were never sent, and what answered a message.

Revision: 0028, after: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

FEW = (
    ("ix_message_absent", "message", ["practice_id", "client_id"], "status = 'absent'"),
    ("ix_reminder_in_reply_to", "reminder", ["in_reply_to_id"], "in_reply_to_id IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, columns, which in FEW:
        where = sa.text(which)
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _columns, _which in FEW:
        op.drop_index(name, table)
