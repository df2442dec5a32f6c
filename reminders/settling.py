"""Settling doubt from the provider's side: what became of a text, and which answers we missed.

The provider's list may lag, so a text counts as absent only when two looks, minutes apart, find
neither it nor anything else unexplained. Only then may it be sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, exists, or_, select, text, update
from sqlalchemy.orm import Session

from care.attention import raise_item, resolve
from care.models import AttentionItem, AttentionKind, Message, Question, Reminder, ReminderStatus
from care.wire import rank_of
from reminders.claiming import release
from reminders.gateway import ProviderMessage
from reminders.segments import plain
from reminders.timelines import Timeline

log = structlog.get_logger()

# Longer than the slowest batch may take (500 texts, 32 at once, 13 seconds each): what is still
# `sending` then was interrupted.
IN_FLIGHT = timedelta(minutes=5)
# A text we got no answer for is looked up sooner: its own request is over.
FIRST_LOOK = timedelta(minutes=1)
BETWEEN_LOOKS = timedelta(minutes=3)
SHOWN_AFTER = timedelta(minutes=10)
AT_A_TIME = 50
LISTED = 20
# The words of the index: SQLite takes a partial one for nothing less, and would read every reminder there is.
IN_DOUBT = text("reminder.status IN ('sending', 'unsure')")
# Clocks differ a little, and a message is created at the provider before we hear of it.
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=15)


@dataclass(frozen=True)
class Doubt:
    """A text whose fate is unknown: our message, and when we handed it over."""

    message_id: int
    phone: str
    body: str
    claimed_at: datetime


@dataclass
class Settled:
    """How many texts turned out sent, or surely not, and how many stay in doubt."""

    sent: int = 0
    absent: int = 0
    doubtful: int = 0

    def count(self, became: ReminderStatus) -> None:
        if became is ReminderStatus.SENT:
            self.sent += 1
        elif became is ReminderStatus.UNSURE:
            self.doubtful += 1
        else:
            self.absent += 1


def doubts(session: Session, timeline: Timeline) -> list[Doubt]:
    """What should be looked up now. Interrupted sendings become doubts on the way."""
    now = timeline.now
    session.execute(
        update(Reminder)
        .where(
            IN_DOUBT,
            Reminder.status == ReminderStatus.SENDING,
            Reminder.claimed_at < now - IN_FLIGHT,
            timeline.covers(Reminder.practice_id),
        )
        .values(status=ReminderStatus.UNSURE, reason="interrupted")
    )
    rows = session.execute(
        select(Message, Reminder.claimed_at)
        .join(Reminder, Reminder.message_id == Message.id)
        .where(
            IN_DOUBT,
            Reminder.status == ReminderStatus.UNSURE,
            Reminder.claimed_at < now - FIRST_LOOK,
            or_(Reminder.looked_at.is_(None), Reminder.looked_at < now - BETWEEN_LOOKS),
            timeline.covers(Reminder.practice_id),
        )
        .order_by(Reminder.looked_at.is_not(None), Reminder.claimed_at)
        .limit(AT_A_TIME)
    )
    found = {message.id: (message, claimed_at) for message, claimed_at in rows}
    return [
        Doubt(message.id, message.phone, message.body, claimed_at)
        for message, claimed_at in found.values()
        if claimed_at is not None
    ]


def settle(
    session: Session, doubt: Doubt, listed: Sequence[ProviderMessage] | None, now: datetime
) -> ReminderStatus:
    """Decide one doubt by what the provider lists; None when it could not be asked.

    Returns what its reminders are now: sent, planned again, skipped (too late), or still unsure.
    """
    message = session.get(Message, doubt.message_id)
    reminders = session.scalars(
        select(Reminder)
        .where(Reminder.message_id == doubt.message_id, Reminder.status == ReminderStatus.UNSURE)
        .with_for_update()
    ).all()
    if message is None or not reminders:
        return ReminderStatus.SENT
    if listed is None:
        return _stay(session, reminders, now)
    around = _unexplained(session, doubt, listed)
    found = next((one for one in around if _same_words(one.body, doubt.body)), None)
    if found is not None:
        return _adopt(session, message, reminders, found, now)
    looked_at = max((one.looked_at for one in reminders if one.looked_at is not None), default=None)
    if looked_at is not None and now - looked_at < BETWEEN_LOOKS:
        # Another process has just had its look: ours is not the second one, minutes later.
        return ReminderStatus.UNSURE
    for reminder in reminders:
        reminder.looked_at = now
    if around or looked_at is None:
        return _stay(session, reminders, now)
    return _give_back(session, message, reminders, now)


def _unexplained(session: Session, doubt: Doubt, listed: Sequence[ProviderMessage]) -> list[ProviderMessage]:
    """Outbound messages to that phone at about that time which none of our other messages accounts for."""
    around = [
        one
        for one in listed
        if one.direction.startswith("outbound")
        and one.created_at is not None
        and doubt.claimed_at - BEFORE <= one.created_at <= doubt.claimed_at + AFTER
    ]
    known = set(
        session.scalars(select(Message.provider_sid).where(Message.provider_sid.in_([o.sid for o in around])))
    )
    return [one for one in around if one.sid not in known]


def _same_words(listed: str, ours: str) -> bool:
    """Equal after folding to plain characters, or ending with ours: trial accounts put words in front."""
    return plain(listed).strip().endswith(plain(ours).strip())


def _adopt(
    session: Session,
    message: Message,
    reminders: Sequence[Reminder],
    found: ProviderMessage,
    now: datetime,
) -> ReminderStatus:
    message.provider_sid = found.sid
    if rank_of(found.status) >= message.status_rank:
        message.status, message.status_rank = found.status, rank_of(found.status)
        message.error_code = found.error_code
    for reminder in reminders:
        reminder.status, reminder.sent_at, reminder.reason = ReminderStatus.SENT, message.at, None
    _close_item(session, reminders, now, "The provider had sent it.")
    log.info("doubt_settled", message=message.id, became="sent")
    return ReminderStatus.SENT


def _give_back(
    session: Session, message: Message, reminders: Sequence[Reminder], now: datetime
) -> ReminderStatus:
    """The provider surely has no such message: it may go out after all, if it is still of use."""
    _close_item(session, reminders, now, "The provider never got it.")
    log.info("doubt_settled", message=message.id, became="absent")
    status = ReminderStatus.SKIPPED
    for reminder in reminders:
        reminder.looked_at = None
        if reminder.expires_at > now:
            release(session, [reminder], now, "surely_not_sent")
            status = ReminderStatus.PLANNED
        else:
            reminder.status, reminder.reason, reminder.message_id = ReminderStatus.SKIPPED, "stale", None
    session.flush()
    session.execute(delete(Question).where(Question.message_id == message.id))
    session.delete(message)
    return status


def _cause(reminder: Reminder) -> str:
    return f"unsure:{reminder.id}"


def _close_item(session: Session, reminders: Sequence[Reminder], now: datetime, note: str) -> None:
    for reminder in reminders:
        resolve(session, reminder.practice_id, _cause(reminder), now, note)


def _stay(session: Session, reminders: Sequence[Reminder], now: datetime) -> ReminderStatus:
    """Still in doubt. After a while a person is shown it, once; it is never sent again by itself."""
    first = reminders[0]
    was_shown = exists().where(
        AttentionItem.reminder_id == first.id, AttentionItem.kind == AttentionKind.UNSURE_TEXT
    )
    is_old = first.claimed_at is not None and now - first.claimed_at >= SHOWN_AFTER
    if is_old and not session.scalar(select(was_shown)):
        raise_item(
            session,
            first.practice_id,
            AttentionKind.UNSURE_TEXT,
            _cause(first),
            now,
            client_id=first.client_id,
            reminder_id=first.id,
            message_id=first.message_id,
            details={"reason": first.reason},
        )
    return ReminderStatus.UNSURE
