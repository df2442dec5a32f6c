"""Erasing a client (GDPR article 17): every row of theirs goes, a proof without personal data stays.

What stays besides: the audit trail, which holds numbers alone, and the keyed hash of a phone that asked
for no more texts, so that it gets none if the same person comes again. Backups age out (docs/operations.md).
"""

from datetime import datetime

from sqlalchemy import Table, delete, exists, func, select, text
from sqlalchemy.orm import Session

from care import audit
from care.db import Database
from care.errors import Refused
from care.models import ApiCall, Base, Client, ClientMerge, Erasure, Message, Reminder, User

REASONS = {
    "asked": "The client asked for it",
    "retention": "The time for keeping records is over",
    "mistake": "They were entered by mistake",
}


def erase_client(session: Session, client: Client, reason: str, user: User, now: datetime) -> Erasure:
    """For good. The caller commits, then calls `forget_in_file`.

    Raises Refused for anyone but an admin, and without a reason of REASONS.
    """
    if not user.is_admin:
        raise Refused("Only an admin may erase a client.")
    if reason not in REASONS:
        raise Refused("Choose why the client is erased.")
    counts = {table.name: _count(session, table, client) for table in tables_of_clients()}
    _forget_strangers_texts(session, client)
    _forget_answers_to_programs(session, client)
    proof = Erasure(
        practice_id=client.practice_id,
        client_id=client.id,
        user_id=user.id,
        reason=reason,
        counts={name: count for name, count in counts.items() if count},
        at=now,
    )
    session.add(proof)
    audit.record(session, client.practice_id, "erase", "client", client.id, now, user)
    session.execute(delete(ClientMerge).where(ClientMerge.kept_id == client.id))
    session.execute(delete(Client).where(Client.id == client.id))
    session.expire_all()
    return proof


def forget_in_file(database: Database) -> None:
    """SQLite keeps what was written lately in a second file: empty that. Elsewhere there is nothing to do."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("COMMIT")
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def list_erasures(session: Session, practice_id: int) -> list[Erasure]:
    """Newest first."""
    proofs = select(Erasure).where(Erasure.practice_id == practice_id)
    return list(session.scalars(proofs.order_by(Erasure.at.desc(), Erasure.id.desc())))


def tables_of_clients() -> list[Table]:
    """Every table with rows that go with their client, which the database sees to."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name == Client.__tablename__ for key in table.foreign_keys)
    ]


def _count(session: Session, table: Table, client: Client) -> int:
    rows = select(func.count()).select_from(table).where(table.c.client_id == client.id)
    return session.scalar(rows) or 0


def _forget_strangers_texts(session: Session, client: Client) -> None:
    """What came from or went to the phone before it was anyone's, unless somebody else has it too."""
    if client.phone_hash is None:
        return
    others = exists().where(Client.phone_hash == client.phone_hash, Client.id != client.id)
    if session.scalar(select(others)):
        return
    session.execute(
        delete(Message).where(
            Message.practice_id == client.practice_id,
            Message.client_id.is_(None),
            Message.phone_hash == client.phone_hash,
        )
    )
    to_strangers = select(Reminder.id, Reminder.to_phone).where(
        Reminder.practice_id == client.practice_id, Reminder.client_id.is_(None), Reminder.user_id.is_(None)
    )
    theirs = [id for id, to_phone in session.execute(to_strangers) if to_phone == client.phone]
    session.execute(delete(Reminder).where(Reminder.id.in_(theirs)))


def _forget_answers_to_programs(session: Session, client: Client) -> None:
    """Kept for a day, they may hold the client's row."""
    calls = select(ApiCall).where(ApiCall.practice_id == client.practice_id)
    for call in session.scalars(calls).all():
        if client.id in (call.answer.get("client_id"), call.answer.get("id")):
            session.delete(call)
