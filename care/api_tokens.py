"""Keys for other programs: each acts for one user, as far as its scopes go, until it expires or is ended."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_line
from care.errors import NotFound, Refused
from care.models import ApiToken, User
from care.signing_in import not_expired
from care.tokens import new_secret, secret_hash

PREFIX = "hs_"
GROUPS = ("people", "care", "library", "answers", "texts", "audit")
READ, WRITE = "read", "write"
# Answers are the clients', the audit trail is ours: no program writes them.
READ_ONLY = frozenset({"audit", "library"})
SCOPES = tuple(
    f"{group}:{verb}" for group in GROUPS for verb in (READ, WRITE) if verb == READ or group not in READ_ONLY
)
LONGEST_DAYS, USUAL_DAYS = 365, 90
TOUCH_EVERY = timedelta(minutes=1)


def make_token(
    session: Session, user: User, name: str, scopes: Collection[str], now: datetime, days: int = USUAL_DAYS
) -> str:
    """A new token, 256 bits, to be shown once. Raises Refused where name, scopes or days are not right."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Refused(f"Choose scopes from: {', '.join(SCOPES)}.")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(f"A token lives 1 to {LONGEST_DAYS} days.")
    token = PREFIX + new_secret()
    row = ApiToken(
        practice_id=user.practice_id,
        user_id=user.id,
        name=check_line("Name", name, 60),
        token_hash=secret_hash(token),
        scopes=sorted(scopes),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return token


def find_token(session: Session, token: str, now: datetime) -> ApiToken | None:
    """The token's row, while it lives and its user may sign in."""
    wanted = (
        select(ApiToken)
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.token_hash == secret_hash(token),
            ApiToken.ended_at.is_(None),
            ApiToken.expires_at > now,
            User.is_active,
            not_expired(now),
        )
    )
    return session.scalar(wanted)


def may(token: ApiToken, group: str, verb: str) -> bool:
    """Whoever may write may read."""
    return f"{group}:{verb}" in token.scopes or (verb == READ and f"{group}:{WRITE}" in token.scopes)


def needs_touch(token: ApiToken, now: datetime) -> bool:
    """Whether it was last used so long ago that it is worth a row."""
    return token.used_at is None or token.used_at <= now - TOUCH_EVERY


def list_tokens(session: Session, user: User) -> list[ApiToken]:
    """The user's own, for an admin all of the practice, newest first. Those that ended stay listed."""
    wanted = select(ApiToken).where(ApiToken.practice_id == user.practice_id)
    if not user.is_admin:
        wanted = wanted.where(ApiToken.user_id == user.id)
    return list(session.scalars(wanted.order_by(ApiToken.id.desc())))


def end_token(session: Session, token_id: int, by: User, now: datetime) -> ApiToken:
    """It opens nothing any more. Raises NotFound for somebody else's, but to admins."""
    token = next((one for one in list_tokens(session, by) if one.id == token_id), None)
    if token is None:
        raise NotFound
    token.ended_at = token.ended_at or now
    session.flush()
    return token
