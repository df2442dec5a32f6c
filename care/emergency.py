"""Emergency access: an admin for some hours, made on the server when no other can sign in.

HIPAA 164.312(a)(2)(ii) asks for a way in when the usual one is shut. It ends by itself, and all are told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care import audit
from care.checks import check_line, check_number
from care.errors import Refused
from care.models import Practice, Role, User
from care.signing_in import end_all_sessions
from care.users import add_user

OPENED, ENDED = "break_glass", "break_glass_ended"
USUAL_HOURS, MOST_HOURS = 4, 24


def open_access(
    session: Session,
    practice: Practice,
    *,
    email: str,
    name: str,
    password: str,
    reason: str,
    hours: int,
    now: datetime,
) -> User:
    """A new admin who can sign in for so many hours. The reason goes on file: no client in it."""
    if practice.is_sample:
        raise Refused("The sample practice needs no emergency access: its sign-ins are printed at the start.")
    reason = check_line("Reason", reason, 60)
    hours = check_number("Hours", hours, 1, MOST_HOURS)
    user = add_user(session, practice, email=email, name=name, role=Role.ADMIN, password=password, now=now)
    user.expires_at = now + timedelta(hours=hours)
    session.flush()
    audit.record(session, practice.id, OPENED, "user", user.id, now, detail=f"{hours} h: {reason}")
    return user


def open_until(session: Session, now: datetime, practice_id: int | None = None) -> datetime | None:
    """Until when somebody has emergency access, in one practice or in any."""
    wanted = select(func.max(User.expires_at)).where(User.is_active, User.expires_at > now)
    return session.scalar(wanted if practice_id is None else wanted.where(User.practice_id == practice_id))


def end_expired(session: Session, practices: Sequence[int], now: datetime) -> int:
    """Sign out whose time is over, for good. Returns how many."""
    over = select(User).where(User.practice_id.in_(practices), User.is_active, User.expires_at <= now)
    users = session.scalars(over).all()
    for user in users:
        end_all_sessions(session, user, now)
        user.is_active = False
        audit.record(session, user.practice_id, ENDED, "user", user.id, now)
    session.flush()
    return len(users)


def admins_to_tell(session: Session, practice: Practice, newcomer: User) -> Sequence[User]:
    """Every other admin who can sign in."""
    admins = select(User).where(User.practice_id == practice.id, User.role == Role.ADMIN, User.is_active)
    return session.scalars(admins.where(User.id != newcomer.id).order_by(User.id)).all()
