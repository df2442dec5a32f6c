"""Writing sealed fields anew under the first key of the list, or plain, while everything else runs."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Integer,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    select,
    table,
    update,
)

from care import field_keys
from care.db import Database
from care.erasing import forget_in_file
from care.key_ring import KeyRing
from care.sealed_fields import Sealed, SealedWords, ring_of

AT_A_TIME = 200
# What was locked at the moment of one pass is met by the next.
PASSES = 5


@dataclass(frozen=True)
class Resealed:
    """How many rows were written anew, and how many are still as they were."""

    rows: int
    left: int


def reseal(database: Database) -> Resealed:
    """Every row that is not as the list of keys says. Broken off, it goes on where it was.

    A few rows are one transaction; between two, whoever else waits to write has as long. Raises KeyMissing.
    """
    ring, rows = ring_of(database.engine.dialect), 0
    for _ in range(PASSES):
        rows += sum(_reseal_table(database, one, ring) for one in field_keys.sealed_tables())
        with database.reading() as session:
            left = field_keys.count_others(session, ring)
        if not left:
            with database.sessions.begin() as session:
                field_keys.keep(session, (ring.first,) if ring.first else ())
            break
    forget_in_file(database)
    return Resealed(rows, left)


def _reseal_table(database: Database, of: Table, ring: KeyRing) -> int:
    """Whoever still seals with another key writes rows as fast as we do: new ones wait for the next pass."""
    writing = _writing(of, database.engine.dialect.name)
    with database.reading() as session:
        end = session.scalar(select(func.max(of.c.id))) or 0
    last_id, rows = 0, 0
    while ids := _next_ids(database, of, ring, last_id, end):
        began = time.monotonic()
        with database.sessions.begin() as session:
            wanted = _stored(of).where(of.c.id.in_(ids)).order_by(of.c.id)
            # Never waits for a row somebody holds, so nobody can wait for us in a circle.
            found = session.execute(wanted.with_for_update(of=of, skip_locked=True)).all()
            if found:
                session.connection().execute(writing, [_anew(of, row, ring) for row in found])
        last_id, rows = ids[-1], rows + len(found)
        time.sleep(time.monotonic() - began)
    return rows


def _next_ids(database: Database, of: Table, ring: KeyRing, last_id: int, end: int) -> Sequence[int]:
    wanted = select(of.c.id).where(of.c.id > last_id, of.c.id <= end, field_keys.is_other(of, ring))
    with database.reading() as session:
        return session.scalars(wanted.order_by(of.c.id).limit(AT_A_TIME)).all()


def _stored(of: Table) -> Select[Any]:
    columns = field_keys.sealed_tables()[of]
    return select(of.c.id, *(field_keys.raw(one).label(one.name) for one in columns))


def _anew(of: Table, row: Any, ring: KeyRing) -> dict[str, Any]:
    """The values of one row, sealed by the first key, by the names of `_writing`."""
    columns = field_keys.sealed_tables()[of]
    values = {f"new_{one.name}": _value(one, row._mapping[one.name], ring) for one in columns}
    return values | {"row_id": row.id}


def _value(of: Column[object], stored: str | None, ring: KeyRing) -> str | None:
    if stored is None:
        return None
    if isinstance(of.type, Sealed):
        return ring.seal(ring.open(stored))
    value = json.loads(stored)
    if isinstance(of.type, SealedWords):
        words = of.type.names
        return json.dumps({name: _words(one, ring) if name in words else one for name, one in value.items()})
    opened = ring.open(value) if isinstance(value, str) else stored
    return opened if value is None or ring.first is None else json.dumps(ring.seal(opened))


def _words(value: object, ring: KeyRing) -> object:
    return ring.seal(ring.open(value)) if isinstance(value, str) else value


def _writing(of: Table, dialect: str) -> Update:
    """Past the types of the columns, which would seal what is sealed."""
    columns = field_keys.sealed_tables()[of]
    stored = table(of.name, column("id", Integer), *(column(one.name) for one in columns))
    values: dict[str, Any] = {}
    for one in columns:
        new = bindparam(f"new_{one.name}", type_=Text)
        is_text = isinstance(one.type, Sealed) or dialect == "sqlite"
        values[one.name] = new if is_text else cast(new, JSON)
    return update(stored).where(stored.c.id == bindparam("row_id", type_=Integer)).values(values)
