"""SQL compiled once for all databases of a worker, as a running installation compiles it once.

SQLAlchemy keeps compiled statements with the engine and tells dialects apart by object. Every test has
an engine of its own, so without this each compiled every statement anew: a quarter of the whole suite.
"""

from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from care import db

ROOM = 5_000

_kept: dict[str, Engine] = {}


def share_compiled_statements() -> None:
    """From now on `open_database` gives all engines of one kind one dialect and one cache."""
    db.create_engine = _create_engine


def _create_engine(url: str, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    kept = _kept.get(engine.name)
    if kept is not None and kept.dialect.server_version_info:  # it has met its database and knows it
        engine.dialect, engine._compiled_cache = kept.dialect, kept._compiled_cache
    else:
        engine._compiled_cache = LRUCache(ROOM)
        _kept[engine.name] = engine
    return engine
