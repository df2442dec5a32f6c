"""When a plan of a template is done, and what follows.

Revision: 0024, after: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NUMBERS = ("weeks", "ask_days", "next_visit_days")


def upgrade() -> None:
    op.add_column("template", sa.Column("days", sa.String(24)))
    op.add_column("template", sa.Column("times", sa.JSON(), server_default="[]", nullable=False))
    for name in NUMBERS:
        op.add_column("template", sa.Column(name, sa.Integer()))


def downgrade() -> None:
    for name in (*reversed(NUMBERS), "times", "days"):
        op.drop_column("template", name)
