"""Users: who may sign in, and the check of their password."""

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from care.checks import check_email, check_line
from care.errors import NotFound, Refused
from care.models import Practice, Role, User
from care.passwords import LONGEST, check_password_words
from care.signing_in import end_all_sessions

# What no password hashes to: who has it signs in by the link they were invited with, and sets one.
NO_PASSWORD = "!"  # noqa: S105 (no hash looks like this)

_hasher = PasswordHasher()


def add_user(
    session: Session,
    practice: Practice,
    *,
    email: str,
    name: str,
    role: Role,
    password: str | None,
    now: datetime,
) -> User:
    """Without a password they cannot sign in before they chose one (`care.access_links`)."""
    if password is not None and not practice.is_sample:
        check_password_words(password, (email, name, practice.name))
    user = User(
        practice_id=practice.id,
        email=_free_email(session, email),
        name=check_line("Name", name, 80),
        role=role,
        password_hash=NO_PASSWORD if password is None else _hasher.hash(password),
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def update_user(session: Session, user: User, *, email: str, name: str, role: Role) -> None:
    if role is not Role.ADMIN:
        _refuse_without_admin(session, user)
    email, name = _free_email(session, email, of=user), check_line("Name", name, 80)
    user.email, user.name, user.role = email, name, role
    session.flush()


def set_active(session: Session, user: User, is_active: bool, now: datetime) -> None:
    """Someone who left keeps their name on what they did, and is signed out everywhere."""
    if not is_active:
        _refuse_without_admin(session, user)
        end_all_sessions(session, user, now)
    user.is_active = is_active
    session.flush()


def set_password(session: Session, user: User, password: str, now: datetime) -> None:
    """Signs the user out everywhere: whoever knew the old password is out too."""
    practice = session.get_one(Practice, user.practice_id)
    check_password_words(password, (user.email, user.name, practice.name))
    user.password_hash = _hasher.hash(password)
    end_all_sessions(session, user, now)
    session.flush()


def check_password(session: Session, email: str, password: str) -> User | None:
    """The active user whose password this is.

    An unknown email costs the same work as a wrong password, so the time taken says nothing.
    """
    nobody = _hash_of_nobody()
    user = find_user(session, email)
    known = user is not None and user.password_hash.startswith("$argon2")
    is_right = _is_right(user.password_hash if user is not None and known else nobody, password)
    if user is None or not known or not is_right or not user.is_active:
        return None
    if _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)
    return user


def find_user(session: Session, email: str) -> User | None:
    """Whoever signs in with this email, in any practice of the installation."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def get_user_by_id(session: Session, user_id: int) -> User:
    """For the user who is signed in; others are found by practice."""
    return session.get_one(User, user_id)


def get_user(session: Session, practice_id: int, user_id: int) -> User:
    user = session.scalar(select(User).where(User.id == user_id, User.practice_id == practice_id))
    if user is None:
        raise NotFound
    return user


def list_users(session: Session, practice_id: int, *, active_only: bool = False) -> list[User]:
    wanted = select(User).where(User.practice_id == practice_id).order_by(User.name, User.id)
    return list(session.scalars(wanted.where(User.is_active) if active_only else wanted))


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("the password of nobody at all")


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


def _free_email(session: Session, typed: str, of: User | None = None) -> str:
    email = check_email(typed)
    holder = session.scalar(select(User.id).where(User.email == email))
    if holder is not None and (of is None or holder != of.id):
        raise Refused("Somebody already signs in with this email. Use another one.")
    return email


def _refuse_without_admin(session: Session, leaving: User) -> None:
    others = select(User.id).where(
        User.practice_id == leaving.practice_id,
        User.role == Role.ADMIN,
        User.is_active,
        User.expires_at.is_(None),
        User.id != leaving.id,
    )
    if leaving.is_admin and leaving.is_active and session.scalar(others.limit(1)) is None:
        raise Refused("This is the only admin. Make somebody else an admin first.")
