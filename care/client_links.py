"""The link to a client's own page: making it, finding whose it is, and taking it back."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from care.models import Assignment, Client, ClientLink
from care.recurrence import A_DAY, instant_of
from care.tokens import TOKEN, code_on_paper, new_code, new_token, typed_code

# Long enough to look something up once more, and to tell how it went at last.
LIVES_ON = timedelta(days=14)
FOR_EVER = datetime.max.replace(tzinfo=UTC)
UNKNOWN_TOKEN = "." * 22


@dataclass(frozen=True)
class FoundLink:
    """A link that was ours once. `works` is False when it was taken back or the plan is long over."""

    link: ClientLink
    client: Client
    works: bool


def link_for(session: Session, client: Client, now: datetime) -> ClientLink:
    """The client's link; a new one where there is none, or it has run out."""
    link = find_link(session, client, now)
    return link if link is not None else _make(session, client, now)


def find_link(session: Session, client: Client, now: datetime) -> ClientLink | None:
    """The newest link that works."""
    links = session.scalars(
        select(ClientLink)
        .where(ClientLink.client_id == client.id, ClientLink.revoked_at.is_(None))
        .order_by(ClientLink.id.desc())
    )
    return next((link for link in links if _works(session, link, client, now)), None)


def promise_link(session: Session, client: Client, public_url: str, now: datetime) -> None:
    """The next text that reminds of exercises brings the link, which is made where none works."""
    client.link_to_tell = address_of(public_url, link_for(session, client, now))
    session.flush()


def address_of(public_url: str, link: ClientLink | None) -> str:
    """Of the client's page; dots of the same length stand for a link that is still to be made."""
    return f"{public_url}/c/{link.token if link else UNKNOWN_TOKEN}"


def paper_address_of(public_url: str, link: ClientLink) -> str:
    """The same for paper: it leads to the client's page, and can be typed."""
    return f"{public_url}/c/{code_on_paper(link.code)}"


def find_token(session: Session, typed: str) -> str | None:
    """The token of the link whose code from paper this is, whether it still works or not."""
    code = typed_code(typed)
    return session.scalar(select(ClientLink.token).where(ClientLink.code == code)) if code else None


def standing_link(session: Session, client: Client) -> ClientLink | None:
    """The newest that nobody took back. While a plan runs, it works."""
    return session.scalar(
        select(ClientLink)
        .where(ClientLink.client_id == client.id, ClientLink.revoked_at.is_(None))
        .order_by(ClientLink.id.desc())
        .limit(1)
    )


def renew_link(session: Session, client: Client, now: datetime) -> ClientLink:
    """A new link; every earlier one stops working."""
    revoke_links(session, client, now)
    return _make(session, client, now)


def revoke_links(session: Session, client: Client, now: datetime) -> None:
    """None of them works any more, and no text brings one."""
    client.link_to_tell = None
    session.execute(
        update(ClientLink)
        .where(ClientLink.client_id == client.id, ClientLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def find_client_by(session: Session, token: str, now: datetime) -> FoundLink | None:
    """Whose link this is, with client and practice loaded. None for a token that was never ours."""
    if not TOKEN.fullmatch(token):
        return None
    row = session.execute(
        select(ClientLink, Client)
        .join(Client, Client.id == ClientLink.client_id)
        .where(ClientLink.token == token)
        .options(joinedload(Client.practice))
    ).one_or_none()
    if row is None:
        return None
    link, client = row
    works = link.revoked_at is None and works_until(session, link, client) > now
    return FoundLink(link, client, works)


def works_until(session: Session, link: ClientLink, client: Client) -> datetime:
    """Two weeks past the plan's end, or past the link's own beginning where no plan runs that long.

    A plan that is prolonged or renewed carries the link along, so this is asked anew each time;
    `expires_at` is the earliest that can come out.
    """
    return lives_until(session, client, link.expires_at or link.created_at + LIVES_ON)


def _works(session: Session, link: ClientLink, client: Client, now: datetime) -> bool:
    is_young = link.expires_at is not None and link.expires_at > now
    return is_young or works_until(session, link, client) > now


def lives_until(session: Session, client: Client, at_least: datetime) -> datetime:
    """Two weeks past the end of the client's last exercise."""
    given = session.scalars(select(Assignment).where(Assignment.client_id == client.id))
    return max([at_least, *(_end_of(one, client) for one in given)])


def _end_of(assignment: Assignment, client: Client) -> datetime:
    if assignment.ended_at is not None:
        return assignment.ended_at + LIVES_ON
    if assignment.ends_on is None:
        return FOR_EVER
    return instant_of(assignment.ends_on + A_DAY, time(0), ZoneInfo(client.timezone)) + LIVES_ON


def _make(session: Session, client: Client, now: datetime) -> ClientLink:
    link = ClientLink(
        practice_id=client.practice_id,
        client_id=client.id,
        token=new_token(),
        code=new_code(),
        created_at=now,
        expires_at=now + LIVES_ON,
    )
    session.add(link)
    session.flush()
    return link
