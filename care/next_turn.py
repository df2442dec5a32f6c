"""When an exercise comes next: the first of its times still ahead, as planning will lay it out."""

from datetime import datetime, timedelta

from care.models import Assignment, Client, ClientStatus
from care.plans import is_running_on, schedule_of
from care.recurrence import slots_between, today_in, zone_of

LOOKED_AHEAD = timedelta(days=366)


def next_turn(assignment: Assignment, client: Client, now: datetime) -> datetime | None:
    """On the client's clock. None when it waits for somebody to end a pause, or nothing is ahead any more,
    as for a client who was discharged.
    """
    if client.status is ClientStatus.DISCHARGED or is_waiting(assignment, client, now):
        return None
    zone = zone_of(client.timezone)
    for slot in slots_between(schedule_of(assignment), zone, now, now + LOOKED_AHEAD):
        if is_running_on(assignment, slot.on) and not client.is_paused_on(slot.on):
            return slot.due_at.astimezone(zone)
    return None


def is_waiting(assignment: Assignment, client: Client, now: datetime) -> bool:
    """Its last day is not over, and it is paused with no end named, or the client's texts are. Nothing of a
    discharged client waits.
    """
    if client.status is ClientStatus.DISCHARGED:
        return False
    today = today_in(client.timezone, now)
    if assignment.ends_on is not None and assignment.ends_on < today:
        return False
    return any(
        one.paused_from is not None and one.paused_until is None and one.paused_from <= today
        for one in (assignment, client)
    )
