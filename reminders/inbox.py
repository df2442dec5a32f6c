"""Receiving: store the message, find whose it is, read it, act on it, owe the answer. One transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import chain, count
from threading import Lock

import structlog
from sqlalchemy import Connection, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from care.db import Sessions
from care.models import Direction, Message
from care.phones import PhoneBook
from reminders import wakeup
from reminders.acting import act
from reminders.automatic import can_be_answered
from reminders.given import table_of
from reminders.incoming import Arrival, InboundText, Stored
from reminders.known import Known, look_up
from reminders.segments import count_parts
from reminders.shared_phones import (
    Addressed,
    act_for_several,
    addressed,
    split_by_letter,
    take_up,
    with_letters,
)
from reminders.strangers import act_for_nobody, keep_unanswered

__all__ = ["InboundText", "receive"]

log = structlog.get_logger()
_turn = Lock()


def receive(sessions: Sessions, book: PhoneBook, inbound: InboundText, now: datetime) -> bool:
    """Take one message in. False when this sid was taken before: then nothing changes."""
    with _in_turn(sessions), sessions.begin() as session:
        is_new = _receive(session, book, inbound, now)
    if is_new:
        wakeup.ring()
    return is_new


def _in_turn(sessions: Sessions) -> AbstractContextManager[object]:
    """On SQLite, whose one pen goes to whoever asks at the right moment: those who wait for it in vain
    sleep longer and longer. Threads of one process queue up instead.
    """
    return _turn if sessions.kw["bind"].dialect.name == "sqlite" else nullcontext()


def _receive(session: Session, book: PhoneBook, inbound: InboundText, now: datetime) -> bool:
    phone_hash = book.hash(inbound.from_)
    connection = session.connection()
    known = look_up(connection, inbound.to, inbound.service_sid, phone_hash, now)
    if known is None:
        log.error("inbound_without_practice", sid=inbound.sid)
        return False
    known = with_letters(session, known)
    letters = [one.letter.lower() for one in known.clients if one.letter]
    parts = split_by_letter(inbound.body, letters) if letters else [inbound.body]
    # Several answers in one text are kept as one message each, as a message is one client's.
    taken = [
        _take(session, known, phone_hash, replace(inbound, sid=sid, body=part), now)
        for sid, part in zip(_sids(inbound.sid), parts, strict=False)
    ]
    return taken[0]


def _sids(sid: str) -> Iterator[str]:
    """The text's own for the first part, so that a second delivery is known by it."""
    return chain([sid], (f"{sid}-{number}" for number in count(2)))


def _take(session: Session, known: Known, phone_hash: str, inbound: InboundText, now: datetime) -> bool:
    connection = session.connection()
    to = addressed(known, inbound.body)
    stored = _store(connection, known, to, phone_hash, inbound, now)
    if stored is None:
        return False
    log.info("text_received", message=stored.id, client=stored.client_id)
    arrival = Arrival(session, connection, known.practice, stored, to.said, inbound, now)
    if not can_be_answered(inbound.from_):
        keep_unanswered(arrival, [to.client] if to.client else known.clients)
    elif to.client is not None:
        said = to.said or take_up(arrival, to.client)
        act(replace(arrival, said=said), to.client, known.standings[to.client.id])
    elif known.clients:
        act_for_several(arrival, known)
    else:
        act_for_nobody(arrival)
    return True


def _store(
    connection: Connection, known: Known, to: Addressed, phone_hash: str, inbound: InboundText, now: datetime
) -> Stored | None:
    """None when the sid is known. Two deliveries at once: the second waits for the first, and finds it."""
    client_id = to.client.id if to.client else None
    row = {
        "practice_id": known.practice.id,
        "client_id": client_id,
        "direction": Direction.IN,
        "provider_sid": inbound.sid,
        "phone": inbound.from_[:20],
        "phone_hash": phone_hash,
        "body": inbound.body,
        "segments": count_parts(inbound.body).parts,
        "status": "received",
        "at": now,
        "num_media": inbound.num_media,
    }
    id = connection.execute(_new_message(connection.dialect.name), row).scalar()
    return None if id is None else Stored(id, client_id, inbound.from_, phone_hash, inbound.body)


@cache
def _new_message(dialect: str) -> Executable:
    table = table_of(Message)
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return insert.on_conflict_do_nothing(index_elements=["provider_sid"]).returning(table.c.id)
