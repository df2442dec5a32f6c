"""Planning what goes to staff instead of a phone: calls to make, and what could not be planned."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from care.attention import raise_item
from care.followups import checks_between, has_ended
from care.models import AttentionKind, Client, FollowUp, FollowUpKind, FollowUpStatus, Visit
from reminders.missing_keys import follow_ups_that_open, opens
from reminders.timelines import Timeline

log = structlog.get_logger()

# A form says "now" to the minute, and takes a while to fill in.
JUST_NOW = timedelta(minutes=16)


@contextmanager
def put_aside_if_broken(session: Session, client: Client, now: datetime) -> Iterator[None]:
    """What cannot be laid out stops nobody else, and a person learns of it."""
    try:
        yield
    except Exception:
        log.exception("not_planned", client=client.id)
        raise_item(
            session,
            client.practice_id,
            AttentionKind.UNSURE_TEXT,
            f"unplanned:{client.id}",
            now,
            client_id=client.id,
            owner_id=client.therapist_id,
            details={"reason": "could_not_be_planned"},
        )


def raise_calls(session: Session, timeline: Timeline, *, leave_shut: bool = False) -> None:
    """A follow-up that staff should make by phone becomes an item on their list when it is due.

    `leave_shut` leaves those for later that this process cannot open.
    """
    calls = session.execute(
        select(FollowUp, Client, Visit)
        .join(Client, Client.id == FollowUp.client_id)
        .outerjoin(Visit, Visit.id == FollowUp.visit_id)
        .where(
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind == FollowUpKind.CALL_TASK,
            timeline.covers(FollowUp.practice_id),
            follow_ups_that_open(session) & opens(session, Client) if leave_shut else true(),
        )
    ).all()
    for follow_up, client, visit in calls:
        with put_aside_if_broken(session, client, timeline.now):
            _raise_call(session, follow_up, client, visit, timeline.now)


def _raise_call(
    session: Session, follow_up: FollowUp, client: Client, visit: Visit | None, now: datetime
) -> None:
    zone, visit_at = ZoneInfo(client.timezone), visit.starts_at if visit else None
    since = follow_up.planned_until or follow_up.created_at - JUST_NOW
    for check in checks_between(follow_up, visit_at, zone, since, now):
        raise_item(
            session,
            follow_up.practice_id,
            AttentionKind.CALL_TASK,
            f"call:{follow_up.id}:{check.on:%Y-%m-%d}",
            now,
            client_id=client.id,
            owner_id=client.therapist_id,
            details={"what": follow_up.body},
        )
        follow_up.planned_until = now
    if has_ended(follow_up, visit_at, zone, now):
        follow_up.status = FollowUpStatus.DONE
