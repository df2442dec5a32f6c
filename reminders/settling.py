"""Settling doubt from the provider's side: what became of a text, and which answers we missed.

The provider's list may lag, so a text counts as absent only when two looks, minutes apart, find
neither it nor anything else unexplained. Only then may it be sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, text, true, update
from sqlalchemy.orm import Session

from care.attention import raise_item, resolve
from care.models import (
    AttentionItem,
    AttentionKind,
    DeliveryEvent,
    Message,
    Question,
    QuestionStatus,
    Reminder,
    ReminderStatus,
)
from care.wire import rank_of
from reminders.absent import keep_absent
from reminders.claiming import release
from reminders.delivery import StatusReport, settle_as_sent, take_as_proof
from reminders.gateway import ProviderMessage
from reminders.missing_keys import opens
from reminders.segments import plain
from reminders.timelines import Timeline

log = structlog.get_logger()

# Longer than the slowest batch may take (500 texts, 32 at once, 13 seconds each): what is still
# `sending` then was interrupted.
IN_FLIGHT = timedelta(minutes=5)
# A text we got no answer for is looked up sooner: its own request is over.
FIRST_LOOK = timedelta(minutes=1)
BETWEEN_LOOKS = timedelta(minutes=3)
# What the list has not explained within the hour it hardly will: it is asked less and less, never so
# seldom that two looks lie too far apart to count, and in the end no more. A person has it by then.
SELDOM_AFTER, SELDOM = timedelta(minutes=30), timedelta(minutes=10)
RARELY_AFTER, RARELY = timedelta(hours=3), timedelta(minutes=20)
LAST_LOOK = timedelta(days=2)
# Looks come every few minutes. More than this between two: somebody set the clock, or the provider could
# not be asked, and the earlier one tells nothing of how long the list has had to catch up.
LONGEST_BETWEEN_LOOKS = timedelta(minutes=30)
SHOWN_AFTER = timedelta(minutes=10)
AT_A_TIME = 50
SHOWN_AT_A_TIME = 500
LISTED = 20
# The words of the index: SQLite takes a partial one for nothing less, and would read every reminder there is.
IN_DOUBT = text("reminder.status IN ('sending', 'unsure')")
# Clocks differ a little, and a message is created at the provider before we hear of it.
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=15)
# Or our clock was wrong by hours as we handed it over. What lies that far off, or has our very words and
# lies further off, is no proof that it went out, and none that it did not: a person decides.
CLOCK_OFF, CLOCK_FAR_OFF = timedelta(hours=3), timedelta(hours=26)


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


def doubts(session: Session, timeline: Timeline, *, leave_shut: bool = False) -> list[Doubt]:
    """What should be looked up now: so many that were never looked at, and as many for another time, so
    that however much is in doubt, two looks do not lie too far apart to count. Interrupted sendings become
    doubts on the way. `leave_shut` leaves those alone that this process cannot open.
    """
    now = timeline.now
    session.execute(
        update(Reminder)
        .where(
            IN_DOUBT,
            Reminder.status == ReminderStatus.SENDING,
            _was_claimed_before(now, IN_FLIGHT),
            timeline.covers(Reminder.practice_id),
        )
        .values(status=ReminderStatus.UNSURE, reason="interrupted")
    )
    _end_without_trace(session, timeline, opens(session, Reminder) if leave_shut else true())
    first, again = Reminder.looked_at.is_(None), _is_due_for_another_look(now)
    due = (
        select(Message, Reminder.claimed_at)
        .join(Reminder, Reminder.message_id == Message.id)
        .where(
            IN_DOUBT,
            Reminder.status == ReminderStatus.UNSURE,
            _was_claimed_before(now, FIRST_LOOK),
            timeline.covers(Reminder.practice_id),
            opens(session, Message) & opens(session, Reminder) if leave_shut else true(),
        )
        .limit(AT_A_TIME)
    )
    found = {
        message.id: (message, claimed_at)
        for wanted in (
            due.where(again).order_by(Reminder.looked_at, Reminder.claimed_at),
            due.where(first).order_by(Reminder.claimed_at),
        )
        for message, claimed_at in session.execute(wanted)
    }
    return [
        Doubt(message.id, message.phone, message.body, claimed_at)
        for message, claimed_at in found.values()
        if claimed_at is not None
    ]


def _was_claimed_before(now: datetime, age: timedelta) -> ColumnElement[bool]:
    """What was claimed in the future was claimed before the clock was set back. Clocks of two machines
    differ by seconds, not by this much.
    """
    return or_(Reminder.claimed_at < now - age, Reminder.claimed_at > now + IN_FLIGHT)


def _is_due_for_another_look(now: datetime) -> ColumnElement[bool]:
    kind = Reminder.claimed_at.type
    before = case(
        (Reminder.claimed_at < now - RARELY_AFTER, literal(now - RARELY, kind)),
        (Reminder.claimed_at < now - SELDOM_AFTER, literal(now - SELDOM, kind)),
        else_=literal(now - BETWEEN_LOOKS, kind),
    )
    again = or_(Reminder.looked_at < before, Reminder.looked_at > now)
    return and_(again, Reminder.claimed_at > now - LAST_LOOK)


def _end_without_trace(session: Session, timeline: Timeline, only: ColumnElement[bool]) -> None:
    """No message, or no moment, to ask the provider for (it came by import, or its message was erased):
    it is put before a person, and is over.
    """
    is_lost = and_(Reminder.message_id.is_(None), _was_claimed_before(timeline.now, IN_FLIGHT))
    for reminder in session.scalars(
        select(Reminder)
        .where(IN_DOUBT, or_(Reminder.claimed_at.is_(None), is_lost), only)
        .where(timeline.covers(Reminder.practice_id))
        .limit(SHOWN_AT_A_TIME)
    ):
        reminder.status, reminder.reason = ReminderStatus.FAILED, "interrupted"
        _show(session, reminder, timeline.now)


def show_lasting(session: Session, timeline: Timeline) -> None:
    """Put before a person, once, every text that stays in doubt, whether or not the provider could be
    asked about it. It is never sent again by itself.
    """
    first_of_each = (
        select(func.min(Reminder.id))
        .where(
            IN_DOUBT,
            Reminder.status == ReminderStatus.UNSURE,
            _was_claimed_before(timeline.now + timedelta(seconds=1), SHOWN_AFTER),
            timeline.covers(Reminder.practice_id),
        )
        # Grouped by the bare column SQLite walks through its index, and so through all there ever were.
        .group_by(Reminder.message_id + 0)
    )
    # By the text: a reminder that went out anew may come into doubt a second time.
    was_shown = select(AttentionItem.message_id).where(
        AttentionItem.kind == AttentionKind.UNSURE_TEXT, AttentionItem.message_id.is_not(None)
    )
    lasting = select(Reminder).where(Reminder.id.in_(first_of_each), Reminder.message_id.not_in(was_shown))
    for reminder in session.scalars(lasting.limit(SHOWN_AT_A_TIME)):
        _show(session, reminder, timeline.now)


def settle(
    session: Session, doubt: Doubt, listed: Sequence[ProviderMessage] | None, now: datetime
) -> ReminderStatus:
    """Decide one doubt by what the provider lists; None when it could not be asked.

    Returns what its reminders are now: sent, planned again, skipped (too late), or still unsure.
    """
    # The message first, as a callback and the recording of outcomes do: else each waits for the other.
    message = session.get(Message, doubt.message_id, with_for_update=True)
    reminders = session.scalars(
        select(Reminder)
        .where(Reminder.message_id == doubt.message_id, Reminder.status == ReminderStatus.UNSURE)
        .order_by(Reminder.id)
        .with_for_update()
    ).all()
    if message is None or not reminders:
        return ReminderStatus.SENT
    if _is_proven(session, message):
        return _take_as_arrived(session, message, now)
    if listed is None:
        return ReminderStatus.UNSURE
    around = _unexplained(session, doubt, listed)
    found = next(
        (one for one in around if _is_of_its_time(one, doubt) and _same_words(one.body, doubt.body)), None
    )
    if found is not None:
        return _adopt(session, message, found, now)
    looked_at = max((one.looked_at for one in reminders if one.looked_at is not None), default=None)
    if looked_at is not None and timedelta(0) <= now - looked_at < BETWEEN_LOOKS:
        # Another process has just had its look: ours is not the second one, minutes later.
        return ReminderStatus.UNSURE
    for reminder in reminders:
        reminder.looked_at = now
    is_first_look = looked_at is None or not BETWEEN_LOOKS <= now - looked_at <= LONGEST_BETWEEN_LOOKS
    # Claimed in the future: nobody knows when it was handed over, so no list proves that it was not.
    if around or is_first_look or doubt.claimed_at > now or _is_cut_short(listed, doubt):
        return ReminderStatus.UNSURE
    return _give_back(session, message, reminders, now)


def _is_proven(session: Session, message: Message) -> bool:
    """Whether it surely reached the provider, or the client: they have answered it."""
    if message.provider_sid is not None:
        return True
    was_reported = exists().where(DeliveryEvent.message_id == message.id)
    was_answered = exists().where(
        Question.message_id == message.id, Question.status == QuestionStatus.ANSWERED
    )
    return bool(session.scalar(select(or_(was_reported, was_answered))))


def _unexplained(session: Session, doubt: Doubt, listed: Sequence[ProviderMessage]) -> list[ProviderMessage]:
    """Outbound messages to that phone within hours of it which none of our other messages accounts for."""
    around = [one for one in listed if one.direction.startswith("outbound") and _is_near(one, doubt)]
    known = set(
        session.scalars(select(Message.provider_sid).where(Message.provider_sid.in_([o.sid for o in around])))
    )
    return [one for one in around if one.sid not in known]


def _is_near(one: ProviderMessage, doubt: Doubt) -> bool:
    if one.created_at is None:
        return False
    off = abs(one.created_at - doubt.claimed_at)
    return off <= (CLOCK_FAR_OFF if _same_words(one.body, doubt.body) else CLOCK_OFF)


def _is_cut_short(listed: Sequence[ProviderMessage], doubt: Doubt) -> bool:
    """A full list that does not reach back to the moment in question proves nothing."""
    moments = [one.created_at for one in listed if one.created_at is not None]
    return len(listed) >= LISTED and bool(moments) and min(moments) > doubt.claimed_at - BEFORE


def _is_of_its_time(one: ProviderMessage, doubt: Doubt) -> bool:
    return (
        one.created_at is not None and doubt.claimed_at - BEFORE <= one.created_at <= doubt.claimed_at + AFTER
    )


def _same_words(listed: str, ours: str) -> bool:
    """Equal after folding to plain characters, or ending with ours: trial accounts put words in front."""
    return plain(listed).strip().endswith(plain(ours).strip())


def _take_as_arrived(session: Session, message: Message, now: datetime) -> ReminderStatus:
    """The provider may never tell us its status, so what is proven stands there: it was sent."""
    settle_as_sent(session, message, now)
    if message.status_rank < rank_of("sent"):
        message.status, message.status_rank = "sent", rank_of("sent")
    log.info("doubt_settled", message=message.id, became="sent", by="proof")
    return ReminderStatus.SENT


def _adopt(session: Session, message: Message, found: ProviderMessage, now: datetime) -> ReminderStatus:
    if _has_twin_on_its_way(session, message):
        return ReminderStatus.UNSURE
    report = StatusReport(found.sid, message.reference, found.status, found.error_code)
    take_as_proof(session, message, report, now)
    log.info("doubt_settled", message=message.id, became="sent", by="list")
    return ReminderStatus.SENT


def _has_twin_on_its_way(session: Session, message: Message) -> bool:
    """The same words to the same phone, of which we have not heard yet: what is listed may be that one."""
    on_their_way = (
        select(Message.body)
        .join(Reminder, Reminder.message_id == Message.id)
        .where(
            IN_DOUBT,
            Reminder.status == ReminderStatus.SENDING,
            Message.id != message.id,
            Message.phone_hash == message.phone_hash,
            Message.provider_sid.is_(None),
        )
    )
    return message.body in session.scalars(on_their_way).all()


def _give_back(
    session: Session, message: Message, reminders: Sequence[Reminder], now: datetime
) -> ReminderStatus:
    """The provider surely has no such message: it may go out after all, if it is still of use."""
    for reminder in reminders:
        resolve(session, reminder.practice_id, _cause(reminder), now, "The provider never got it.")
    log.info("doubt_settled", message=message.id, became="absent")
    status = ReminderStatus.SKIPPED
    for reminder in reminders:
        reminder.looked_at = None
        if reminder.expires_at > now:
            release([reminder], now, "surely_not_sent", was_tried=True)
            status = ReminderStatus.PLANNED
        else:
            reminder.status, reminder.reason, reminder.message_id = ReminderStatus.SKIPPED, "stale", None
    keep_absent(session, message, reminders, now)
    return status


def _cause(reminder: Reminder) -> str:
    return f"unsure:{reminder.id}"


def _show(session: Session, reminder: Reminder, now: datetime) -> None:
    raise_item(
        session,
        reminder.practice_id,
        AttentionKind.UNSURE_TEXT,
        _cause(reminder),
        now,
        client_id=reminder.client_id,
        reminder_id=reminder.id,
        message_id=reminder.message_id,
        details={"reason": reminder.reason},
    )
