"""Telling a client that their plan is another now: one text for a whole sitting of changes."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from care.client_links import address_of, find_link, link_for
from care.models import Client, Plan, Practice, Reminder, ReminderKind, ReminderStatus
from reminders.contact import next_opening, window_of
from reminders.outbox import USEFUL, owe
from reminders.wording import client_text

NEWS = "plan_changed"
# Whoever changes one exercise often changes another; the text waits until they are through.
SITTING = timedelta(minutes=5)


def owe_news(session: Session, client: Client, plan: Plan, public_url: str, now: datetime) -> datetime:
    """Owe the text with the link to their page; one that still waits is put off instead. Returns when it
    goes out, inside the hours for texts."""
    due_at = now + SITTING
    at = _opening(client, client.practice, due_at)
    waiting = _waiting(session, client)
    if waiting is not None:
        waiting.due_at = waiting.send_at = due_at
        waiting.expires_at = due_at + USEFUL[ReminderKind.MESSAGE]
        session.flush()
        return at
    link = link_for(session, client, now)
    owe(
        session,
        client.practice_id,
        ReminderKind.MESSAGE,
        NEWS,
        now,
        dedupe_key=_key(client, plan.id),
        client=client,
        params={"link": address_of(public_url, link)},
        due_at=due_at,
    )
    return at
    return at


def news_for(
    session: Session, client: Client, practice: Practice, public_url: str, now: datetime
) -> tuple[bool, str, datetime]:
    """Whether they have a link already, what the text would say, and when it would go out.

    A link that is still to be made shows as dots.
    """
    link = find_link(session, client, now)
    body = client_text(NEWS, client, practice, link=address_of(public_url, link))
    return link is not None, body, _opening(client, practice, now + SITTING)


def withdraw_news(session: Session, client: Client, plan_id: int) -> None:
    """That plan was taken back: so is its text, unless an earlier change of the sitting needs it too."""
    session.execute(
        delete(Reminder).where(
            Reminder.client_id == client.id,
            Reminder.dedupe_key == _key(client, plan_id),
            Reminder.status.in_([ReminderStatus.PLANNED, ReminderStatus.CANCELLED]),
        )
    )


def _waiting(session: Session, client: Client) -> Reminder | None:
    return session.scalar(
        select(Reminder)
        .where(
            Reminder.client_id == client.id,
            Reminder.text_key == NEWS,
            Reminder.status == ReminderStatus.PLANNED,
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _opening(client: Client, practice: Practice, at: datetime) -> datetime:
    return next_opening(window_of(practice, client), ZoneInfo(client.timezone), at)


def _key(client: Client, plan_id: int) -> str:
    return f"{NEWS}:{client.id}:{plan_id}"
