"""Taking back what was planned and has not gone out, in the transaction of the change that calls for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.orm import Session

from care.models import (
    Assignment,
    AssignmentStatus,
    Client,
    FollowUp,
    FollowUpKind,
    FollowUpStatus,
    Occurrence,
    OccurrenceStatus,
    Reminder,
    ReminderKind,
    ReminderStatus,
)
from care.recurrence import instant_of

# From one side of the date line to the other.
LONGEST_JUMP = timedelta(hours=26)


def withdraw_occurrences(
    session: Session, assignment_ids: Sequence[int], since: datetime, reason: str
) -> None:
    """Cancel open occurrences due from then on, and the reminders that now remind of nothing.

    What was due earlier stays: it happened, whatever is changed now.
    """
    _hold_off_planning(session, select(Assignment.client_id).where(Assignment.id.in_(assignment_ids)))
    session.flush()
    ahead = (
        Occurrence.assignment_id.in_(assignment_ids),
        Occurrence.status == OccurrenceStatus.OPEN,
        Occurrence.due_at >= since,
    )
    touched = list(session.scalars(select(Occurrence.reminder_id).where(*ahead).distinct()))
    session.execute(update(Occurrence).where(*ahead).values(status=OccurrenceStatus.CANCELLED))
    wanted = exists().where(Occurrence.reminder_id == Reminder.id, Occurrence.status == OccurrenceStatus.OPEN)
    cancel_reminders(
        session,
        [id for id in touched if id is not None],
        reason,
        ~wanted,
    )


def withdraw_follow_ups(
    session: Session, follow_ups: Sequence[FollowUp], reason: str, since: datetime | None = None
) -> None:
    """Cancel the unsent texts of these follow-ups: all, or those due from then on."""
    ids = [follow_up.id for follow_up in follow_ups]
    _hold_off_planning(session, select(FollowUp.client_id).where(FollowUp.id.in_(ids)))
    texts = select(Reminder.id).where(Reminder.follow_up_id.in_(ids))
    if since is not None:
        texts = texts.where(Reminder.due_at >= since)
    cancel_reminders(session, list(session.scalars(texts)), reason)


def replan_client(session: Session, client_id: int, now: datetime, zone_before: str | None = None) -> None:
    """Take back all that lies ahead of a client and let planning lay it out again, by the rows as they
    are now: after a change of zone, hours or phone, a pause, or its end.

    A text that was due earlier and waits for the window to open is not ahead: it stays. So does what
    lay ahead on the clock of `zone_before` and is past on the new one: it is due at once.
    """
    _hold_off_planning(session, select(Client.id).where(Client.id == client_id))
    _keep_what_the_move_jumped_over(session, client_id, now, zone_before)
    active = select(Assignment).where(
        Assignment.client_id == client_id, Assignment.status == AssignmentStatus.ACTIVE
    )
    replan(session, session.scalars(active).all(), now)
    follow_ups = session.scalars(
        select(FollowUp).where(
            FollowUp.client_id == client_id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind != FollowUpKind.CALL_TASK,
        )
    ).all()
    withdraw_follow_ups(session, follow_ups, "plan_changed", since=now)
    for follow_up in follow_ups:
        if follow_up.planned_until is not None:
            follow_up.planned_until = min(now, follow_up.planned_until)
    session.flush()


def _keep_what_the_move_jumped_over(
    session: Session, client_id: int, now: datetime, zone_before: str | None
) -> None:
    """Planning never looks back, so these would be lost without a word. Sending drops what is stale."""
    zone = _known_zone(session.scalar(select(Client.timezone).where(Client.id == client_id)))
    before = _known_zone(zone_before)
    if zone is None or before is None or zone == before:
        return
    for reminder in _texts_within_a_jump(session, client_id, now):
        wall = reminder.due_at.astimezone(before)
        due_at = instant_of(wall.date(), wall.time(), zone)
        if due_at < now:
            if reminder.kind is not ReminderKind.VISIT:
                reminder.expires_at += due_at - reminder.due_at
            reminder.due_at, reminder.send_at = due_at, now
    for occurrence in _occurrences_within_a_jump(session, client_id, now):
        due_at = instant_of(occurrence.slot_on, occurrence.slot_time, zone)
        if due_at < now:
            occurrence.closes_at += due_at - occurrence.due_at
            occurrence.due_at = due_at
    session.flush()


def _texts_within_a_jump(session: Session, client_id: int, now: datetime) -> Sequence[Reminder]:
    return session.scalars(
        select(Reminder).where(
            Reminder.client_id == client_id,
            Reminder.status == ReminderStatus.PLANNED,
            Reminder.kind.not_in([ReminderKind.ANSWER, ReminderKind.SAFETY, ReminderKind.ALERT]),
            Reminder.due_at >= now,
            Reminder.due_at < now + LONGEST_JUMP,
        )
    ).all()


def _occurrences_within_a_jump(session: Session, client_id: int, now: datetime) -> Sequence[Occurrence]:
    return session.scalars(
        select(Occurrence).where(
            Occurrence.client_id == client_id,
            Occurrence.status == OccurrenceStatus.OPEN,
            Occurrence.due_at >= now,
            Occurrence.due_at < now + LONGEST_JUMP,
        )
    ).all()


def _known_zone(name: str | None) -> ZoneInfo | None:
    """None for one nobody knows: correcting it is the very reason to plan again."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def replan(session: Session, assignments: Sequence[Assignment], now: datetime) -> None:
    """Take back what lies ahead of these; from `now` on it will be laid out again."""
    withdraw_occurrences(session, [one.id for one in assignments], now, "plan_changed")
    for assignment in assignments:
        assignment.planned_until = min(now, assignment.planned_until or now)
    session.flush()


def withdraw_texts(session: Session, client_id: int, reason: str) -> None:
    """Cancel everything unsent that we would have started; answers the client waits for stay."""
    _hold_off_planning(session, select(Client.id).where(Client.id == client_id))
    texts = select(Reminder.id).where(
        Reminder.client_id == client_id,
        Reminder.status == ReminderStatus.PLANNED,
        Reminder.kind.not_in([ReminderKind.ANSWER, ReminderKind.SAFETY]),
    )
    cancel_reminders(session, list(session.scalars(texts)), reason)


def cancel_reminders(
    session: Session, ids: Sequence[int], reason: str, *conditions: ColumnElement[bool]
) -> None:
    """Only what is still planned: a reminder on the wire can no longer be taken back."""
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_(ids), Reminder.status == ReminderStatus.PLANNED, *conditions)
        .values(status=ReminderStatus.CANCELLED, reason=reason)
    )


def _hold_off_planning(session: Session, client_ids: Select[int]) -> None:
    """Lock these clients' rows before anything is changed, as planning does before it reads them.

    Else planning could lay out, by what it read a moment ago, the very thing that is taken back here.
    SQLite has one writer anyway.
    """
    held = select(Client.id).where(Client.id.in_(client_ids)).order_by(Client.id)
    with session.no_autoflush:
        session.execute(held.with_for_update(key_share=True))
