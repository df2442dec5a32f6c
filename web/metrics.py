"""Figures for Prometheus: counts and ages of the whole installation, nothing about anybody.

Everything comes from the database, so it is the same whichever process is asked. What a day held is
a gauge over the last 24 hours rather than a counter since the beginning: one needs an index, the
other would count millions of rows at every scrape.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_address

from flask import Blueprint, Response, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.addresses import parts_of
from care.models import AttentionItem, AttentionStatus, Direction, OptOut, Reminder, ReminderStatus
from care.wire import NEVER_ARRIVED
from reminders import flow
from reminders.provider import ProviderState
from reminders.timelines import Timeline, timelines
from web import health
from web.deps import database, real_now, refusals, settings
from web.exposition import CONTENT_TYPE, Family, exposition, labelled, value
from web.refusals import total_refused

A_DAY = timedelta(hours=24)
LOOPBACK_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})
# Whoever is named in one of these is not who knocks: there is a proxy nobody told us of.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Via")

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
def show() -> Response:
    """401 or 403 to whoever may not ask; the figures are public to nobody."""
    token = settings().metrics_token
    if token and not _shows(token):
        return Response("Send the token.\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    if not token and not _is_on_this_machine():
        return Response("Set HOMESTRETCH_METRICS_TOKEN.\n", 403, mimetype="text/plain")
    refusals().add(database().sessions, real_now())
    with database().reading() as session:
        return Response(exposition(families(session, real_now())), content_type=CONTENT_TYPE)


def families(session: Session, now: datetime) -> Iterator[Family]:
    moments = timelines(session, now)
    yield from _health(session, now)
    yield from _waiting(session, moments)
    yield from _last_day(session, moments)
    yield Family(
        "homestretch_webhooks_refused_total",
        "Calls to the webhooks that were refused, by reason; written down once a minute.",
        labelled("reason", total_refused(session)),
        "counter",
    )
    yield Family(
        "homestretch_opted_out_phones",
        "Phones that asked for no more texts.",
        value(session.scalar(select(func.count()).select_from(OptOut))),
    )
    yield Family(
        "homestretch_attention_open",
        "What needs a person and is not closed, by kind.",
        labelled("kind", _attention(session)),
    )


def _health(session: Session, now: datetime) -> Iterator[Family]:
    found = health.look(session, now, is_simulated=settings().is_simulated)
    yield Family("homestretch_ready", "1 while /readyz answers 200.", value(not found.reasons))
    yield Family("homestretch_tick_age_seconds", "Since the engine last ticked.", value(found.tick_seconds))
    yield Family(
        "homestretch_oldest_overdue_seconds",
        "How late the latest text is that has not gone out; 0 when none is.",
        value(found.overdue_seconds or 0),
    )
    yield Family(
        "homestretch_provider",
        "1 for the last known state of the provider.",
        labelled("state", {found.provider: 1} | {one: int(one == found.provider) for one in ProviderState}),
    )
    yield Family(
        "homestretch_reminders_unsure",
        "Reminders of which nobody knows whether they went out.",
        value(found.unsure),
    )


def _waiting(session: Session, moments: list[Timeline]) -> Iterator[Family]:
    due = sum(flow.queue(session, moment).due for moment in moments)
    planned = select(func.count()).where(Reminder.status == ReminderStatus.PLANNED)
    yield Family("homestretch_reminders_due", "Reminders that are due and wait to be sent.", value(due))
    yield Family(
        "homestretch_reminders_planned",
        "Reminders laid out for the days ahead, those that are due among them.",
        value(session.scalar(planned)),
    )


def _last_day(session: Session, moments: list[Timeline]) -> Iterator[Family]:
    """Each practice's own last 24 hours."""
    kinds, texts, late = Counter[str](), list[flow.TextCount](), flow.ON_TIME
    for moment in moments:
        since = moment.now - A_DAY
        texts += flow.texts_since(session, moment, since)
        for kind, found in flow.lateness(session, moment, since).items():
            kinds[kind.value] += found.total
            late += found
    yield Family(
        "homestretch_reminders_sent_24h", "Reminders sent in the last 24 hours.", labelled("kind", kinds)
    )
    yield from _texts(texts)
    yield from _lateness(late)


def _lateness(late: flow.Lateness) -> Iterator[Family]:
    name, told = "homestretch_lateness_24h_seconds", "From due to sent, reminders of the last 24 hours"
    counts = (*zip(map(str, flow.LATENESS_STEPS), late.within, strict=True), ("+Inf", late.total))
    steps = [({"le": step}, count) for step, count in counts]
    yield Family(f"{name}_bucket", f"{told}: so many at most this late.", steps)
    yield Family(f"{name}_sum", f"{told}: all their seconds.", value(late.seconds))
    yield Family(f"{name}_count", f"{told}: how many.", value(late.total))


def _texts(texts: list[flow.TextCount]) -> Iterator[Family]:
    failed, delivered, received = Counter[str](), 0, 0
    for one in texts:
        if one.direction is Direction.IN:
            received += one.count
        elif one.status in NEVER_ARRIVED:
            failed[str(one.error_code or "none")] += one.count
        elif one.status in flow.ARRIVED:
            delivered += one.count
    yield Family(
        "homestretch_texts_failed_24h",
        "Texts of the last 24 hours that did not arrive, by the provider's code.",
        labelled("code", failed),
    )
    yield Family(
        "homestretch_texts_delivered_24h", "Texts of the last 24 hours that arrived.", value(delivered)
    )
    yield Family("homestretch_texts_received_24h", "Texts from phones in the last 24 hours.", value(received))


def _attention(session: Session) -> dict[str, float]:
    counts = select(AttentionItem.kind, func.count()).group_by(AttentionItem.kind)
    rows = session.execute(counts.where(AttentionItem.status != AttentionStatus.CLOSED))
    return {kind.value: count for kind, count in rows}


def _shows(token: str) -> bool:
    """The same time for every wrong one."""
    shown = request.authorization
    if shown is None or shown.type != "bearer" or shown.token is None:
        return False
    return compare_digest(shown.token.encode(), token.encode())


def _is_on_this_machine() -> bool:
    """Whoever comes through a proxy names our public host, even where its headers do not reach us."""
    if settings().proxy_hops or any(name in request.headers for name in FORWARDED):
        return False
    if parts_of(f"//{request.host}").hostname not in LOOPBACK_NAMES:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
