"""Receiving: store the message, find whose it is, read it, act on it, owe the answer. One transaction."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from care.db import Sessions
from care.models import (
    Client,
    ClientStatus,
    Direction,
    Message,
    Practice,
    Question,
    QuestionStatus,
    Sender,
)
from care.phones import PhoneBook
from reminders import wakeup
from reminders.acting import act
from reminders.segments import count_parts
from reminders.strangers import act_for_nobody

log = structlog.get_logger()


@dataclass(frozen=True)
class InboundText:
    """An inbound SMS as the provider posted it.

    `provider_confirms` tells that the provider itself answers a bare STOP or HELP, so we do not.
    """

    sid: str
    from_: str
    to: str
    service_sid: str | None
    body: str
    num_media: int
    opt_out_type: str | None
    provider_confirms: bool = False


def receive(sessions: Sessions, book: PhoneBook, inbound: InboundText, now: datetime) -> bool:
    """Take one message in. False when this sid was taken before: then nothing changes."""
    try:
        with sessions.begin() as session:
            is_new = _receive(session, book, inbound, now)
    except IntegrityError:
        # The same message on two connections at once: the other one has it.
        with sessions() as session:
            if _known(session, inbound.sid):
                return False
        raise
    if is_new:
        wakeup.ring()
    return is_new


def _receive(session: Session, book: PhoneBook, inbound: InboundText, now: datetime) -> bool:
    if _known(session, inbound.sid):
        return False
    practice = _find_practice(session, inbound)
    if practice is None:
        log.error("inbound_without_practice", sid=inbound.sid)
        return False
    phone_hash = book.hash(inbound.from_)
    client = _find_client(session, practice, phone_hash)
    message = Message(
        practice_id=practice.id,
        client_id=client.id if client else None,
        direction=Direction.IN,
        provider_sid=inbound.sid,
        phone=inbound.from_,
        phone_hash=phone_hash,
        body=inbound.body,
        segments=count_parts(inbound.body).parts,
        status="received",
        at=now,
        num_media=inbound.num_media,
    )
    session.add(message)
    session.flush()
    log.info("text_received", message=message.id, client=message.client_id)
    if client is None:
        act_for_nobody(session, practice, message, inbound.opt_out_type, now, inbound.provider_confirms)
    else:
        act(session, practice, client, message, inbound.opt_out_type, now, inbound.provider_confirms)
    return True


def _known(session: Session, sid: str) -> bool:
    return session.scalar(select(Message.id).where(Message.provider_sid == sid)) is not None


def _find_practice(session: Session, inbound: InboundText) -> Practice | None:
    """By the number or service that was written to; the first practice where it is nobody's."""
    addresses = [address for address in (inbound.to, inbound.service_sid) if address]
    found = session.scalar(
        select(Practice)
        .join(Sender, Sender.practice_id == Practice.id)
        .where(Sender.address.in_(addresses))
        .limit(1)
    )
    return found or session.scalar(select(Practice).order_by(Practice.id).limit(1))


def _find_client(session: Session, practice: Practice, phone_hash: str) -> Client | None:
    """The one client on this phone; of several, whoever was asked last."""
    clients = session.scalars(
        select(Client)
        .where(Client.practice_id == practice.id, Client.phone_hash == phone_hash)
        .options(joinedload(Client.practice))
        .order_by(Client.status != ClientStatus.ACTIVE, Client.id)
    ).all()
    if len(clients) < 2:
        return clients[0] if clients else None
    asked = session.scalar(
        select(Question.client_id)
        .where(
            Question.client_id.in_([client.id for client in clients]),
            or_(Question.status == QuestionStatus.OPEN, Question.answered_at.is_not(None)),
        )
        .order_by(Question.asked_at.desc())
        .limit(1)
    )
    return next((client for client in clients if client.id == asked), clients[0])
