"""For whom consent to share counts, and who gave it.

Revision: 0023, after: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent_event", sa.Column("recipient", sa.String(120), server_default="", nullable=False))
    op.add_column("consent_event", sa.Column("given_by", sa.String(80), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("consent_event", "given_by")
    op.drop_column("consent_event", "recipient")
