"""What somebody is trained to give, and what waits for a colleague.

Revision: 0034, after: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("practice", sa.Column("scopes", sa.JSON(), server_default="{}", nullable=False))
    kind = sa.Column(
        "provider_kind", sa.String(length=24), server_default="physical_therapist", nullable=False
    )
    op.add_column("user", kind)
    if is_sqlite():
        # Adding the constraint apart would copy the table, which others refer to.
        op.execute(
            'ALTER TABLE "user" ADD COLUMN cosigner_id INTEGER'
            ' CONSTRAINT fk_user_cosigner_id REFERENCES "user" (id)'
        )
    else:
        op.add_column("user", sa.Column("cosigner_id", sa.Integer()))
        op.create_foreign_key(op.f("fk_user_cosigner_id"), "user", "user", ["cosigner_id"], ["id"])
    op.create_table(
        "cosign",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("exercise_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("signer_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_cosign_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_cosign_plan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercise.id"], name=op.f("fk_cosign_exercise_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_cosign_asked_by_id")),
        sa.ForeignKeyConstraint(["signer_id"], ["user.id"], name=op.f("fk_cosign_signer_id")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_cosign_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cosign")),
    )
    for column in ("client_id", "plan_id", "practice_id"):
        op.create_index(op.f(f"ix_cosign_{column}"), "cosign", [column])


def downgrade() -> None:
    op.drop_table("cosign")
    if not is_sqlite():
        op.drop_constraint(op.f("fk_user_cosigner_id"), "user", type_="foreignkey")
    op.drop_column("user", "cosigner_id")
    op.drop_column("user", "provider_kind")
    op.drop_column("practice", "scopes")


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
