"""Events become rows: one delivery for each address and event, however often anyone looks.

Nothing is written where the event happens, so an inbound text pays nothing for it. A rating is found by its
id; since a transaction may commit after one that began later, the last few hundred are looked at again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from care.models import (
    AttentionItem,
    AttentionKind,
    AttentionStatus,
    EventHook,
    HookDelivery,
    HookStatus,
    Rating,
)
from care.tokens import new_token
from care.upsert import insert_into
from reminders.hooks.targets import NEW_RATING, RED_FLAG
from reminders.timelines import Timeline

LOOKED_AT_AGAIN = 500
AT_ONCE = 1_000
# One that was closed before anybody looked is still told.
LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True)
class Happening:
    """One event: the row it is about, and what tells it from the next one about the same row."""

    event: str
    subject_id: int
    cause_key: str
    client_id: int | None
    at: datetime


def lay_out(session: Session, timeline: Timeline) -> int:
    """Returns how many deliveries came into being."""
    hooks = select(EventHook).where(EventHook.ended_at.is_(None), timeline.covers(EventHook.practice_id))
    count = 0
    for hook in session.scalars(hooks).all():
        if NEW_RATING in hook.events:
            count += _ratings(session, hook, timeline.now)
        if RED_FLAG in hook.events:
            count += _red_flags(session, hook, timeline.now)
    return count


def _ratings(session: Session, hook: EventHook, now: datetime) -> int:
    was_laid_out = exists().where(
        HookDelivery.hook_id == hook.id,
        HookDelivery.event == NEW_RATING,
        HookDelivery.subject_id == Rating.id,
    )
    found = (
        select(Rating.id, Rating.client_id, Rating.at)
        .where(
            Rating.id >= max(hook.first_rating_id, hook.seen_rating_id - LOOKED_AT_AGAIN),
            Rating.practice_id == hook.practice_id,
            ~was_laid_out,
        )
        .order_by(Rating.id)
        .limit(AT_ONCE)
    )
    count = 0
    for id, client_id, at in session.execute(found).all():
        count += _owe(session, hook, Happening(NEW_RATING, id, str(id), client_id, at), now)
        hook.seen_rating_id = max(hook.seen_rating_id, id)
    return count


def _red_flags(session: Session, hook: EventHook, now: datetime) -> int:
    """A further message about the same danger is an event of its own."""
    recent = AttentionItem.raised_at > now - LOOKED_BACK
    found = select(AttentionItem).where(
        AttentionItem.practice_id == hook.practice_id,
        AttentionItem.kind == AttentionKind.RED_FLAG,
        or_(AttentionItem.status != AttentionStatus.CLOSED, recent),
        AttentionItem.raised_at >= hook.created_at,
    )
    count = 0
    for item in session.scalars(found.order_by(AttentionItem.id)).all():
        cause = f"{item.id}:{item.message_id or 0}"
        count += _owe(session, hook, Happening(RED_FLAG, item.id, cause, item.client_id, item.raised_at), now)
    return count


def _owe(session: Session, hook: EventHook, what: Happening, now: datetime) -> int:
    row = insert_into(session, HookDelivery).values(
        practice_id=hook.practice_id,
        hook_id=hook.id,
        client_id=what.client_id,
        event=what.event,
        subject_id=what.subject_id,
        cause_key=what.cause_key,
        token=new_token(),
        happened_at=what.at,
        send_at=now,
        status=HookStatus.PLANNED,
        attempts=0,
        answered="",
    )
    fresh = row.on_conflict_do_nothing(index_elements=["hook_id", "event", "cause_key"])
    return 1 if session.execute(fresh.returning(HookDelivery.id)).first() is not None else 0
