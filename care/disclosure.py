"""Consent to share with one recipient outside the practice, and what may be sent because of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_line
from care.errors import NotFound, Refused
from care.languages import WORDS, phrase
from care.models import Client, ConsentAction, ConsentEvent, ConsentPurpose, ConsentSource, User

LONGEST_RECIPIENT, LONGEST_GIVER = 120, 80


def sharing_wording(practice_name: str, recipient: str, language: str) -> str:
    """What is read to the client, or stands above their signature, in their language. Without a recipient,
    as it stands beside an empty field. The ledger keeps the words of the day.
    """
    whom = recipient or phrase(WORDS, "consent_to_share_nobody", language)
    return phrase(WORDS, "consent_to_share", language).format(practice=practice_name, recipient=whom)


def give_sharing_consent(
    session: Session,
    client: Client,
    practice_name: str,
    recipient: str,
    given_by: str,
    source: ConsentSource,
    now: datetime,
    user: User,
) -> ConsentEvent:
    """For this recipient and no other. `given_by` names a guardian; empty is the client."""
    recipient = check_line("Recipient", recipient, LONGEST_RECIPIENT)
    wording = sharing_wording(practice_name, recipient, client.language)
    given_by = check_line("Guardian", given_by, LONGEST_GIVER, may_be_empty=True)
    return _write(session, client, ConsentAction.GIVEN, recipient, given_by, wording, source, now, user)


def withdraw_sharing_consent(
    session: Session, client: Client, event_id: int, source: ConsentSource, now: datetime, user: User
) -> ConsentEvent:
    """Whoever it was given for gets nothing more."""
    event = find_sharing_consent(session, client, event_id)
    words = f"No more is given to {event.recipient}."
    return _write(session, client, ConsentAction.WITHDRAWN, event.recipient, "", words, source, now, user)


def find_sharing_consent(session: Session, client: Client, event_id: int) -> ConsentEvent:
    """The consent while it stands: the last word about its recipient. Raises NotFound otherwise."""
    found = next((one for one in standing_consents(session, client) if one.id == event_id), None)
    if found is None:
        raise NotFound
    return found


def standing_consents(session: Session, client: Client) -> list[ConsentEvent]:
    """The last word about each recipient where it is a yes, newest first."""
    last: dict[str, ConsentEvent] = {}
    for event in sharing_events(session, client.id):
        last.setdefault(event.recipient.casefold(), event)
    return [one for one in last.values() if one.action is ConsentAction.GIVEN]


def sharing_events(session: Session, client_id: int) -> Sequence[ConsentEvent]:
    """All that was said about sharing, newest first."""
    return session.scalars(
        select(ConsentEvent)
        .where(ConsentEvent.client_id == client_id, ConsentEvent.purpose == ConsentPurpose.SHARING)
        .order_by(ConsentEvent.at.desc(), ConsentEvent.id.desc())
    ).all()


def was_taken_back(events: Sequence[ConsentEvent], given: ConsentEvent) -> bool:
    """Whether this yes, or one after it for the same recipient, was withdrawn later.

    What came of it stays ended when they agree anew: that is another agreement.
    """
    return any(
        one.action is ConsentAction.WITHDRAWN
        and one.recipient.casefold() == given.recipient.casefold()
        and (one.at, one.id) > (given.at, given.id)
        for one in events
    )


def _write(
    session: Session,
    client: Client,
    action: ConsentAction,
    recipient: str,
    given_by: str,
    wording: str,
    source: ConsentSource,
    now: datetime,
    user: User,
) -> ConsentEvent:
    if source not in (ConsentSource.IN_PERSON, ConsentSource.PAPER, ConsentSource.PHONE_CALL):
        raise Refused("Say how the client told you.")
    event = ConsentEvent(
        practice_id=client.practice_id,
        client_id=client.id,
        purpose=ConsentPurpose.SHARING,
        action=action,
        recipient=recipient,
        given_by=given_by,
        wording=wording,
        source=source,
        at=now,
        user_id=user.id,
    )
    session.add(event)
    session.flush()
    return event
