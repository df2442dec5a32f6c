"""Links that let a user choose a password: to begin with, or in place of one that is lost."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.models import AccessLink, User
from care.tokens import new_secret, secret_hash
from care.users import set_password

# An invitation may lie over a weekend; a reset is asked for by somebody who waits for it.
INVITED_FOR = timedelta(hours=72)
RESET_FOR = timedelta(hours=24)


def make_link(session: Session, user: User, now: datetime, lasts: timedelta = RESET_FOR) -> str:
    """A new token, 256 bits, shown or mailed once; the links before it open nothing any more."""
    _end_links(session, user.id, now)
    token = new_secret()
    link = AccessLink(practice_id=user.practice_id, user_id=user.id, token_hash=secret_hash(token))
    link.created_at, link.expires_at = now, now + lasts
    session.add(link)
    session.flush()
    return token


def find_invited(session: Session, token: str, now: datetime) -> User | None:
    """Whose link it is, while it opens anything: unused, in time, and of somebody who may sign in."""
    wanted = (
        select(User)
        .join(AccessLink, AccessLink.user_id == User.id)
        .where(
            AccessLink.token_hash == secret_hash(token),
            AccessLink.used_at.is_(None),
            AccessLink.expires_at > now,
            User.is_active,
        )
    )
    return session.scalar(wanted)


def use_link(session: Session, user: User, password: str, now: datetime) -> None:
    """The password is set and the link used up. Raises Refused, with the link unused, for a weak one."""
    set_password(session, user, password, now)
    _end_links(session, user.id, now)


def _end_links(session: Session, user_id: int, now: datetime) -> None:
    open_links = update(AccessLink).where(AccessLink.user_id == user_id, AccessLink.used_at.is_(None))
    session.execute(open_links.values(used_at=now))
