"""How long the words of texts are kept, and when those of a text were removed.

Revision: 0025, after: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("practice", sa.Column("texts_kept_days", sa.Integer()))
    op.add_column("message", sa.Column("emptied_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("message", "emptied_at")
    op.drop_column("practice", "texts_kept_days")
