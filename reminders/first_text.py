"""The link to a client's own page, brought by the first text of a new plan that reminds of exercises."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.models import Client, ReminderKind
from reminders.batch_rows import AnyClient, AnyReminder
from reminders.knowledge import Knowledge

FIRST, FIRST_WITH_PAIN = "reminder_first", "reminder_first_pain"


def link_brought_by(going: Sequence[AnyReminder], client: AnyClient | None, known: Knowledge) -> str | None:
    """The address this text brings, if it reminds of exercises; it may ask for pain too."""
    if client is None or client.id in known.told_link:
        return None
    return client.link_to_tell if any(one.kind is ReminderKind.EXERCISE for one in going) else None


def keep_link_told(session: Session, told: Collection[int]) -> None:
    """Write down who has the link. One that somebody is changing meanwhile gets it once more instead."""
    if not told:
        return
    free = select(Client.id).where(Client.id.in_(told)).order_by(Client.id)
    free = free.with_for_update(key_share=True, skip_locked=True)
    session.execute(
        update(Client).where(Client.id.in_(free)).values(link_to_tell=None),
        execution_options={"synchronize_session": False},
    )
