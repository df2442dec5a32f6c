"""Taking due reminders for ourselves, a batch in one statement, committed before any network."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, case, exists, select, true, tuple_, union_all, update
from sqlalchemy.orm import Session, aliased

from care.models import Reminder, ReminderKind, ReminderStatus
from reminders.batch_rows import AnyReminder, Due
from reminders.given import given, is_among, table_of
from reminders.missing_keys import can_be_sent
from reminders.sharing import IS_PLANNED, Share
from reminders.timelines import Timeline

log = structlog.get_logger()

TOGETHER = timedelta(minutes=15)
# Of what could not be read though its own rows can: so long it lets the others go first.
UNTIL_ASKED_AGAIN = timedelta(minutes=1)
MERGED_KINDS = frozenset({ReminderKind.EXERCISE, ReminderKind.PAIN_QUESTION})


TABLE = table_of(Reminder)
COLUMNS = tuple(TABLE.c[name] for name in Due.__slots__[:-3])


def claim(
    session: Session, timeline: Timeline, shares: Sequence[Share], *, leave_shut: bool = False
) -> list[Due]:
    """Each share's due reminders, and with them what joins their text; all are `sending` now.

    The claim must be committed before the provider is called. A crash in between leaves the rows
    `sending`, which sweeping finds. `leave_shut` leaves those alone that this process cannot open.
    """
    if not shares:
        return []
    only = can_be_sent(session) if leave_shut else true()
    claimed = _take(session, _due(session, timeline, shares, only), timeline.now)
    mergeable = {one.client_id for one in claimed if one.kind in MERGED_KINDS}
    if not mergeable:
        return claimed
    companions = select(Reminder.id).where(
        IS_PLANNED,
        is_among(session, Reminder.client_id, mergeable),
        Reminder.kind.in_(MERGED_KINDS),
        Reminder.send_at <= timeline.now + TOGETHER,
        only,
    )
    return claimed + _take(session, _locking(session, companions), timeline.now)


def put_off(session: Session, timeline: Timeline, shares: Sequence[Share]) -> int:
    """What is first in its share waits for a key. Returns how many; nothing of the rows is read."""
    first = list(session.scalars(_due(session, timeline, shares, true())))
    later = update(TABLE).where(TABLE.c.id.in_(first), TABLE.c.status == ReminderStatus.PLANNED)
    session.execute(later.values(send_at=timeline.now + UNTIL_ASKED_AGAIN, reason="key_missing"))
    log.warning("texts_wait_for_key", reminders=first)
    return len(first)


def _due(
    session: Session, timeline: Timeline, shares: Sequence[Share], only: ColumnElement[bool]
) -> Select[int]:
    """The first of each share. A limit for each practice keeps to its part of the index, where a rank
    over all would read everything that waits.
    """
    first = [_locking(session, _first_of(session, timeline, share, only)).subquery() for share in shares]
    return select(union_all(*(select(one.c.id) for one in first)).subquery().c.id)


def _first_of(session: Session, timeline: Timeline, share: Share, only: ColumnElement[bool]) -> Select[int]:
    due = select(Reminder.id).where(
        IS_PLANNED,
        Reminder.practice_id == share.practice.id,
        Reminder.priority.in_(share.priorities),
        Reminder.send_at <= timeline.now,
        only,
    )
    if session.get_bind().dialect.name != "sqlite":
        due = due.where(~_goes_with_another())
    turn = (Reminder.priority, Reminder.send_at, Reminder.due_at, Reminder.id)
    return due.order_by(*turn).limit(share.most)


def _goes_with_another() -> ColumnElement[bool]:
    """Of what becomes one text only the first is taken by itself, so that two workers cannot split it:
    while one of them holds the first, the other still sees it planned and leaves the rest alone.
    """
    first = aliased(Reminder)
    leads = exists().where(
        first.client_id == Reminder.client_id,
        first.status == ReminderStatus.PLANNED,
        first.kind.in_(MERGED_KINDS),
        tuple_(first.send_at, first.id) < tuple_(Reminder.send_at, Reminder.id),
    )
    return Reminder.kind.in_(MERGED_KINDS) & leads


def _locking(session: Session, wanted: Select[int]) -> Select[int]:
    """PostgreSQL must lock each row once and skip what another worker holds; SQLite has one writer."""
    if session.get_bind().dialect.name == "sqlite":
        return wanted
    return wanted.with_for_update(skip_locked=True)


def _take(session: Session, wanted: Select[int], now: datetime) -> list[Due]:
    """Materialized, else PostgreSQL may look for what is unlocked again for every row."""
    ids = wanted.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    taking = (
        update(TABLE)
        .where(TABLE.c.id.in_(select(ids.c.id)), TABLE.c.status == ReminderStatus.PLANNED)
        .values(status=ReminderStatus.SENDING, claimed_at=now, attempts=TABLE.c.attempts + 1)
        .returning(*COLUMNS)
    )
    taken = [Due(*row) for row in session.execute(taking)]
    return sorted(taken, key=turn_of)


def turn_of(reminder: AnyReminder) -> tuple[int, datetime, datetime, str]:
    """What goes first: the urgent, then what may go first, then what was due first. At last by name, since
    ids tell only when a row was planned, and the preview must know the order before that.
    """
    return (reminder.priority, reminder.send_at, reminder.due_at, reminder.dedupe_key)


def release(
    reminders: Iterable[AnyReminder], send_at: datetime, reason: str | None, *, was_tried: bool = False
) -> None:
    """Give claimed reminders back, to be tried from `send_at` on. Surely unsent ones only.

    What was never handed over has not been tried.
    """
    for reminder in reminders:
        reminder.status = ReminderStatus.PLANNED
        reminder.send_at = max(send_at, reminder.due_at)
        reminder.reason = reason
        reminder.claimed_at = None
        reminder.message_id = None
        if not was_tried:
            reminder.attempts -= 1


def put_down(session: Session, reminders: Iterable[Due]) -> None:
    """Write down what was decided of those that do not go out now."""
    rows = [
        (one.id, one.status, one.due_at, one.send_at, one.expires_at, one.reason, one.attempts)
        for one in reminders
        if one.status is not ReminderStatus.SENDING
    ]
    if not rows:
        return
    id, status, due_at, send_at, expires_at, reason, attempts = given(
        session, rows, int, str, datetime, datetime, datetime, str, int
    )
    claimed_at = case((status == ReminderStatus.PLANNED.value, None), else_=TABLE.c.claimed_at)
    changed = update(TABLE).where(TABLE.c.id == id)
    session.execute(
        changed.values(
            status=status,
            due_at=due_at,
            send_at=send_at,
            expires_at=expires_at,
            reason=reason,
            attempts=attempts,
            claimed_at=claimed_at,
        )
    )
