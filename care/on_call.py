"""Alerts to users: what they agree to, when they are on call, and who stands in for whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.orm import Session

from care import facts
from care.consent import is_opted_out, opted_out
from care.errors import Refused
from care.models import Practice, Role, User
from care.phones import PhoneBook, parse_phone
from care.recurrence import A_DAY, instant_of

# What a user agrees to. The row keeps the words of the day.
ALERTS_WORDING = (
    "I agree to get automated texts on this phone when a client may need somebody at once, at any hour, and "
    "on my on-call days when one needs somebody the same day. They say that a client needs me and hold a "
    "link, nothing else. How many depends on what clients write. Message and data rates may apply. I can "
    "text STOP at any time to end them, or HELP for help."
)
EVERY_DAY = frozenset(range(7))
A_WEEK = 7
MIDNIGHT = time(0)


def agree_to_alerts(
    session: Session, user: User, practice: Practice, book: PhoneBook, typed: str, now: datetime
) -> None:
    """The user's own word, for this phone: another one needs it anew.

    Raises Refused for a phone that asked for no more texts, which only its holder can undo.
    """
    phone = parse_phone(typed, practice.country)
    phone_hash = book.hash(phone)
    if is_opted_out(session, phone_hash):
        raise Refused("Phone texted STOP. Text START from it to the practice's number first.")
    if user.phone == phone and user.alerts_agreed_at is not None:
        return
    user.phone, user.phone_hash = phone, phone_hash
    user.alerts_agreed_at, user.alerts_wording = now, ALERTS_WORDING
    session.flush()


def end_alerts(session: Session, user: User) -> None:
    """No more alerts by text to this user. The number goes too: it is kept for nothing else."""
    user.phone = user.phone_hash = user.alerts_agreed_at = None
    user.alerts_wording = ""
    session.flush()


def set_on_call(
    session: Session,
    user: User,
    days: Collection[int],
    from_time: time | None,
    until_time: time | None,
    backup_id: int | None,
) -> None:
    """When same-day alerts may reach the user, and who is told when they do not look in time.

    Hours that end before they begin run over midnight; none at all are the whole day.
    """
    if (from_time is None) != (until_time is None):
        raise Refused("Hours must have both a beginning and an end, or neither.")
    if from_time is not None and from_time == until_time:
        raise Refused("Hours must end at another time than they begin.")
    if not EVERY_DAY.issuperset(days):
        raise Refused("Days must be chosen from the list.")
    backup = _checked_backup(session, user, backup_id)
    user.on_call_days = sorted(set(days))
    user.on_call_from_time, user.on_call_until_time = from_time, until_time
    user.backup_id = backup.id if backup else None
    session.flush()


def next_on_call(user: User, zone: ZoneInfo, at: datetime) -> datetime | None:
    """`at` itself while the user is on call, else when they next are; None when they never are."""
    today = at.astimezone(zone).date()
    for days_ahead in range(-1, A_WEEK + 1):
        day = today + timedelta(days=days_ahead)
        if day.weekday() not in user.on_call_days:
            continue
        begins, ends = _shift(user, day, zone)
        if at < ends:
            return max(at, begins)
    return None


def _shift(user: User, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """It belongs to the day it begins on."""
    if user.on_call_from_time is None or user.on_call_until_time is None:
        return instant_of(day, MIDNIGHT, zone), instant_of(day + A_DAY, MIDNIGHT, zone)
    is_overnight = user.on_call_until_time < user.on_call_from_time
    last_day = day + A_DAY if is_overnight else day
    return (
        instant_of(day, user.on_call_from_time, zone),
        instant_of(last_day, user.on_call_until_time, zone),
    )


@dataclass(frozen=True)
class Reach:
    """Whom an alert can reach at this moment: by text who agreed, by mail everybody who signs in."""

    by_text: frozenset[int]
    by_mail: bool

    def has(self, user: User) -> bool:
        return user.is_active and (self.by_mail or user.id in self.by_text)


def reach_in(session: Session, practice: Practice) -> Reach:
    by_mail = facts.sends_mail(session) and not practice.is_sample
    return Reach(frozenset(reached_by_text(session, _active_users(session, practice.id))), by_mail)


def told_first(session: Session, practice_id: int, owner_id: int | None, reach: Reach) -> list[User]:
    """Whom an alert goes to at once: whose client it is, else whoever of the others can be reached.

    Who left has nobody standing in for them; the admins hand their clients to others.
    """
    owner = session.get(User, owner_id) if owner_id is not None else None
    theirs = [[owner], _backups(session, [owner])] if owner is not None and owner.is_active else []
    return _nearest([*theirs, *_others(session, practice_id)], reach)


def told_later(
    session: Session, practice_id: int, owner_id: int | None, first: Sequence[User], reach: Reach
) -> list[User]:
    """Whom it goes to when nobody has looked: somebody else where there is one, and the first once more."""
    owner = session.get(User, owner_id) if owner_id is not None else None
    for_owner = [owner] if owner is not None and owner.is_active else []
    theirs = [_backups(session, for_owner), _backups(session, first)]
    told = {user.id for user in first}
    groups = [
        [user for user in group if user.id not in told] for group in [*theirs, *_others(session, practice_id)]
    ]
    return [*_nearest(groups, reach), *(user for user in first if reach.has(user))]


def told_last(session: Session, practice_id: int, reach: Reach) -> list[User]:
    """Whom it goes to when still nobody has looked: all admins, else everybody."""
    return _nearest(_others(session, practice_id), reach)


def _nearest(groups: Iterable[Sequence[User]], reach: Reach) -> list[User]:
    """Those who can be reached, of the first group in which anybody can."""
    reached = ([user for user in group if reach.has(user)] for group in groups)
    return next((group for group in reached if group), [])


def _backups(session: Session, users: Sequence[User]) -> list[User]:
    backups = (session.get(User, user.backup_id) for user in users if user.backup_id is not None)
    return [backup for backup in dict.fromkeys(backups) if backup is not None]


def _others(session: Session, practice_id: int) -> list[list[User]]:
    """The admins; where none of them can be told whoever treats clients, and the front desk last."""
    everybody = _active_users(session, practice_id)
    admins = [user for user in everybody if user.is_admin]
    return [admins, [user for user in everybody if user.role is not Role.FRONT_DESK], everybody]


def _active_users(session: Session, practice_id: int) -> list[User]:
    users = select(User).where(User.practice_id == practice_id, User.is_active)
    return list(session.scalars(users.order_by(User.id)))


def reached_by_text(session: Session, users: Collection[User]) -> set[int]:
    """Who of them agreed to alerts and can get them: active, with a phone that has not texted STOP."""
    agreed = [one for one in users if one.is_active and one.phone_hash and one.alerts_agreed_at is not None]
    stopped = opted_out(session, [one.phone_hash for one in agreed if one.phone_hash])
    return {one.id for one in agreed if one.phone_hash not in stopped}


def find_by_phone(session: Session, practice_id: int, phone_hash: str) -> User | None:
    """The user of the practice who gets alerts on this phone."""
    users = select(User).where(User.practice_id == practice_id, User.phone_hash == phone_hash, User.is_active)
    return session.scalar(users.order_by(User.id).limit(1))


def _checked_backup(session: Session, user: User, backup_id: int | None) -> User | None:
    if backup_id is None:
        return None
    backup = session.get(User, backup_id)
    if backup is None or backup.practice_id != user.practice_id or backup.id == user.id:
        raise Refused("Choose somebody else of this practice.")
    if not backup.is_active:
        raise Refused(f"{backup.name} no longer signs in. Choose somebody else.")
    if backup.role is Role.FRONT_DESK:
        raise Refused("Choose a therapist or an admin.")
    return backup


def alert_phones(session: Session, practice_id: int) -> tuple[list[User], bool]:
    """Active users who agreed to alerts and whose phone has texted STOP since; and whether a text can
    reach anybody of the practice.
    """
    agreed = list(session.scalars(_who_agreed(), {"practice": practice_id}))
    reached = reached_by_text(session, agreed)
    return [user for user in agreed if user.id not in reached], bool(reached)


@cache
def _who_agreed() -> Select[User]:
    """Built once: that takes longer than asking."""
    practice_id = bindparam("practice", type_=Integer)
    users = select(User).where(
        User.practice_id == practice_id, User.is_active, User.alerts_agreed_at.is_not(None)
    )
    return users.order_by(User.name, User.id)
