"""What is due in the order it goes out: of two that may go at the same moment, what was due first.

Revision: 0011, after: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index(["practice_id", "priority", "send_at", "due_at"])


def downgrade() -> None:
    _index(["practice_id", "priority", "send_at"])


def _index(columns: list[str]) -> None:
    planned = sa.text("status = 'planned'")
    op.drop_index("ix_reminder_due", "reminder")
    op.create_index("ix_reminder_due", "reminder", columns, sqlite_where=planned, postgresql_where=planned)
