"""An insert that may meet its own row: SQLite and PostgreSQL say it alike, each in its dialect."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from care.models import Base

Insert = sqlite.Insert | postgresql.Insert


def insert_into(session: Session, table: type[Base]) -> Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`, for the database at hand."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
