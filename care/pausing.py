"""Days on which a client gets no texts, and their exercises are not due."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from care.errors import Refused
from care.models import Client
from care.recurrence import A_DAY, today_in
from care.withdrawal import replan_client

# Who paused a client's texts; a pause for silence ends with the client's next word.
PAUSED_BY_STAFF, PAUSED_BY_CLIENT, PAUSED_FOR_SILENCE = "staff", "client", "silence"


def pause_texts(
    session: Session,
    client: Client,
    from_day: date,
    until_day: date | None,
    now: datetime,
    reason: str = PAUSED_BY_STAFF,
) -> None:
    """Both days are part of the pause; without a last day it holds until `resume_texts`.

    Exercises of a paused day are not due.
    """
    if until_day is not None and until_day < from_day:
        raise Refused("The last day of the pause must not come before its first.")
    client.paused_from, client.paused_until, client.pause_reason = from_day, until_day, reason
    replan_client(session, client.id, now)


def resume_texts(session: Session, client: Client, now: datetime) -> None:
    """From today on. The days they were paused stay known: nobody was silent on them."""
    today = today_in(client.timezone, now)
    if client.paused_from is None or client.paused_from >= today:
        client.paused_from = client.paused_until = None
    elif client.paused_until is None or client.paused_until >= today:
        client.paused_until = today - A_DAY
    client.pause_reason = None
    replan_client(session, client.id, now)
