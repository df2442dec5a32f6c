"""Databases whose fields are sealed, and what really stands in their columns."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from care.db import Database, open_database
from care.key_ring import KeyRing

# The same in every test, so that what is compiled for them is compiled once.
OLD, NEW = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@contextmanager
def opened_with(database: Database, *keys: str, seals: bool = True) -> Iterator[Database]:
    """The same rows through another list of keys."""
    url = database.engine.url.render_as_string(hide_password=False)
    sealed = open_database(url, KeyRing(keys, seals))
    yield sealed
    sealed.dispose()


def stored(database: Database, table: str, column: str) -> list[str]:
    """As somebody with the file alone sees it."""
    with database.engine.connect() as connection:
        rows = connection.execute(text(f'SELECT CAST({column} AS TEXT) FROM "{table}" ORDER BY id'))
        return [row[0] for row in rows]
