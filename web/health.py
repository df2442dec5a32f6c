"""Two addresses for whoever watches the process: is it up, and is it doing its work."""

from datetime import datetime
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from care.models import Lease, Reminder, ReminderStatus
from web.deps import database, real_now

LATEST_TICK_SECONDS = 180
TICK = "tick"

bp = Blueprint("health", __name__)
log = structlog.get_logger()


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> Response:
    """200 when the database answers and the scheduler has ticked lately, else 503. Ids and ages only."""
    try:
        with database().reading() as session:
            report = _look(session, real_now())
    except SQLAlchemyError as error:
        log.error("not_ready", reason=type(error).__name__)
        report = {"ready": False, "database": "unreachable"}
    answer = jsonify(report)
    answer.status_code = 200 if report["ready"] else 503
    return answer


def _look(session: Session, now: datetime) -> dict[str, Any]:
    ticked_at = session.scalar(select(Lease.renewed_at).where(Lease.name == TICK))
    overdue = session.scalar(
        select(Reminder.send_at)
        .where(Reminder.status == ReminderStatus.PLANNED, Reminder.send_at < now)
        .order_by(Reminder.send_at)
        .limit(1)
    )
    tick_age = _age(ticked_at, now)
    return {
        "ready": tick_age is not None and tick_age <= LATEST_TICK_SECONDS,
        "database": "ok",
        "last_tick_seconds": tick_age,
        "oldest_overdue_seconds": _age(overdue, now),
    }


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else max(0, int((now - at).total_seconds()))
