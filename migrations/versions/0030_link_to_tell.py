"""The address of a client's page that the first text of a new plan brings.

Revision: 0030, after: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("link_to_tell", sa.String(300)))


def downgrade() -> None:
    op.drop_column("client", "link_to_tell")
