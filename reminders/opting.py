"""Opt-outs and opt-ins of a phone: for every practice of the installation, and for whatever is queued."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item, resolve
from care.consent import opt_in, opt_out
from care.models import AttentionKind, Client, ConsentSource
from care.withdrawal import replan_client, withdraw_texts

# The ledger keeps the words of the day, up to what a long text takes.
LONGEST_WORDING = 500


def clients_on(session: Session, phone_hash: str) -> list[Client]:
    """Everybody in this installation who uses the phone."""
    return list(session.scalars(select(Client).where(Client.phone_hash == phone_hash)))


def stop_texts(
    session: Session,
    practice_id: int,
    phone_hash: str,
    source: ConsentSource,
    now: datetime,
    message_id: int | None = None,
    wording: str = "STOP",
) -> Sequence[Client]:
    """The phone asked for no more texts: write it down, take back what is queued, tell staff."""
    clients = clients_on(session, phone_hash)
    opt_out(
        session,
        practice_id,
        phone_hash,
        source,
        now,
        client_ids=[client.id for client in clients],
        message_id=message_id,
        wording=wording[:LONGEST_WORDING],
    )
    for client in clients:
        withdraw_texts(session, client.id, "opted_out")
        raise_item(
            session,
            client.practice_id,
            AttentionKind.OPT_OUT,
            _cause(client),
            now,
            client_id=client.id,
            message_id=message_id if client.practice_id == practice_id else None,
        )
    return clients


def mirror_opt_out(session: Session, practice_id: int, phone_hash: str, now: datetime) -> None:
    """The provider blocks this phone because its owner opted out there: so do we."""
    wording = "The provider refused a text to this phone: it opted out there."
    stop_texts(session, practice_id, phone_hash, ConsentSource.PROVIDER, now, wording=wording)


def start_texts(
    session: Session,
    practice_id: int,
    phone_hash: str,
    now: datetime,
    message_id: int | None = None,
    wording: str = "START",
) -> set[int]:
    """The phone asked for texts again. Returns the clients whose texts that brings back."""
    clients = clients_on(session, phone_hash)
    back = opt_in(
        session,
        practice_id,
        phone_hash,
        ConsentSource.TEXT,
        now,
        client_ids=[client.id for client in clients],
        message_id=message_id,
        wording=wording[:LONGEST_WORDING],
    )
    for client in clients:
        if client.id in back:
            replan_client(session, client.id, now)
            resolve(session, client.practice_id, _cause(client), now, "They asked for the texts again.")
    return back


def _cause(client: Client) -> str:
    return f"opt_out:{client.id}"
