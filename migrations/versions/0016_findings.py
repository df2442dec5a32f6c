"""What was measured and found at an assessment, and what was added to it later.

Revision: 0016, after: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("code", sa.String(120), nullable=False),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("value", sa.Numeric(6, 2), nullable=True),
        sa.Column("maximum", sa.Numeric(6, 2), nullable=True),
        sa.Column("pain", sa.Numeric(6, 2), nullable=True),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("traits", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        *_belonging("finding"),
        sa.UniqueConstraint(
            "assessment_id",
            "kind",
            "code",
            "side",
            "mode",
            name=op.f("uq_finding_assessment_id_kind_code_side_mode"),
        ),
    )
    op.create_index("ix_finding_practice_id", "finding", ["practice_id"])
    op.create_index("ix_finding_client_kind", "finding", ["client_id", "kind"])
    op.create_table(
        "addendum",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_belonging("addendum"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_addendum_user_id")),
    )
    for column in ("practice_id", "client_id", "assessment_id"):
        op.create_index(f"ix_addendum_{column}", "addendum", [column])


def downgrade() -> None:
    op.drop_table("addendum")
    op.drop_table("finding")


def _belonging(table: str) -> tuple[sa.Constraint, ...]:
    """To a practice, a client and an assessment, and gone with each of them."""
    parents = ("practice", "client", "assessment")
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                [f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_{table}_{parent}_id"), ondelete="CASCADE"
            )
            for parent in parents
        ),
    )
