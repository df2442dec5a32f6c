"""Consent to texts, which belongs to a client and a phone, and opt-outs, which belong to the phone alone."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, func, select
from sqlalchemy.orm import Session

from care.errors import Refused
from care.languages import WORDS, phrase
from care.models import (
    Client,
    ConsentAction,
    ConsentEvent,
    ConsentPurpose,
    ConsentSource,
    Message,
    OptOut,
    User,
)
from care.upsert import insert_into


def texting_wording(language: str) -> str:
    """What is read to the client, or stands above their signature. The ledger keeps the words of the day."""
    return phrase(WORDS, "consent", language)


@dataclass(frozen=True)
class _Word:
    """What was said about texting, how it reached us, and who or which message brought it."""

    action: ConsentAction
    wording: str
    source: ConsentSource
    at: datetime
    user_id: int | None = None
    message_id: int | None = None


def give_texting_consent(
    session: Session,
    client: Client,
    wording: str,
    source: ConsentSource,
    now: datetime,
    user: User | None = None,
) -> ConsentEvent:
    """Consent for the client's phone of today. A phone that opted out is beyond what staff can undo."""
    if client.phone_hash is None:
        raise Refused("Add a phone before recording consent to texts.")
    if not wording.strip():
        raise Refused("Record the words the client agreed to.")
    if is_opted_out(session, client.phone_hash):
        raise Refused("This phone opted out of texts; only the client can undo that, by texting START.")
    word = _Word(ConsentAction.GIVEN, wording, source, now, user_id=user.id if user else None)
    return _write(session, client.practice_id, client.id, client.phone_hash, word)


def withdraw_texting_consent(
    session: Session,
    client: Client,
    wording: str,
    source: ConsentSource,
    now: datetime,
    user: User | None = None,
    message: Message | None = None,
) -> ConsentEvent:
    """Always possible, in whatever words, also without a phone."""
    word = _Word(
        ConsentAction.WITHDRAWN,
        wording,
        source,
        now,
        user_id=user.id if user else None,
        message_id=message.id if message else None,
    )
    return _write(session, client.practice_id, client.id, client.phone_hash, word)


def has_texting_consent(session: Session, client: Client) -> bool:
    return client.id in consenting_clients(session, [client.id])


def consenting_clients(session: Session, client_ids: Collection[int]) -> set[int]:
    """Who of them may be texted, in one query.

    The client's last word on texting must be a yes, given for the phone they have now, and that
    phone must not have opted out. A yes for an earlier phone does not come back with the number.
    """
    return set(session.scalars(is_consenting(Client.id.in_(client_ids)))) if client_ids else set()


def is_consenting(among: ColumnElement[bool]) -> Select[int]:
    """`consenting_clients` as a part of other questions."""
    last_word = (
        select(ConsentEvent.id)
        .where(ConsentEvent.client_id == Client.id, ConsentEvent.purpose == ConsentPurpose.TEXTING)
        .order_by(ConsentEvent.at.desc(), ConsentEvent.id.desc())
        .limit(1)
        .correlate(Client)
        .scalar_subquery()
    )
    return (
        select(Client.id)
        .join(ConsentEvent, ConsentEvent.id == last_word)
        .where(
            among,
            ConsentEvent.action == ConsentAction.GIVEN,
            ConsentEvent.phone_hash == Client.phone_hash,
            ~exists().where(OptOut.phone_hash == Client.phone_hash),
        )
    )


def list_consent_events(session: Session, client: Client) -> list[ConsentEvent]:
    """Newest first."""
    events = select(ConsentEvent).where(ConsentEvent.client_id == client.id)
    return list(session.scalars(events.order_by(ConsentEvent.at.desc(), ConsentEvent.id.desc())))


def opt_out(
    session: Session,
    practice_id: int,
    phone_hash: str,
    source: ConsentSource,
    now: datetime,
    *,
    client_ids: Collection[int],
    message_id: int | None = None,
    wording: str = "STOP",
) -> None:
    """No more texts to this phone, from any practice: its clients who had said yes have withdrawn.

    Twice is harmless, and the first time stays on record. `client_ids` may be of several practices;
    only those of `practice_id`, which got the message, are linked to it.
    """
    row = insert_into(session, OptOut).values(phone_hash=phone_hash, at=now, source=source)
    session.execute(row.on_conflict_do_nothing())
    word = _Word(ConsentAction.WITHDRAWN, wording, source, now, message_id=message_id)
    for last in _last_words(session, client_ids):
        if last.action is ConsentAction.GIVEN:
            _answer(session, last, phone_hash, word, practice_id)


def opt_in(
    session: Session,
    practice_id: int,
    phone_hash: str,
    source: ConsentSource,
    now: datetime,
    *,
    client_ids: Collection[int],
    message_id: int | None = None,
    wording: str = "START",
) -> set[int]:
    """The phone asks for texts again, which only its holder can. Returns whose consent that brings back.

    It brings back what an opt-out took. Someone who never consented, or whose no was given to a
    user, is not signed up by whoever else uses the phone: staff may now record their consent. One that was
    sent before the opt-out and reaches us late undoes nothing.
    """
    theirs = OptOut.phone_hash == phone_hash
    if session.scalar(select(OptOut.phone_hash).where(theirs, OptOut.at > now)) is not None:
        return set()
    session.execute(delete(OptOut).where(theirs))
    word = _Word(ConsentAction.GIVEN, wording, source, now, message_id=message_id)
    taken = [
        last
        for last in _last_words(session, client_ids)
        if (last.action, last.phone_hash, last.user_id) == (ConsentAction.WITHDRAWN, phone_hash, None)
    ]
    for last in taken:
        _answer(session, last, phone_hash, word, practice_id)
    return {last.client_id for last in taken}


def is_opted_out(session: Session, phone_hash: str) -> bool:
    return bool(opted_out(session, [phone_hash]))


def opted_out(session: Session, phone_hashes: Collection[str]) -> set[str]:
    """Which of these phones asked for no more texts, in one query; in none where there are no phones."""
    if not phone_hashes:
        return set()
    return set(session.scalars(select(OptOut.phone_hash).where(OptOut.phone_hash.in_(phone_hashes))))


def _last_words(session: Session, client_ids: Collection[int]) -> list[ConsentEvent]:
    """The latest texting event of each client that has one."""
    events = (
        select(ConsentEvent)
        .where(ConsentEvent.client_id.in_(client_ids), ConsentEvent.purpose == ConsentPurpose.TEXTING)
        .order_by(ConsentEvent.at, ConsentEvent.id)
    )
    return list({event.client_id: event for event in session.scalars(events)}.values())


def _answer(session: Session, last: ConsentEvent, phone_hash: str, word: _Word, practice_id: int) -> None:
    """The next word of the same client. A message stays within the practice it was sent to."""
    if last.practice_id != practice_id:
        word = replace(word, message_id=None)
    _write(session, last.practice_id, last.client_id, phone_hash, word)


def _write(
    session: Session, practice_id: int, client_id: int, phone_hash: str | None, word: _Word
) -> ConsentEvent:
    """The client's last word, also where a clock that was ahead dated the one before it later than now."""
    texting = ConsentEvent.purpose == ConsentPurpose.TEXTING
    before = session.scalar(
        select(func.max(ConsentEvent.at)).where(ConsentEvent.client_id == client_id, texting)
    )
    event = ConsentEvent(
        practice_id=practice_id,
        client_id=client_id,
        phone_hash=phone_hash,
        purpose=ConsentPurpose.TEXTING,
        action=word.action,
        wording=word.wording.strip(),
        source=word.source,
        at=max(word.at, before or word.at),
        user_id=word.user_id,
        message_id=word.message_id,
    )
    session.add(event)
    session.flush()
    return event
