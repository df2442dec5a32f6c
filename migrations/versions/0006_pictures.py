"""Who approved the picture of an exercise, so that clients may see it.

Revision: 0006, after: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exercise", sa.Column("picture_approved_at", sa.DateTime(timezone=True)))
    if op.get_bind().dialect.name == "sqlite":
        # The reference comes with the column: making the table anew would empty what hangs on it.
        op.execute(
            "ALTER TABLE exercise ADD COLUMN picture_approved_by_id INTEGER"
            ' CONSTRAINT fk_exercise_picture_approved_by_id REFERENCES "user" (id)'
        )
        return
    op.add_column("exercise", sa.Column("picture_approved_by_id", sa.Integer()))
    op.create_foreign_key(
        op.f("fk_exercise_picture_approved_by_id"), "exercise", "user", ["picture_approved_by_id"], ["id"]
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("fk_exercise_picture_approved_by_id"), "exercise", type_="foreignkey")
    op.drop_column("exercise", "picture_approved_by_id")
    op.drop_column("exercise", "picture_approved_at")
