"""The audit trail: who looked at or changed what. Entries are only ever added, and hold ids, no contents."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import AuditEntry, User


def record(
    session: Session,
    practice_id: int,
    action: str,
    subject: str,
    subject_id: int | None,
    now: datetime,
    user: User | None = None,
) -> None:
    """`action` is a verb and `subject` a table: "view" "client" 12. No user means the system itself."""
    entry = AuditEntry(
        practice_id=practice_id,
        user_id=None if user is None else user.id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        at=now,
    )
    session.add(entry)
    session.flush()


def list_entries(
    session: Session,
    practice_id: int,
    limit: int = 100,
    *,
    subject: str | None = None,
    subject_id: int | None = None,
) -> list[AuditEntry]:
    """Newest first; of one subject when it is named."""
    wanted = select(AuditEntry).where(AuditEntry.practice_id == practice_id)
    if subject is not None:
        wanted = wanted.where(AuditEntry.subject == subject)
    if subject_id is not None:
        wanted = wanted.where(AuditEntry.subject_id == subject_id)
    newest = wanted.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)
    return list(session.scalars(newest))
