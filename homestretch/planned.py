"""Every text the installation would send between two instants, without sending any."""

from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from care.errors import Refused
from care.merging import merged_from
from care.models import Client, ClientStatus
from care.practices import practice_now
from reminders.preview import PlannedText, upcoming

SECONDS_A_DAY = 86_400


def planned_texts(
    session: Session,
    since: datetime,
    until: datetime,
    client_ref: str | None = None,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """Soonest first: when (UTC and the client's clock), to whom (a reference), what kind, why, the words.

    Days that begin after `now` are reached by living through those before, which use things up: a text
    that waits today has gone by then. Raises Refused for a reference nobody has.
    """
    clients = select(Client).where(Client.status == ClientStatus.ACTIVE).options(joinedload(Client.practice))
    if client_ref is not None:
        clients = clients.where(or_(Client.token == client_ref, Client.id.in_(merged_from(client_ref))))
    found = session.scalars(clients.order_by(Client.id)).all()
    if client_ref is not None and not found:
        raise Refused(f"There is no active client with the reference {client_ref}.")
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
        for text in _from_now_on(session, client, since, until, now)
        if since <= text.at < until
    ]
    return sorted(texts, key=lambda text: (text["at"], text["client"]))


def _from_now_on(
    session: Session, client: Client, since: datetime, until: datetime, now: datetime | None
) -> list[PlannedText]:
    begin = since if now is None else min(since, practice_now(client.practice, now))
    days = ceil((until - begin).total_seconds() / SECONDS_A_DAY)
    return upcoming(session, client, begin, days)
