"""Alembic asks here what to run against; `care.migrating` hands the connection over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Enum

from care.models import Base
from care.models.base import Score, UtcDateTime


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Migrations name plain column types, so they never depend on today's models."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Score):
        return "sa.Numeric(6, 2)"
    if kind == "type" and isinstance(item, Enum):
        return "sa.String(24)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
