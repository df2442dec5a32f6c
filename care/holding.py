"""Exercise texts held back after a sign of danger, until a named person lets them go on.

While they are held no exercise is due: the client was told to stop. The log of both stands in the
attention item, so that it is read where the danger is.
"""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from care.checks import check_line
from care.errors import Refused
from care.models import (
    Assignment,
    AssignmentStatus,
    AttentionItem,
    AttentionKind,
    Client,
    ClientStatus,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
    Role,
    User,
)
from care.visibility import is_visible, names_of, sees_all
from care.withdrawal import cancel_reminders, replan_client, withdraw_follow_ups, withdraw_occurrences

HELD_KINDS = frozenset({ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION, ReminderKind.NUDGE})
LOG = "held_texts"


class Held(NamedTuple):
    """A client whose exercise texts are held, and since when."""

    id: int
    name: str
    timezone: str
    texts_held_at: datetime


def hold_texts(session: Session, client: Client, item: AttentionItem, now: datetime) -> None:
    """No exercise text from now on. Held already, they stay held since when they were."""
    if client.texts_held_at is not None:
        return
    client.texts_held_at = now
    active = select(Assignment.id).where(
        Assignment.client_id == client.id, Assignment.status == AssignmentStatus.ACTIVE
    )
    withdraw_occurrences(session, session.scalars(active).all(), now, "held")
    withdraw_follow_ups(session, _pain_questions(session, client), "held", since=now)
    waiting = select(Reminder.id).where(
        Reminder.client_id == client.id,
        Reminder.status == ReminderStatus.PLANNED,
        Reminder.kind.in_(HELD_KINDS),
    )
    cancel_reminders(session, session.scalars(waiting).all(), "held")
    _write(session, item, {"at": now.isoformat(), "held": True})


def release_texts(session: Session, client: Client, user: User, now: datetime, note: str = "") -> None:
    """This person lets exercise texts go on, from now: what was held is not made up for.

    Raises Refused for the front desk.
    """
    if user.role is Role.FRONT_DESK:
        raise Refused("Only a therapist or an admin may start exercise texts again.")
    if client.texts_held_at is None:
        return
    note = check_line("Note", note, 200, may_be_empty=True)
    client.texts_held_at = None
    replan_client(session, client.id, now)
    item = find_flag(session, client)
    if item is not None:
        _write(session, item, {"at": now.isoformat(), "held": False, "by": user.name, "note": note})
    session.flush()


def find_flag(session: Session, client: Client) -> AttentionItem | None:
    """The latest sign of danger, dealt with or not."""
    flags = select(AttentionItem).where(
        AttentionItem.client_id == client.id, AttentionItem.kind == AttentionKind.RED_FLAG
    )
    return session.scalar(flags.order_by(AttentionItem.raised_at.desc(), AttentionItem.id.desc()).limit(1))


def still_held_words(session: Session, item: AttentionItem) -> str:
    """What somebody should know who closes a red flag; empty where nothing is held."""
    client = session.get(Client, item.client_id) if item.client_id is not None else None
    if client is None or client.texts_held_at is None:
        return ""
    return f"Exercise texts to {client.first_name} stay held until somebody starts them again."


def list_held(session: Session, seen_by: User) -> list[Held]:
    """Whose exercise texts wait for somebody, longest first."""
    rows = session.execute(_held(sees_all(seen_by)), names_of(seen_by))
    return [Held(id, f"{first} {last}".strip(), zone, at) for id, first, last, zone, at in rows]


@cache
def _held(of_all: bool) -> Select[*tuple[Any, ...]]:
    """Built once: that takes longer than asking."""
    what = (Client.id, Client.first_name, Client.last_name, Client.timezone, Client.texts_held_at)
    held = select(*what).where(
        is_visible(of_all=of_all), Client.texts_held_at.is_not(None), Client.status == ClientStatus.ACTIVE
    )
    return held.order_by(Client.texts_held_at, Client.id)


def log_of(item: AttentionItem) -> list[dict[str, Any]]:
    """When texts were held and let go on, by whom and why, oldest first."""
    entries: list[dict[str, Any]] = item.details.get(LOG, [])
    return [entry | {"at": datetime.fromisoformat(entry["at"])} for entry in entries]


def _pain_questions(session: Session, client: Client) -> list[FollowUp]:
    open_questions = select(FollowUp).where(
        FollowUp.client_id == client.id,
        FollowUp.status == FollowUpStatus.OPEN,
        FollowUp.kind == FollowUpKind.PAIN_QUESTION,
    )
    return list(session.scalars(open_questions))


def _write(session: Session, item: AttentionItem, entry: dict[str, Any]) -> None:
    item.details = item.details | {LOG: [*item.details.get(LOG, []), entry]}
    session.flush()
