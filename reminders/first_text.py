"""The link to a client's own page, brought by the first text of a new plan that reminds of exercises."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from care.models import Client, ReminderKind
from reminders.batch_rows import AnyClient, AnyReminder
from reminders.knowledge import Knowledge

FIRST = "reminder_first"


def link_brought_by(going: Sequence[AnyReminder], client: AnyClient | None, known: Knowledge) -> str | None:
    """The address this text brings. One that asks for pain too has no room: the link waits for the next."""
    if client is None or client.id in known.told_link:
        return None
    is_plain = {one.kind for one in going} == {ReminderKind.EXERCISE}
    return client.link_to_tell if is_plain else None


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
