"""Handing events over: one signed POST each, repeated for a day until it is taken.

Signed as the Standard Webhooks specification has it (version 1 of https://www.standardwebhooks.com):
HMAC-SHA256 over id, time and body. A delivery that was on its way when a process died goes again under the
same id, by which the receiver tells repeats. The body holds ids and links, never a name, a number or a
rating.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from care.db import Sessions, reading_of
from care.errors import Refused
from care.models import EventHook, HookDelivery, HookStatus
from care.portable.values import to_json
from reminders.gateway import GatewayRefused
from reminders.hooks.laying_out import lay_out
from reminders.hooks.targets import NEW_RATING, SECRET_PREFIX, check_url
from reminders.timelines import Timeline, timelines
from reminders.twilio_transport import proxy_for, trusted_certificates

log = structlog.get_logger()

AT_ONCE = 20
TIMEOUT_SECONDS = 10.0
LEASE = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 480, 1440))
GONE = 410


@dataclass(frozen=True)
class Parcel:
    """What goes over the wire of one row, read before the network."""

    delivery_id: int
    hook_id: int
    url: str
    secret: str
    id: str
    body: str


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
                answers = asyncio.run(self._call_all(parcels, moment.now))
                for parcel, answered in zip(parcels, answers, strict=True):
                    self._record(parcel, answered, moment.now, done)
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

    async def _call_all(self, parcels: Sequence[Parcel], now: datetime) -> list[int | str]:
        return await asyncio.gather(*[self._call(parcel, now) for parcel in parcels])

    async def _call(self, parcel: Parcel, now: datetime) -> int | str:
        """The status that came back, or in a word why none did."""
        try:
            check_url(parcel.url, self._allowed)
            host = urlsplit(parcel.url).hostname or ""
            proxy = proxy_for(host) if parcel.url.startswith("https:") else None
            resolver = None if proxy else Outside(self._allowed)
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
            connector = aiohttp.TCPConnector(ssl=trusted_certificates(), resolver=resolver)
            async with (
                aiohttp.ClientSession(
                    connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), proxy=proxy
                ) as session,
                session.post(
                    parcel.url,
                    data=parcel.body.encode(),
                    headers=headers_of(parcel, now),
                    allow_redirects=False,
                ) as answer,
            ):
                return answer.status
        except (Refused, NotOutside, GatewayRefused):
            return "not_allowed"
        except TimeoutError:
            return "no_answer"
        except (aiohttp.ClientError, OSError, ValueError) as trouble:
            return "not_allowed" if isinstance(trouble.__cause__, NotOutside) else "not_reached"

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


def headers_of(parcel: Parcel, now: datetime) -> dict[str, str]:
    at = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Homestretch",
        "webhook-id": parcel.id,
        "webhook-timestamp": at,
        "webhook-signature": sign(parcel.secret, parcel.id, at, parcel.body),
    }


def sign(secret: str, id: str, timestamp: str, body: str) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class NotOutside(OSError):
    """The name leads into our own network."""


class Outside(AbstractResolver):
    """Looks names up, and knows no addresses but those of the internet. What it returns is what is called."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if host.lower() in self._allowed:
            return found
        outside = [one for one in found if ip_address(one["host"].partition("%")[0]).is_global]
        if not outside:
            raise NotOutside(host)
        return outside

    async def close(self) -> None:
        await self._resolver.close()
