"""Every look at a client's record is on file: who, whose, when."""

from flask import g, request

from care import audit
from care.models import Client
from web.deps import current_user, database, real_now


def record_look(client: Client) -> None:
    """In a short transaction of its own, since the page only reads. Not for a POST, which holds one."""
    user = current_user()
    with database().engine.begin() as connection:
        audit.record_look(connection, user.practice_id, client.id, real_now(), user)


def record_refusal(subject: str, subject_id: int | None) -> None:
    """Who is signed in asked for what is not theirs: which page, of whom. What was begun is undone."""
    if g.get("user_id") is None or g.get("practice_id") is None:
        return
    if "db" in g:
        g.db.rollback()
    with database().sessions.begin() as session:
        audit.record_refusal(
            *(session, g.practice_id, g.user_id, audit.REFUSED, subject, subject_id, real_now()),
            detail=request.endpoint or "",
        )
