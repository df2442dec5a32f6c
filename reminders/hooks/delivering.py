"""Handing events over: one signed POST each, repeated for a day until it is taken.

A delivery that was on its way when a process died goes again under the
same id, by which the receiver tells repeats. The body holds ids and links, never a name, a number or a
rating.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from care.db import Sessions, reading_of
from care.models import EventHook, HookDelivery, HookStatus
from care.portable.values import to_json
from reminders.hooks.laying_out import lay_out
from reminders.hooks.parcels import Parcel
from reminders.hooks.targets import NEW_RATING
from reminders.timelines import Timeline, timelines

log = structlog.get_logger()

AT_ONCE = 20
LEASE = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 480, 1440))
GONE = 410


@dataclass
class Told:
    """What one drain did."""

    laid_out: int = 0
    sent: int = 0
    put_off: int = 0
    failed: int = 0


class Teller:
    """Lays out events and delivers them. Any number may run at once."""

    def __init__(self, sessions: Sessions, public_url: str, allowed: Collection[str]) -> None:
        self._sessions = sessions
        self._reading = reading_of(sessions)
        self._public_url = public_url
        self._allowed = frozenset(allowed)
        self._stopping = threading.Event()

    def drain(self, clock: Callable[[], datetime]) -> Told:
        """One batch of each timeline."""
        done = Told()
        with self._reading() as session:
            if session.scalar(select(EventHook.id).where(EventHook.ended_at.is_(None)).limit(1)) is None:
                return done
            moments = timelines(session, clock())
        for moment in moments:
            if self._stopping.is_set():
                break
            with self._sessions.begin() as session:
                done.laid_out += lay_out(session, moment)
                parcels = self._claim(session, moment)
            if parcels:
                self._deliver(parcels, moment.now, done)
        return done

    def stop(self) -> None:
        self._stopping.set()

    def _claim(self, session: Session, timeline: Timeline) -> list[Parcel]:
        now = timeline.now
        is_due = or_(
            and_(HookDelivery.status == HookStatus.PLANNED, HookDelivery.send_at <= now),
            and_(HookDelivery.status == HookStatus.SENDING, HookDelivery.claimed_at <= now - LEASE),
        )
        due = (
            select(HookDelivery, EventHook)
            .join(EventHook, EventHook.id == HookDelivery.hook_id)
            .where(is_due, EventHook.ended_at.is_(None), timeline.covers(HookDelivery.practice_id))
            .order_by(HookDelivery.send_at, HookDelivery.id)
            .limit(AT_ONCE)
        )
        parcels = []
        for delivery, hook in session.execute(due.with_for_update(skip_locked=True, of=HookDelivery)).all():
            delivery.status, delivery.claimed_at = HookStatus.SENDING, now
            delivery.attempts += 1
            body = json.dumps(body_of(delivery, self._public_url))
            parcels.append(Parcel(delivery.id, hook.id, hook.url, hook.secret, delivery.token, body))
        return parcels

    def _deliver(self, parcels: Sequence[Parcel], now: datetime, done: Told) -> None:
        from reminders.hooks.posting import post_all  # aiohttp costs 6 MB, and few have a hook

        answers = asyncio.run(post_all(parcels, self._allowed, now))
        for parcel, answered in zip(parcels, answers, strict=True):
            self._record(parcel, answered, now, done)

    def _record(self, parcel: Parcel, answered: int | str, now: datetime, done: Told) -> None:
        with self._sessions.begin() as session:
            delivery = session.get(HookDelivery, parcel.delivery_id)
            if delivery is None:
                return
            delivery.answered, delivery.claimed_at = str(answered), None
            if isinstance(answered, int) and 200 <= answered < 300:
                delivery.status, delivery.sent_at = HookStatus.SENT, now
                done.sent += 1
            elif answered == GONE:
                delivery.status = HookStatus.FAILED
                hook = session.get_one(EventHook, parcel.hook_id)
                hook.ended_at, hook.end_reason = now, "gone"
                done.failed += 1
            elif delivery.attempts > len(PAUSES):
                delivery.status = HookStatus.FAILED
                done.failed += 1
            else:
                delivery.status = HookStatus.PLANNED
                delivery.send_at = now + PAUSES[delivery.attempts - 1]
                done.put_off += 1
            log.info(
                "event_told", delivery=parcel.delivery_id, answered=answered, status=delivery.status.value
            )


def body_of(delivery: HookDelivery, public_url: str) -> dict[str, object]:
    """What the receiver reads: the event, when, and where the rest can be asked for with a token."""
    name, page = "attention", f"/inbox?item={delivery.subject_id}"
    if delivery.event == NEW_RATING:
        name, page = "ratings", f"/clients/{delivery.client_id}"
    data = {
        "id": delivery.subject_id,
        "client_id": delivery.client_id,
        "api": f"{public_url}/api/v1/{name}/{delivery.subject_id}",
        "page": f"{public_url}{page}",
    }
    return {"type": delivery.event, "timestamp": to_json(delivery.happened_at), "data": data}
