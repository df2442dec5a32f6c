"""Where an exercise came from, under which licence, and whether it still waits for a therapist.

Revision: 0022, after: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TEXTS = (("came_from", 40), ("came_as", 60), ("licence", 80), ("author", 120))


def upgrade() -> None:
    for name, longest in TEXTS:
        op.add_column("exercise", sa.Column(name, sa.String(longest), nullable=False, server_default=""))
    op.add_column("exercise", sa.Column("came_at", sa.DateTime(timezone=True)))
    op.add_column(
        "exercise", sa.Column("is_waiting", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    for name in ("is_waiting", "came_at", *(name for name, _longest in TEXTS)):
        op.drop_column("exercise", name)
