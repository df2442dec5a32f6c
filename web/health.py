"""Two addresses for whoever watches the process: is it up, and is it doing its work."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from care import field_keys, lacking
from care.models import Lease
from care.sealed_fields import ring_of
from reminders import flow
from reminders.provider import ProviderFact, ProviderState, last_known
from reminders.timelines import timelines
from web.deps import database, real_now, settings

# The engine ticks every minute. Two and a half of them make red within three of the last one.
LATEST_TICK = timedelta(seconds=150)
LATEST_TEXT = timedelta(seconds=150)
# Trouble on the way there may pass by itself; a provider that keeps us out does not.
PATIENCE_WITH_PROVIDER = timedelta(seconds=150)
TICK = "tick"

bp = Blueprint("health", __name__)
log = structlog.get_logger()


@dataclass(frozen=True)
class Health:
    """What was found, in ages and counts. It is ready when there is no reason against it."""

    tick_seconds: int | None
    overdue_seconds: int | None
    unsure: int
    provider: str
    provider_seconds: int | None
    reasons: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "ready": not self.reasons,
            "reasons": self.reasons,
            "database": "ok",
            "last_tick_seconds": self.tick_seconds,
            "oldest_overdue_seconds": self.overdue_seconds,
            "unsure": self.unsure,
            "provider": self.provider,
            "provider_since_seconds": self.provider_seconds,
        }


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> Response:
    """200 when texts go out as they should, else 503 with the reasons. Ages and counts only."""
    try:
        with database().reading() as session:
            report = look(session, real_now(), is_simulated=settings().is_simulated).as_dict()
    except SQLAlchemyError as error:
        log.error("not_ready", reason=type(error).__name__)
        report = {"ready": False, "reasons": ["database"], "database": "unreachable"}
    answer = jsonify(report)
    answer.status_code = 200 if report["ready"] else 503
    return answer


def look(session: Session, now: datetime, *, is_simulated: bool) -> Health:
    """A database that only lets us read shows too: the engine cannot renew its lease there."""
    ticked = ticked_at(session)
    overdue, is_stuck = _overdue(session, now)
    fact = None if is_simulated else last_known(session)
    reasons = {
        "scheduler": has_stopped(ticked, now),
        "overdue": is_stuck,
        "provider": is_bad(fact, now),
        "field_key": lacks_key(session, now),
    }
    return Health(
        tick_seconds=None if ticked is None else _seconds(now - ticked),
        overdue_seconds=None if overdue is None else _seconds(overdue),
        unsure=flow.count_in_doubt(session),
        provider="simulated" if is_simulated else fact.state.value if fact else "unknown",
        provider_seconds=_seconds(now - fact.since) if fact else None,
        reasons=[name for name, is_so in reasons.items() if is_so],
    )


def lacks_key(session: Session, now: datetime) -> bool:
    """Whether this process, or one that said so lately, runs without a key that fields are sealed with."""
    ring = ring_of(session.get_bind().dialect)
    is_here = bool(field_keys.missing_of(field_keys.needed(session), ring))
    return is_here or lacking.last_known(session, now) is not None


def ticked_at(session: Session) -> datetime | None:
    """When the part that sends was last at work."""
    return session.scalar(select(Lease.renewed_at).where(Lease.name == TICK))


def has_stopped(ticked: datetime | None, now: datetime) -> bool:
    return ticked is None or now - ticked > LATEST_TICK


def _overdue(session: Session, now: datetime) -> tuple[timedelta | None, bool]:
    """How late the latest text is, each practice by its own clock, and whether sending stands still.

    A morning's queue that moves at the provider's pace is long, but nothing is wrong with it.
    """
    longest, is_stuck = None, False
    for moment in timelines(session, now):
        since = flow.oldest_overdue(session, moment)
        if since is None:
            continue
        age = moment.now - since
        longest = age if longest is None else max(longest, age)
        if age > LATEST_TEXT and not flow.any_sent_since(session, moment, moment.now - LATEST_TEXT):
            is_stuck = True
    return longest, is_stuck


def is_bad(fact: ProviderFact | None, now: datetime) -> bool:
    if fact is None or fact.state is ProviderState.OK:
        return False
    return fact.state is ProviderState.LOCKED_OUT or now - fact.since > PATIENCE_WITH_PROVIDER


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))
