"""`homestretch break-glass`: emergency access, written down and told to every admin before it can be used."""

from datetime import datetime

import structlog

from care import facts
from care.emergency import admins_to_tell, open_access
from care.errors import Refused
from care.practices import find_practice
from care.saying import moment_in_words
from homestretch.installation import Installation
from reminders.mail_rows import owe_mail

SUBJECT = "Emergency access to Homestretch was opened"
BODY = (
    "Hello {name},\n\nsomebody with the keys of the server opened emergency access to {practice} as an "
    "admin, until {until}.\n\nReason: {reason}\n\nSettings, Audit trail shows what is done with it. If "
    "nobody should have it, end it under Settings, Users, and find out who has the server's keys:\n\n"
    "{address}/settings/users\n"
)

log = structlog.get_logger()


def break_glass(
    installation: Installation,
    practice_name: str,
    *,
    email: str,
    name: str,
    password: str,
    reason: str,
    hours: int,
    now: datetime,
) -> str:
    """Open it and tell all admins; says what was done. Raises Refused for what cannot be."""
    with installation.database.sessions.begin() as session:
        practice = find_practice(session, practice_name)
        if practice is None:
            raise Refused(f"There is no practice called {practice_name}.")
        user = open_access(
            session,
            practice,
            email=email,
            name=name,
            password=password,
            reason=reason,
            hours=hours,
            now=now,
        )
        assert user.expires_at is not None
        until = moment_in_words(user.expires_at, practice.timezone)
        admins = admins_to_tell(session, practice, user)
        sends_mail = facts.sends_mail(session)
        for admin in admins if sends_mail else ():
            body = BODY.format(
                name=admin.name,
                practice=practice.name,
                until=until,
                reason=reason,
                address=installation.settings.public_url,
            )
            key = f"break-glass:{user.id}:{admin.id}"
            owe_mail(session, admin, SUBJECT, body, dedupe_key=key, now=now, due_at=now)
        user_id = user.id
    log.warning("break_glass", user=user_id, hours=hours)
    told = f"{len(admins)} admin(s) get a mail" if sends_mail else "No mail goes out here: tell the admins"
    return (
        f"{email} can sign in as an admin until {until}. {told}; it is in the audit trail and on their pages."
    )
