"""A chain over the audit trail, and which page a refusal was at.

Revision: 0020, after: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_entry") as batch:
        batch.add_column(sa.Column("detail", sa.String(length=80), server_default="", nullable=False))
        batch.add_column(sa.Column("seq", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
        batch.create_unique_constraint(op.f("uq_audit_entry_practice_id_seq"), ["practice_id", "seq"])
        batch.create_index("ix_audit_subject", ["practice_id", "subject", "subject_id"])


def downgrade() -> None:
    with op.batch_alter_table("audit_entry") as batch:
        batch.drop_index("ix_audit_subject")
        batch.drop_constraint(op.f("uq_audit_entry_practice_id_seq"), type_="unique")
        for column in ("hash", "seq", "detail"):
            batch.drop_column(column)
