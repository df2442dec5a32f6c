"""Links by which the recipient of a client's consent reads their summary: made, opened, ended, looked after.

Only the hash of a link's secret is kept. Nothing opens without a consent that stands: what ends the consent
ends its links, with no second thing to remember.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from care import audit
from care.audit import Looker
from care.checks import check_line, check_number
from care.disclosure import sharing_events, was_taken_back
from care.errors import NotFound, Refused
from care.models import Client, ConsentEvent, ShareLink, ShareOpening, User
from care.throttle import Limit, may_try
from care.tokens import new_secret, secret_hash

LONGEST_SHARE, LONGEST_OPENINGS, LONGEST_QUESTION = 90, 100, 300
# Reading, going back and reading once more is ordinary; more than this is a machine.
OPENINGS = Limit("share_link", 20, timedelta(minutes=15))
# As much of an address as tells one clinic from another, and no single device.
SHOWN_BITS = {4: 24, 6: 48}


class LinkState(StrEnum):
    """Whether a link opens anything, and if not, why."""

    WORKS = "works"
    EXPIRED = "expired"
    ENDED = "ended"
    USED_UP = "used_up"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class ListedLink:
    """A link as staff look after it: its state, and when and from where it was opened, newest first."""

    link: ShareLink
    state: LinkState
    openings: Sequence[ShareOpening]


def make_share_link(
    session: Session,
    client: Client,
    consent: ConsentEvent,
    user: User,
    now: datetime,
    *,
    days: int,
    question: str = "",
    most_openings: int | None = None,
) -> str:
    """The secret of a new link, to be shown once. Raises Refused for the front desk and bad numbers.

    `consent` is one that stands (`care.disclosure.find_sharing_consent`).
    """
    if user.is_front_desk:
        raise Refused("Only a therapist or an admin may share a summary.")
    secret = new_secret()
    link = ShareLink(
        practice_id=client.practice_id,
        client_id=client.id,
        consent_id=consent.id,
        user_id=user.id,
        token_hash=secret_hash(secret),
        question=check_line("Question", question, LONGEST_QUESTION, may_be_empty=True),
        created_at=now,
        expires_at=now + timedelta(days=check_number("Days", days, 1, LONGEST_SHARE)),
        most_openings=None
        if most_openings is None
        else check_number("Openings", most_openings, 1, LONGEST_OPENINGS),
    )
    session.add(link)
    session.flush()
    return secret


def end_share_link(session: Session, client: Client, link_id: int, now: datetime) -> ShareLink:
    """It opens nothing any more. Ending it twice changes nothing. Raises NotFound for another client's."""
    found = select(ShareLink).where(ShareLink.client_id == client.id, ShareLink.id == link_id)
    link = session.scalar(found.options(joinedload(ShareLink.consent)))
    if link is None:
        raise NotFound
    link.revoked_at = link.revoked_at or now
    session.flush()
    return link


def list_share_links(session: Session, client: Client, now: datetime) -> list[ListedLink]:
    """Newest first; those that ended stay listed, with who opened them."""
    links = session.scalars(
        select(ShareLink)
        .where(ShareLink.client_id == client.id)
        .options(joinedload(ShareLink.consent), joinedload(ShareLink.user))
        .order_by(ShareLink.id.desc())
    ).all()
    events = sharing_events(session, client.id)
    opened = session.scalars(
        select(ShareOpening).where(ShareOpening.client_id == client.id).order_by(ShareOpening.id.desc())
    ).all()
    return [
        ListedLink(link, _state(link, events, now), [one for one in opened if one.link_id == link.id])
        for link in links
    ]


def find_share_link(session: Session, secret: str) -> ShareLink | None:
    """With its client, practice, consent and maker. None for one that was never ours."""
    return session.scalar(
        select(ShareLink)
        .where(ShareLink.token_hash == secret_hash(secret))
        .options(
            joinedload(ShareLink.client).joinedload(Client.practice),
            joinedload(ShareLink.consent),
            joinedload(ShareLink.user),
        )
    )


def state_of(session: Session, link: ShareLink, now: datetime) -> LinkState:
    return _state(link, sharing_events(session, link.client_id), now)


def may_open_again(session: Session, link: ShareLink, now: datetime) -> bool:
    """False once it was opened too often in too short a time. The caller commits either way."""
    return may_try(session, OPENINGS, str(link.id), now)


def record_opening(
    session: Session, link: ShareLink, address: str, now: datetime, real_now: datetime
) -> bool:
    """Count it, for the access log and the audit trail; False when it works no longer. The caller commits.

    One statement decides, so two who press at once do not both get the last opening.
    """
    if state_of(session, link, now) is not LinkState.WORKS:
        return False
    counted = session.execute(
        update(ShareLink)
        .where(
            ShareLink.id == link.id,
            ShareLink.revoked_at.is_(None),
            ShareLink.expires_at > now,
            or_(ShareLink.most_openings.is_(None), ShareLink.openings < ShareLink.most_openings),
        )
        .values(openings=ShareLink.openings + 1)
        .returning(ShareLink.id)
    ).all()
    if not counted:
        return False
    opening = ShareOpening(
        practice_id=link.practice_id,
        client_id=link.client_id,
        link_id=link.id,
        at=real_now,
        address=shortened(address),
    )
    session.add(opening)
    audit.record(
        session, link.practice_id, "open", "share_link", link.client_id, real_now, detail=f"link {link.id}"
    )
    return True


def who_opened(session: Session, client_id: int) -> list[Looker]:
    """Recipients who read the summary by a link: the name stands in their consent."""
    last = func.max(ShareOpening.at)
    found = (
        select(ConsentEvent.recipient, func.count(), last)
        .select_from(ShareOpening)
        .join(ShareLink, ShareLink.id == ShareOpening.link_id)
        .join(ConsentEvent, ConsentEvent.id == ShareLink.consent_id)
        .where(ShareOpening.client_id == client_id)
        .group_by(ConsentEvent.recipient)
    )
    return [Looker(f"{name}, by link", count, at) for name, count, at in session.execute(found)]


def shortened(address: str) -> str:
    """The network an address is in (/24, of IPv6 /48): `203.0.113.7` is kept as `203.0.113.0/24`."""
    try:
        version = ip_address(address).version
    except ValueError:
        return ""
    return str(ip_network(f"{address.partition('%')[0]}/{SHOWN_BITS[version]}", strict=False))


def _state(link: ShareLink, events: Sequence[ConsentEvent], now: datetime) -> LinkState:
    if was_taken_back(events, link.consent):
        return LinkState.TAKEN_BACK
    if link.revoked_at is not None:
        return LinkState.ENDED
    if link.expires_at <= now:
        return LinkState.EXPIRED
    if link.most_openings is not None and link.openings >= link.most_openings:
        return LinkState.USED_UP
    return LinkState.WORKS
