"""Every text the installation would send between two instants, without sending any."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from care.errors import Refused
from care.merging import merged_from
from care.models import Client, ClientStatus, Practice, ReminderKind
from care.phones import PhoneBook
from care.practices import practice_now
from reminders.answers_waiting import answers_waiting
from reminders.letters import Letter
from reminders.preview import NO_BOOK, PlannedText, upcoming
from reminders.segments import count_parts

SECONDS_A_DAY = 86_400


def planned_texts(
    session: Session,
    since: datetime,
    until: datetime,
    client_ref: str | None = None,
    now: datetime | None = None,
    book: PhoneBook = NO_BOOK,
) -> list[dict[str, Any]]:
    """Soonest first: when (UTC and the client's clock), to whom (a reference), what kind, why, the words.

    Beside what plans lay out there is what waits to go out in answer to somebody, or to alert a user: then
    `client` may be None, `user` says who gets it, and the clock is the practice's.

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
        _line(text.at, text.local, text.kind, text.why, text.body, client=client.token)
        for client in found
        for text in _from_now_on(session, client, since, until, now)
        if since <= text.at < until
    ]
    one = found[0] if client_ref is not None else None
    answers = [
        _of_an_answer(session, at, letter)
        for at, letter in answers_waiting(session, book, now, until, one)
        if since <= at < until
    ]
    return sorted(texts + answers, key=lambda text: (text["at"], text["client"] or ""))


def _line(
    at: datetime,
    local: datetime,
    kind: ReminderKind,
    why: Sequence[str],
    body: str,
    *,
    client: str | None = None,
    user: int | None = None,
) -> dict[str, Any]:
    return {
        "at": at.isoformat().replace("+00:00", "Z"),
        "local": f"{local:%Y-%m-%d %H:%M}",
        "client": client,
        "user": user,
        "kind": kind.value,
        "why": list(why),
        "parts": count_parts(body).parts,
        "body": body,
    }


def _of_an_answer(session: Session, at: datetime, letter: Letter) -> dict[str, Any]:
    first = letter.first
    client = session.get(Client, first.client_id) if first.client_id is not None else None
    to_client = client if first.kind is not ReminderKind.ALERT else None
    zone = to_client.timezone if to_client else session.get_one(Practice, first.practice_id).timezone
    return _line(
        at,
        at.astimezone(ZoneInfo(zone)),
        first.kind,
        [first.dedupe_key],
        letter.body,
        client=to_client.token if to_client else None,
        user=first.user_id,
    )


def _from_now_on(
    session: Session, client: Client, since: datetime, until: datetime, now: datetime | None
) -> list[PlannedText]:
    begin = since if now is None else min(since, practice_now(client.practice, now))
    days = ceil((until - begin).total_seconds() / SECONDS_A_DAY)
    return upcoming(session, client, begin, days)
