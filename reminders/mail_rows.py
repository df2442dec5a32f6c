"""Owing an e-mail: rows for what should go out. Nobody but `mailing` sends them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from care.models import Mail, MailStatus, User
from care.upsert import insert_into

# A mail with a link to choose a password by; all others tell of something that waits for a person.
ACCESS = "access:"
USEFUL = timedelta(hours=24)


def owe_mail(
    session: Session,
    user: User,
    subject: str,
    body: str,
    *,
    dedupe_key: str,
    now: datetime,
    due_at: datetime,
    useful: timedelta = USEFUL,
) -> None:
    """One e-mail to a user's address of today. Owing the same thing twice changes nothing.

    It is dropped once it is `useful` no more.
    """
    row = insert_into(session, Mail).values(
        practice_id=user.practice_id,
        user_id=user.id,
        to_address=user.email,
        subject=subject,
        body=body,
        dedupe_key=dedupe_key,
        due_at=due_at,
        expires_at=due_at + useful,
        status=MailStatus.PLANNED,
        attempts=0,
        created_at=now,
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["practice_id", "dedupe_key"]))
