"""A process that runs without a key that is in use: noted in the database, so that others can say so."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from care.models import Installation
from care.upsert import insert_into

FACT = "lacks_field_key"
# Noted every minute as long as it is so.
CURRENT = timedelta(seconds=150)
# There is room for so many, and more are no more telling.
MOST_NAMED = 5


@dataclass(frozen=True)
class Lacking:
    """Which process it is (host and number), and the ids of the keys."""

    process: str
    ids: tuple[str, ...]


def note(session: Session, process: str, ids: Collection[str], now: datetime) -> None:
    value = json.dumps({"process": process, "ids": sorted(ids)[:MOST_NAMED], "at": now.isoformat()})
    row = insert_into(session, Installation).values(name=FACT, value=value)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def forget(session: Session) -> None:
    """As a process starts that has every key: another that still lacks one says so within a minute."""
    session.execute(delete(Installation).where(Installation.name == FACT))


def last_known(session: Session, now: datetime) -> Lacking | None:
    """None where no process said so lately."""
    kept = session.get(Installation, FACT, populate_existing=True)
    if kept is None:
        return None
    said = json.loads(kept.value)
    if now - datetime.fromisoformat(said["at"]) > CURRENT:
        return None
    return Lacking(said["process"], tuple(said["ids"]))
