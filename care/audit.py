"""The audit trail: who looked at or changed what. Entries are only ever added, and hold ids, no contents."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from care.models import AuditEntry, Base, ClientMerge, Erasure, User

_NEW_ENTRY = insert(Base.metadata.tables[AuditEntry.__tablename__])
# Entries whose `subject_id` is a client.
REFUSED = "refused"
OF_CLIENT = ("client", "texting_consent", "sharing_consent", "share_link")


def record(
    session: Session,
    practice_id: int,
    action: str,
    subject: str,
    subject_id: int | None,
    now: datetime,
    user: User | None = None,
    detail: str = "",
) -> None:
    """`action` is a verb and `subject` a table: "view" "client" 12. No user means the system itself, or
    somebody outside who opened a link of ours.

    `detail` holds counts, codes and numbers of rows, never words of anybody.
    """
    session.flush()
    user_id = None if user is None else user.id
    _write(session, practice_id, user_id, action, subject, subject_id, now, detail)


def record_look(connection: Connection, practice_id: int, client_id: int, now: datetime, user: User) -> None:
    """The user looked at the client, as every page of theirs records it. What is pending stays so."""
    _write(connection, practice_id, user.id, "view", "client", client_id, now, "")


def record_refusal(
    session: Session,
    practice_id: int,
    user_id: int,
    action: str,
    subject: str,
    subject_id: int | None,
    now: datetime,
    detail: str = "",
) -> None:
    """What somebody tried and was not let to. `detail` names the page, never what was typed."""
    session.flush()
    _write(session, practice_id, user_id, action, subject, subject_id, now, detail)


def _write(
    connection: Session | Connection,
    practice_id: int,
    user_id: int | None,
    action: str,
    subject: str,
    subject_id: int | None,
    now: datetime,
    detail: str,
) -> None:
    """Past the mapped class: each page writes one, and none is looked at again."""
    row = {
        "practice_id": practice_id,
        "user_id": user_id,
        "action": action,
        "subject": subject,
        "subject_id": subject_id,
        "at": now,
        "detail": detail[:80],
    }
    connection.execute(_NEW_ENTRY, row)


def nobody_in_words(subject: str) -> str:
    """Who did what no user did."""
    return "Whoever has the link" if subject == "share_link" else "Homestretch itself"


def was_recorded(
    session: Session, user: User, action: str, subject: str, subject_id: int, since: datetime
) -> bool:
    """Whether this user left such an entry since then: what is saved as it is typed is one act."""
    theirs = select(AuditEntry.id).where(
        AuditEntry.practice_id == user.practice_id,
        AuditEntry.subject == subject,
        AuditEntry.subject_id == subject_id,
        AuditEntry.action == action,
        AuditEntry.user_id == user.id,
        AuditEntry.at >= since,
    )
    return session.scalar(theirs.limit(1)) is not None


@dataclass(frozen=True)
class Wanted:
    """Which entries to list; None lets all through. `before_id` goes on where a page ended."""

    user_id: int | None = None
    action: str = ""
    client_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


def about_client(client_id: int) -> ColumnElement[bool]:
    """Entries that name this client, or an entry that was merged into theirs.

    SQLite may give the number of an erased or merged entry to a new client, who is somebody else.
    """
    went = exists().where(Erasure.client_id == client_id, Erasure.at >= AuditEntry.at)
    moved = exists().where(ClientMerge.old_id == client_id, ClientMerge.at >= AuditEntry.at)
    came = exists().where(
        ClientMerge.kept_id == client_id,
        ClientMerge.old_id == AuditEntry.subject_id,
        ClientMerge.at >= AuditEntry.at,
    )
    is_theirs = and_(AuditEntry.subject_id == client_id, ~went, ~moved)
    return and_(AuditEntry.subject.in_(OF_CLIENT), or_(is_theirs, came))


def search_entries(session: Session, practice_id: int, wanted: Wanted, limit: int) -> list[AuditEntry]:
    """Newest first. Of a client: what names the client themselves."""
    entries = select(AuditEntry).where(AuditEntry.practice_id == practice_id)
    if wanted.user_id is not None:
        entries = entries.where(AuditEntry.user_id == wanted.user_id)
    if wanted.action:
        entries = entries.where(AuditEntry.action == wanted.action)
    if wanted.client_id is not None:
        entries = entries.where(about_client(wanted.client_id))
    if wanted.since is not None:
        entries = entries.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        entries = entries.where(AuditEntry.at < wanted.until)
    if wanted.before_id is not None:
        entries = entries.where(AuditEntry.id < wanted.before_id)
    return list(session.scalars(entries.order_by(AuditEntry.id.desc()).limit(limit)))


@dataclass(frozen=True)
class Looker:
    """Somebody who opened or changed a client's record, how often, and when last."""

    name: str
    count: int
    last: datetime


def who_touched(session: Session, practice_id: int, client_id: int) -> list[Looker]:
    """Who was last first. Refusals are left out: nothing was seen."""
    last = func.max(AuditEntry.at)
    found = (
        select(User.name, func.count(), last)
        .join(User, User.id == AuditEntry.user_id)
        .where(
            AuditEntry.practice_id == practice_id,
            about_client(client_id),
            AuditEntry.action != REFUSED,
        )
        .group_by(User.id, User.name)
        .order_by(last.desc())
    )
    return [Looker(*row) for row in session.execute(found)]


def list_actions(session: Session, practice_id: int) -> list[str]:
    """Every verb on file, by name."""
    verbs = select(AuditEntry.action).where(AuditEntry.practice_id == practice_id).distinct()
    return sorted(session.scalars(verbs))


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
