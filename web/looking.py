"""Every look at a client's record is on file: who, whose, when."""

from care import audit
from care.models import Client
from web.deps import current_user, database, real_now


def record_look(client: Client) -> None:
    """In a short transaction of its own, since the page only reads. Not for a POST, which holds one."""
    user = current_user()
    with database().sessions.begin() as session:
        audit.record(session, user.practice_id, "view", "client", client.id, real_now(), user)
