"""A short code beside each link to a client's own page, to be typed from paper.

Revision: 0039, after: 0038
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

LETTERS = "bcdfghjkmnpqrstvwxyz23456789"
link = sa.table("client_link", sa.column("id", sa.Integer), sa.column("code", sa.String))


def upgrade() -> None:
    op.add_column("client_link", sa.Column("code", sa.String(12), nullable=True))
    connection = op.get_bind()
    codes = [
        {"link": id, "new": "".join(secrets.choice(LETTERS) for _ in range(12))}
        for id in connection.scalars(sa.select(link.c.id)).all()
    ]
    if codes:
        put = sa.update(link).where(link.c.id == sa.bindparam("link")).values(code=sa.bindparam("new"))
        connection.execute(put, codes)
    with op.batch_alter_table("client_link") as batch:
        batch.alter_column("code", existing_type=sa.String(12), nullable=False)
        batch.create_unique_constraint(op.f("uq_client_link_code"), ["code"])


def downgrade() -> None:
    with op.batch_alter_table("client_link") as batch:
        batch.drop_constraint(op.f("uq_client_link_code"), type_="unique")
        batch.drop_column("code")
