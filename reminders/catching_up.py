"""Answers that reached the provider while we could not be reached: fetched from its list, not lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.db import Sessions
from care.key_ring import KeyMissing
from care.models import AttentionKind, Client, Installation, Message
from care.phones import PhoneBook
from reminders.gateway import ProviderMessage
from reminders.inbox import InboundText, receive
from reminders.missing_keys import MissingKeys

log = structlog.get_logger()

FACT = "inbound_seen_until"
LISTED = 5_000
# Webhooks are repeated for some minutes, and the provider's list may lag behind them.
OVERLAP = timedelta(minutes=15)
NOT_TAKEN = "They sent a text that could not be taken in. It is in the provider's list of messages."


def missed_since(session: Session, now: datetime) -> datetime | None:
    """From when on to look. None on the very first call: what came before us is not ours to answer."""
    kept = session.get(Installation, FACT)
    if kept is None:
        session.add(Installation(name=FACT, value=now.isoformat()))
        return None
    # A clock that was ahead and is set back must not hide what came meanwhile.
    return min(datetime.fromisoformat(kept.value), now) - OVERLAP


def take_missed(
    sessions: Sessions,
    book: PhoneBook,
    listed: Sequence[ProviderMessage],
    now: datetime,
    *,
    is_real: bool,
    missing_keys: MissingKeys,
    public_url: str = "",
) -> int:
    """Receive what no webhook brought, oldest first, each as of when it came. Returns how many.

    The account may serve others too, so only texts from our clients' phones are taken. One that cannot
    be taken keeps back nobody else's: a person learns of it, or, where only a key is missing here, the list
    is read from the same moment on again.
    """
    with sessions() as session:
        ours = _from_clients(session, book, listed)
    taken, lacks_key = 0, False
    for one in sorted(ours, key=lambda message: message.created_at or now):
        at = min(one.created_at or now, now)
        text = InboundText(one.sid, one.from_, one.to, None, one.body, 0, None, is_real, public_url)
        try:
            taken += receive(sessions, book, text, at)
        except KeyMissing as missing:
            missing_keys.met(missing, "catch_up")
            lacks_key = True
        except Exception:
            log.exception("missed_text_not_taken", sid=one.sid)
            _tell_staff(sessions, book, one, now)
    if len(listed) < LISTED and not lacks_key:
        with sessions.begin() as session:
            session.get_one(Installation, FACT).value = now.isoformat()
    if taken:
        log.warning("missed_texts_received", count=taken)
    return taken


def _tell_staff(sessions: Sessions, book: PhoneBook, one: ProviderMessage, now: datetime) -> None:
    """Whoever shares the phone. Where even this fails, the list is read from the same moment on again."""
    with sessions.begin() as session:
        clients = select(Client).where(Client.phone_hash == book.hash(one.from_))
        for client in session.scalars(clients).all():
            raise_item(
                session,
                client.practice_id,
                AttentionKind.UNREADABLE,
                f"not_taken:{client.id}:{one.sid}",
                now,
                client_id=client.id,
                details={"what": NOT_TAKEN},
            )


def _from_clients(
    session: Session, book: PhoneBook, listed: Sequence[ProviderMessage]
) -> list[ProviderMessage]:
    sids = [one.sid for one in listed]
    known = set(session.scalars(select(Message.provider_sid).where(Message.provider_sid.in_(sids))))
    fresh = {one.sid: book.hash(one.from_) for one in listed if one.sid not in known}
    clients = set(
        session.scalars(select(Client.phone_hash).where(Client.phone_hash.in_(set(fresh.values()))))
    )
    return [one for one in listed if one.sid in fresh and fresh[one.sid] in clients]
