"""SQL compiled once for all databases of a worker, as a running installation compiles it once.

SQLAlchemy keeps compiled statements with the engine and tells dialects apart by object. Every test has
an engine of its own, so without this each compiled every statement anew: a quarter of the whole suite.
"""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, create_engine
from sqlalchemy.util import LRUCache

from care import db
from care.key_ring import OFF, KeyRing
from care.sealed_fields import seal_with

ROOM = 5_000

_kept: dict[tuple[str, KeyRing], Engine] = {}
_own: WeakKeyDictionary[Engine, tuple[Dialect, LRUCache[Any, Any]]] = WeakKeyDictionary()


def share_compiled_statements() -> None:
    """From now on `open_database` gives engines of one kind and one key ring one dialect and one cache."""
    db.create_engine = _create_engine
    db.seal_with = _seal_with


def _create_engine(url: str, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    engine._compiled_cache = LRUCache(ROOM)
    _own[engine] = engine.dialect, engine._compiled_cache
    _share(engine, OFF)
    return engine


def _seal_with(engine: Engine, ring: KeyRing) -> None:
    """What was compiled for databases without keys would not seal."""
    engine.dialect, engine._compiled_cache = _own[engine]
    if _kept[engine.name, OFF] is engine:
        del _kept[engine.name, OFF]
    seal_with(engine, ring)
    _share(engine, ring)


def _share(engine: Engine, ring: KeyRing) -> None:
    kept = _kept.get((engine.name, ring))
    if kept is not None and kept.dialect.server_version_info:  # it has met its database and knows it
        engine.dialect, engine._compiled_cache = kept.dialect, kept._compiled_cache
    else:
        _kept[engine.name, ring] = engine
