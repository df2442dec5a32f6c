"""Who is signed in: a row for each browser, so that signing out is final."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, contains_eager, with_expression

from care import two_step
from care.errors import NotFound
from care.models import LoginSession, User
from care.tokens import new_secret, secret_hash

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)


def start_session(session: Session, user: User, now: datetime, device: str = "") -> str:
    """A new token for the cookie, 256 bits; the row keeps only its hash."""
    token = new_secret()
    login = LoginSession(
        practice_id=user.practice_id,
        user_id=user.id,
        token_hash=secret_hash(token),
        created_at=now,
        seen_at=now,
        confirmed_at=now,
        device=device[:80],
    )
    session.add(login)
    session.flush()
    return token


def find_user(
    session: Session, token: str, now: datetime, idle: timedelta = IDLE, absolute: timedelta = ABSOLUTE
) -> User | None:
    """The user behind a token, as long as they are active and the session has not run out.

    Only reads. Whoever asked on behalf of a person, not of a script that polls, then calls `touch`.
    """
    login = find_login(session, token, now, idle, absolute)
    return None if login is None else session.get(User, login.user_id)


def find_login(
    session: Session, token: str, now: datetime, idle: timedelta = IDLE, absolute: timedelta = ABSOLUTE
) -> LoginSession | None:
    """With its user, and whether they sign in in two steps: one question for what every page asks."""
    wanted = (
        select(LoginSession)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.token_hash == secret_hash(token), _is_alive(now, idle, absolute), User.is_active)
        .where(not_expired(now))
        .options(
            contains_eager(LoginSession.user), with_expression(LoginSession.has_code, two_step.of_user())
        )
    )
    return session.scalar(wanted)


def not_expired(now: datetime) -> ColumnElement[bool]:
    """Whose access has not run out by itself, as a condition on `User`."""
    return or_(User.expires_at.is_(None), User.expires_at > now)


def _is_alive(now: datetime, idle: timedelta, absolute: timedelta) -> ColumnElement[bool]:
    return and_(
        LoginSession.ended_at.is_(None),
        LoginSession.seen_at > now - idle,
        LoginSession.created_at > now - absolute,
    )


def needs_touch(login: LoginSession, now: datetime) -> bool:
    """Whether `touch` would change anything: at most once a minute, so a GET seldom writes."""
    return login.seen_at <= now - TOUCH_EVERY


def touch(session: Session, token: str, now: datetime) -> None:
    """Somebody is there: the idle time starts again."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.token_hash == secret_hash(token),
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at <= now - TOUCH_EVERY,
        )
        .values(seen_at=now)
    )


def list_sessions(
    session: Session, user: User, now: datetime, idle: timedelta = IDLE, absolute: timedelta = ABSOLUTE
) -> list[LoginSession]:
    """The browsers this user is signed in with now, the one used last first."""
    wanted = select(LoginSession).where(LoginSession.user_id == user.id, _is_alive(now, idle, absolute))
    return list(session.scalars(wanted.order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())))


def confirm(session: Session, token: str, now: datetime) -> None:
    """The user proved once more who they are."""
    which = update(LoginSession).where(LoginSession.token_hash == secret_hash(token))
    session.execute(which.values(confirmed_at=now, seen_at=now))


def end_one_session(session: Session, user: User, login_id: int, now: datetime) -> None:
    """Raises NotFound for one of somebody else."""
    login = session.scalar(
        select(LoginSession).where(LoginSession.id == login_id, LoginSession.user_id == user.id)
    )
    if login is None:
        raise NotFound
    _end(session, now, LoginSession.id == login_id)


def end_other_sessions(session: Session, user: User, kept_id: int, now: datetime) -> None:
    _end(session, now, (LoginSession.user_id == user.id) & (LoginSession.id != kept_id))


def end_session(session: Session, token: str, now: datetime) -> None:
    _end(session, now, LoginSession.token_hash == secret_hash(token))


def end_all_sessions(session: Session, user: User, now: datetime) -> None:
    """Every browser of this user is signed out."""
    _end(session, now, LoginSession.user_id == user.id)


def _end(session: Session, now: datetime, which: ColumnElement[bool]) -> None:
    session.execute(update(LoginSession).where(which, LoginSession.ended_at.is_(None)).values(ended_at=now))
