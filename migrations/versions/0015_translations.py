"""What clients read of an exercise in any other language, in the place of four columns for Spanish.

Revision: 0015, after: 0014
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXTS = ("name_es", "cue_es", "caution_es")
COLUMNS = (
    ("name_es", sa.String(80), ""),
    ("cue_es", sa.String(200), ""),
    ("caution_es", sa.String(300), ""),
    ("steps_es", sa.JSON(), "[]"),
)
EXERCISE = sa.table(
    "exercise",
    sa.column("id", sa.Integer()),
    *(sa.column(name, kind) for name, kind, _default in COLUMNS),
    sa.column("translations", sa.JSON()),
)


def upgrade() -> None:
    op.add_column("exercise", sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"))
    spanish = [EXERCISE.c[name] for name, _kind, _default in COLUMNS]
    connection = op.get_bind()
    for row in connection.execute(sa.select(EXERCISE.c.id, *spanish)).all():
        words = {
            "name": row.name_es,
            "cue": row.cue_es,
            "caution": row.caution_es,
            "steps": _list(row.steps_es),
        }
        if any(words.values()):
            _write(row.id, translations={"es": words})
    for name, _kind, _default in COLUMNS:
        op.drop_column("exercise", name)


def downgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column("exercise", sa.Column(name, kind, nullable=False, server_default=default))
    connection = op.get_bind()
    for row in connection.execute(sa.select(EXERCISE.c.id, EXERCISE.c.translations)).all():
        words = row.translations.get("es") or {}
        if words:
            texts = {name: words.get(name.removesuffix("_es"), "") for name in TEXTS}
            _write(row.id, **texts, steps_es=_list(words.get("steps")))
    op.drop_column("exercise", "translations")


def _write(exercise_id: int, **values: Any) -> None:
    op.get_bind().execute(sa.update(EXERCISE).where(EXERCISE.c.id == exercise_id).values(values))


def _list(stored: object) -> list[Any]:
    found = json.loads(stored) if isinstance(stored, str) else stored
    return found if isinstance(found, list) else []
