"""Every text the installation would send between two instants, without sending any."""

from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from care.errors import Refused
from care.models import Client, ClientStatus
from reminders.preview import upcoming

SECONDS_A_DAY = 86_400


def planned_texts(
    session: Session, since: datetime, until: datetime, client_ref: str | None = None
) -> list[dict[str, Any]]:
    """Soonest first: when (UTC and the client's clock), to whom (a reference), what kind, why, the words.

    Raises Refused for a reference nobody has.
    """
    clients = select(Client).where(Client.status == ClientStatus.ACTIVE).options(joinedload(Client.practice))
    if client_ref is not None:
        clients = clients.where(Client.token == client_ref)
    found = session.scalars(clients.order_by(Client.id)).all()
    if client_ref is not None and not found:
        raise Refused(f"There is no active client with the reference {client_ref}.")
    days = ceil((until - since).total_seconds() / SECONDS_A_DAY)
    texts = [
        {
            "at": text.at.isoformat().replace("+00:00", "Z"),
            "local": f"{text.local:%Y-%m-%d %H:%M}",
            "client": client.token,
            "kind": text.kind.value,
            "why": list(text.why),
            "parts": text.parts.parts,
            "body": text.body,
        }
        for client in found
        for text in upcoming(session, client, since, days)
        if text.at < until
    ]
    return sorted(texts, key=lambda text: (text["at"], text["client"]))
