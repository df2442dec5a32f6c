"""The morning mail: how many clients need a user, and how many visits wait. Counts and a link, no names."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from care import facts
from care.attention import count_open
from care.models import Mail, Practice, Role, User
from care.recurrence import instant_of
from care.saying import counted, time_in_words
from care.visits import visits_between
from reminders.mail_rows import owe_mail

KEY = "digest:"
MORNING, TOO_LATE = time(7, 0), time(12, 0)
SUBJECT = "Your day in Homestretch"


def owe_digests(session: Session, now: datetime, practices: Sequence[int]) -> int:
    """Owe each user of these practices today's mail, once, on their days on call. Returns how many are new.

    Nobody gets one that says nothing, nor one in the afternoon of a morning we were down.
    """
    if not facts.sends_mail(session):
        return 0
    count = 0
    wanted = select(Practice).where(Practice.id.in_(practices), Practice.is_sample.is_(False))
    for practice in session.scalars(wanted).all():
        local = now.astimezone(ZoneInfo(practice.timezone))
        if MORNING <= local.time() < TOO_LATE:
            count += _of_practice(session, practice, local, now)
    return count


def is_digest(key: str) -> bool:
    return key.startswith(KEY)


def _of_practice(session: Session, practice: Practice, local: datetime, now: datetime) -> int:
    readers = select(User).where(
        User.practice_id == practice.id, User.is_active, User.gets_digest, User.role != Role.FRONT_DESK
    )
    keys = {
        f"{KEY}{user.id}:{local.date():%Y-%m-%d}": user
        for user in session.scalars(readers)
        if local.weekday() in user.on_call_days
    }
    owed = set(session.scalars(select(Mail.dedupe_key).where(Mail.dedupe_key.in_(keys))))
    count = 0
    for key in sorted(set(keys) - owed):
        body = _body(session, practice, keys[key], local, now)
        if body is not None:
            noon = instant_of(local.date(), TOO_LATE, ZoneInfo(practice.timezone))
            owe_mail(
                session, keys[key], SUBJECT, body, dedupe_key=key, now=now, due_at=now, useful=noon - now
            )
            count += 1
    return count


def _body(session: Session, practice: Practice, user: User, local: datetime, now: datetime) -> str | None:
    """None when there is nothing to say."""
    zone = ZoneInfo(practice.timezone)
    midnight = instant_of(local.date(), time(0), zone)
    tomorrow = instant_of(local.date() + timedelta(days=1), time(0), zone)
    waiting = count_open(session, user, now)
    visits = visits_between(session, user, midnight, tomorrow)
    if not waiting and not visits:
        return None
    lines = []
    if waiting:
        lines.append(f"{counted(waiting, 'item needs you', 'items need you')}.")
    if visits:
        first = time_in_words(min(visit.starts_at for visit in visits).astimezone(zone).time())
        lines.append(f"{counted(len(visits), 'visit')} today, the first at {first}.")
    link = f"{facts.public_url(session)}/today"
    said = "\n".join(lines)
    return f"Good morning, {user.name}.\n\n{said}\n\n{link}\n\nTo end this mail: Settings, Alerts to you.\n"
